"""Flask as published Workers use it, with bindings reached by waiting."""

import time
from urllib.parse import urlsplit

import requests
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    g,
    jsonify,
    redirect,
    render_template_string,
    request,
    session,
    stream_with_context,
)
from pyodide.ffi import run_sync
from workers import DurableObject, WorkerEntrypoint, wsgi

app = Flask(__name__)
app.secret_key = "for tests"
api = Blueprint("api", __name__, url_prefix="/api")


def env():
    return request.environ["workers.env"]


@app.before_request
def begin():
    g.begun = time.perf_counter()


@app.after_request
def end(response):
    response.headers["x-served"] = "flask"
    return response


@app.errorhandler(404)
def not_found(error):
    return jsonify(error="not found"), 404


@app.route("/")
def home():
    return render_template_string("<h1>{{ greeting }}</h1>", greeting=env().GREETING)


@api.route("/todos", methods=["GET", "POST"])
def todos():
    stub = env().TODOS.getByName("main")
    if request.method == "POST":
        run_sync(stub.add(request.get_json()["title"]))
    return jsonify(run_sync(stub.all()))


@app.route("/form", methods=["POST"])
def form():
    upload = request.files["file"]
    return jsonify([request.form["name"], upload.filename, upload.read().decode(), request.args.get("q")])


@app.route("/session")
def visits():
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])


@app.route("/stream")
def stream():
    def parts():
        for n in range(3):
            time.sleep(0.001)
            yield f"{n}\n"

    return Response(stream_with_context(parts()), mimetype="text/plain")


@app.route("/outbound")
def outbound():
    return requests.get(env().ORIGIN + "/hello", timeout=5).text


@app.route("/size", methods=["POST"])
def size():
    return str(len(request.get_data()))


@app.route("/go")
def go():
    return redirect("/", 302)


@app.route("/forbidden")
def forbidden():
    abort(403)


@app.route("/crash")
def crash():
    raise RuntimeError("flask crashed")


app.register_blueprint(api)


class Todos(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.sql = ctx.storage.sql
        self.sql.exec(
            "CREATE TABLE IF NOT EXISTS todos (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER DEFAULT 0)"
        )

    def add(self, title):
        self.sql.exec("INSERT INTO todos (title) VALUES (?)", title)

    def all(self):
        return [dict(row) for row in self.sql.exec("SELECT * FROM todos ORDER BY id").toArray()]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if urlsplit(request.url).path == "/held":
            return await wsgi.fetch(lambda environ, start: [], request, self.env)
        return await wsgi.fetch(app, request, self.env)
