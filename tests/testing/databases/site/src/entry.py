"""The SDK's way: results are dicts and lists, None is NULL, bytes are BLOBs."""

from urllib.parse import urlsplit

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response.from_json(await getattr(self, urlsplit(request.url).path[1:])(self.env.DB))

    async def types(self, db):
        insert = db.prepare("INSERT INTO notes (title, stars, data) VALUES (?, ?, ?)")
        made = await insert.bind("types", None, b"\x01\xff").run()
        row = await db.prepare("SELECT * FROM notes WHERE title = ?").bind("types").first()
        raw = await db.prepare("SELECT title, stars FROM notes ORDER BY id").raw(columnNames=True)
        nothing = await db.prepare("SELECT 1 WHERE 0").first()
        return [made.success, made.meta.last_row_id, made["meta"]["changes"], row, row.data, raw, nothing]

    async def batch(self, db):
        insert = db.prepare("INSERT INTO notes (title) VALUES (?)")
        results = await db.batch([insert.bind("a"), insert.bind("b"), db.prepare("SELECT count(*) AS n FROM notes")])
        try:
            await db.batch([insert.bind("c"), insert.bind("a")])
        except Exception as problem:
            failure = [type(problem).__name__, problem.message, problem.cause.message]
        return [results[2].results, failure, await db.prepare("SELECT count(*) AS n FROM notes").first("n")]

    async def refused(self, db):
        found = []
        for value in ({"a": 1}, 2**60, (1,)):
            try:
                db.prepare("SELECT ?").bind(value)
            except Exception as problem:
                found.append(str(problem))
        return found

    async def started(self, db):
        db.prepare("INSERT INTO notes (title) VALUES ('not awaited')").run()
        return await db.prepare("SELECT title FROM notes ORDER BY id DESC").first("title")

    async def session(self, db):
        session = db.withSession("first-primary")
        before = session.getBookmark()
        results = await session.batch([session.prepare("SELECT 1 AS one")])
        return [before, results[0].results, len(session.getBookmark())]

    async def slow(self, db):
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        await db.prepare(endless).all()

    async def alive(self, _db):
        return "yes"
