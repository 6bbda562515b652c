import asyncio
import hashlib
import socket
import ssl
import urllib.request
from urllib.parse import parse_qs, urlsplit

import httpx
import requests
import urllib3
from workers import DurableObject, Response, WorkerEntrypoint, env

AUTHORITY = env.AUTHORITY
AT_IMPORT = requests.get(env.PLAIN + "/hello", timeout=5).text
session = requests.Session()
pool = urllib3.PoolManager(ca_certs=AUTHORITY)
client = httpx.Client(verify=ssl.create_default_context(cafile=AUTHORITY))


def with_requests(url, timeout, data):
    answer = session.request("POST" if data else "GET", url, timeout=timeout, data=data, verify=AUTHORITY)
    return answer.content


def with_urllib3(url, timeout, data):
    retries = urllib3.Retry(3, read=0)
    return pool.request("POST" if data else "GET", url, timeout=timeout, body=data, retries=retries).data


def with_httpx(url, timeout, data):
    return client.request("POST" if data else "GET", url, timeout=timeout, content=data, follow_redirects=True).content


def with_urllib(url, timeout, data):
    context = ssl.create_default_context(cafile=AUTHORITY) if url.startswith("https") else None
    with urllib.request.urlopen(url, data, timeout=timeout, context=context) as answer:
        return answer.read()


CLIENTS = {"requests": with_requests, "urllib3": with_urllib3, "httpx": with_httpx, "urllib": with_urllib}


class Thing(DurableObject):
    def call(self, client, url):
        self.ctx.storage.kv.put("called", url)
        return len(CLIENTS[client](url, 5, None))

    def called(self):
        return self.ctx.storage.kv.get("called")


class Default(WorkerEntrypoint):
    def fetch(self, request):
        parts = urlsplit(request.url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return getattr(self, "do_" + parts.path[1:])(**query)

    def do_call(self, client, url, timeout="5", size="0"):
        try:
            content = CLIENTS[client](url, float(timeout), b"x" * int(size) or None)
        except Exception as error:
            return Response.json({"error": type(error).__name__})
        return Response.json({"size": len(content), "digest": hashlib.sha256(content).hexdigest()})

    def do_plain(self):
        return Response("answered")

    def do_import(self):
        return Response(AT_IMPORT)

    async def do_object(self, client, url):
        stub = self.env.THING.getByName("main")
        return Response.json([await stub.call(client, url), await stub.called()])

    async def do_thread(self, url):
        return Response.json(len((await asyncio.to_thread(requests.get, url)).text))

    async def do_sockets(self):
        left, right = socket.socketpair()
        left.settimeout(5)
        seen = []

        async def reads():
            with left.makefile("rb") as file:
                seen.extend(line.decode() for line in file)

        async def writes():
            for n in range(3):
                right.sendall(b"line %d\n" % n)
                await asyncio.sleep(0)
            right.close()

        await asyncio.gather(reads(), writes())
        left.close()
        return Response.json(seen)

    async def do_flood(self):
        left, right = socket.socketpair()
        data = bytes(range(256)) * 20000

        async def writes():
            right.sendall(data)
            right.shutdown(socket.SHUT_WR)

        async def reads():
            parts = []
            while part := left.recv(65536):
                parts.append(part)
            return b"".join(parts)

        _, received = await asyncio.gather(writes(), reads())
        left.close()
        right.close()
        return Response.json(received == data)

    async def do_listen(self):
        with socket.create_server(("127.0.0.1", 0)) as server:

            async def serves():
                connection, _ = server.accept()
                with connection:
                    connection.sendall(connection.recv(100).upper())

            async def connects():
                with socket.create_connection(server.getsockname(), timeout=5) as connection:
                    connection.sendall(b"hello")
                    return connection.recv(100).decode()

            _, answer = await asyncio.gather(serves(), connects())
        with socket.socket() as refused:
            refused.bind(("127.0.0.1", 0))
            try:
                socket.create_connection(refused.getsockname(), timeout=5)
            except ConnectionRefusedError:
                return Response.json([answer, "refused"])

    async def do_closed(self):
        left, right = socket.socketpair()

        async def waits():
            try:
                left.recv(1)
            except OSError as error:
                return type(error).__name__, error.errno

        task = asyncio.create_task(waits())
        await asyncio.sleep(0.01)
        left.close()
        result = await task
        right.close()
        return Response.json(result)

    async def do_cancelled(self):
        left, right = socket.socketpair()

        async def waits():
            return left.recv(5)

        task = asyncio.create_task(waits())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        right.sendall(b"later")
        answer = left.recv(5).decode()
        left.close()
        right.close()
        return Response.json([task.cancelled(), answer])

    def do_timeout(self):
        left, right = socket.socketpair()
        left.settimeout(0.05)
        try:
            left.recv(1)
        except TimeoutError as error:
            return Response.json([str(error), left.gettimeout()])
        finally:
            left.close()
            right.close()

    def do_nonblocking(self):
        left, right = socket.socketpair()
        left.setblocking(False)
        try:
            left.recv(1)
        except BlockingIOError:
            return Response("would block")
        finally:
            left.close()
            right.close()
