import asgi
from fastapi import FastAPI
from workers import WorkerEntrypoint

VERSION = 0
app = FastAPI()


@app.get("/version")
async def version():
    return VERSION


@app.get("/")
async def hello():
    return "hello"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await asgi.fetch(app, request.js_object, self.env, self.ctx)
