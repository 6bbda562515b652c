"""The older way: the binding is the raw JavaScript object."""

from urllib.parse import urlsplit

from js import Uint8Array
from pyodide.ffi import JsException, jsnull, run_sync, to_js
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response.json(await getattr(self, urlsplit(request.url).path[1:])(self.env.NOTES))

    async def types(self, db):
        insert = db.prepare("INSERT INTO notes (title, stars, data) VALUES (?, ?, ?)")
        await insert.bind("raw", jsnull, to_js(b"\x01\xff")).run()
        found = await db.prepare("SELECT title, stars, data FROM notes WHERE title = ?").bind("raw").all()
        row = found.results[0]
        plain = found.results.to_py()[0]
        first = await db.prepare("SELECT stars FROM notes WHERE title = 'raw'").first("stars")
        kind = str(Uint8Array.new(row.data))
        return [row.title, row.stars is jsnull, plain["data"], first is jsnull, found.meta.rows_read, kind]

    async def batch(self, db):
        insert = db.prepare("INSERT INTO notes (title) VALUES (?)")
        results = await db.batch(to_js([insert.bind("a"), insert.bind("b")]))
        others = await db.batch([db.prepare("SELECT count(*) AS n FROM notes")])
        return [len(results), others[0].results[0].n]

    async def raw(self, db):
        rows = await db.prepare("SELECT title FROM notes ORDER BY id").raw(columnNames=True)
        return rows.to_py()

    async def refused(self, db):
        found = []
        for value in (None, b"bytes", [1]):
            try:
                db.prepare("SELECT ?").bind(value)
            except JsException as problem:
                found.append(problem.message)
        return found

    async def waiting(self, db):
        return run_sync(db.prepare("SELECT count(*) AS n FROM notes").first("n"))
