"""FastAPI as published Workers use it: bindings in the scope, validation, streams, tasks, sockets."""

import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

import asgi
import httpx
import requests
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Request,
    UploadFile,
    WebSocket,
    WebSocketDisconnect,
)
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse
from jinja2 import DictLoader, Environment
from pydantic import BaseModel, Field
from pyodide.ffi import run_sync
from workers import DurableObject, env

done = []
started = []


@asynccontextmanager
async def lifespan(app):
    started.append("startup")
    yield {"from_lifespan": "yes"}
    started.append("shutdown")


app = FastAPI(title="Published", lifespan=lifespan)
app.add_middleware(CORSMiddleware, allow_origins=["https://example.com"], allow_methods=["*"], allow_credentials=True)
router = APIRouter(prefix="/api")
pages = Environment(loader=DictLoader({"page": "<p>{{ name }}</p>"}))


class Item(BaseModel):
    name: str
    price: float = Field(gt=0)
    tags: list[str] = []


def bindings(request: Request):
    return request.scope["env"]


@app.middleware("http")
async def timing(request: Request, call_next):
    response = await call_next(request)
    response.headers["x-middleware"] = "passed"
    return response


@app.exception_handler(KeyError)
async def missing(request, error):
    return JSONResponse({"missing": str(error)}, status_code=404)


@app.get("/")
async def root(request: Request):
    return {"message": request.scope["env"].GREETING, "state": request.state.from_lifespan}


@app.get("/env")
async def environment(bound=asgi.env, injected=Depends(bindings)):  # noqa: B008 - as FastAPI has it
    return [bound.GREETING, injected.GREETING, env.GREETING]


@app.get("/sync/{number}")
def synchronous(number: int, q: str | None = None, x_agent: Annotated[str | None, Header()] = None):
    return {"number": number, "q": q, "agent": x_agent, "counted": run_sync(env.COUNTER.getByName("sync").count())}


@router.post("/items", status_code=201)
async def create(item: Item):
    return item


@router.get("/count")
async def count(request: Request, name: str = "main"):
    stub = request.scope["env"].COUNTER.getByName(name)
    return {"count": await stub.count()}


@app.post("/upload")
async def upload(file: Annotated[UploadFile, File()], name: Annotated[str, Form()]):
    content = await file.read()
    return [file.filename, len(content), name]


@app.get("/fail")
async def fail():
    raise HTTPException(418, "teapot")


@app.get("/missing")
async def raises():
    raise KeyError("it")


@app.get("/crash")
async def crash():
    raise ValueError("not handled")


@app.get("/page", response_class=HTMLResponse)
async def page():
    return pages.get_template("page").render(name="templated")


@app.get("/redirect")
async def redirect():
    response = RedirectResponse("/", status_code=303)
    response.set_cookie("a", "1")
    response.set_cookie("b", "2", httponly=True)
    return response


@app.get("/stream")
async def stream():
    async def parts():
        for n in range(3):
            yield f"data: {n}\n\n"
            await asyncio.sleep(0.001)

    return StreamingResponse(parts(), media_type="text/event-stream")


@app.get("/stream-sync")
def stream_sync():
    return StreamingResponse((f"{n}," for n in range(3)), media_type="text/plain")


@app.get("/background")
async def background(tasks: BackgroundTasks):
    async def later(name):
        await asyncio.sleep(0.001)
        done.append(name)

    tasks.add_task(later, "async")
    tasks.add_task(done.append, "sync")
    return "accepted"


@app.get("/done")
async def finished():
    seen = [list(done), list(started)]
    done.clear()
    started.clear()
    return seen


@app.get("/outbound")
async def outbound(request: Request):
    origin = request.scope["env"].ORIGIN
    async with httpx.AsyncClient() as client:
        first = await client.get(origin + "/hello")
    return [first.text, requests.get(origin + "/hello", timeout=5).text]  # noqa: ASYNC210 - it suspends the handler only


@app.post("/body")
async def body(request: Request):
    return [
        len(await request.body()),
        request.headers["content-type"],
        str(request.url.path),
        dict(request.query_params),
    ]


@app.websocket("/ws/{room}")
async def socket(websocket: WebSocket, room: str):
    await websocket.accept()
    await websocket.send_json({"room": room, "greeting": websocket.scope["env"].GREETING})
    try:
        while True:
            text = await websocket.receive_text()
            if text == "close":
                await websocket.close(4002)
                return
            if text == "end":
                return
            await websocket.send_text("echo " + text)
    except WebSocketDisconnect as error:
        done.append(f"disconnected {error.code}")


app.include_router(router)


class Counter(DurableObject):
    async def count(self):
        value = (await self.ctx.storage.get("count") or 0) + 1
        await self.ctx.storage.put("count", value)
        return value


Default = asgi.entrypoint(app)
