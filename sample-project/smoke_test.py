"""Tries the running sample the way a browser would; plain Python, nothing to install.

From the project's root, with Workers that start and stop for it:

    pywrangler run -c sample-project/backend/wrangler.jsonc -c sample-project/frontend/wrangler.jsonc \\
        --env-file .dev.vars.example -- python3 sample-project/smoke_test.py

Without those variables it tries the sessions of `make sample`, on ports 8787 and 5173.
"""

import base64
import json
import os
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request

BACKEND = os.environ.get("PYWRANGLER_URL_BACKEND", "http://localhost:8787")
FRONTEND = os.environ.get("PYWRANGLER_URL_FRONTEND", "http://localhost:5173")
SECONDS = 10


def request(url, form=None, headers=None):
    """Return status, headers and text of a response; a form is posted."""
    body = None if form is None else urllib.parse.urlencode(form).encode()
    asked = urllib.request.Request(url, data=body, headers=headers or {})  # noqa: S310 - to ourselves
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as response:  # noqa: S310 - to ourselves
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as response:
        with response:
            return response.code, response.headers, response.read().decode()


class Socket:
    """As much of a WebSocket client as it takes to listen: text frames of a server, none of them fragmented."""

    def __init__(self, url, cookie):
        place = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((place.hostname, place.port), timeout=SECONDS)
        self.file = self.socket.makefile("rb")
        lines = [
            f"GET {place.path} HTTP/1.1",
            f"Host: {place.netloc}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            f"Cookie: {cookie}",
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass

    def receive(self):
        """Return the next message, which is JSON."""
        first, length = self.file.read(2)
        assert first == 0x81, f"not a whole text message: {first:#x}"
        if length == 126:
            length = int.from_bytes(self.file.read(2), "big")
        return json.loads(self.file.read(length))

    def close(self):
        self.file.close()
        self.socket.close()


def page_greets_through_both_workers():
    status, headers, text = request(f"{FRONTEND}/")
    assert status == 200, f"the page answers {status}: {text}"
    assert "<h1>Hello, visitor!</h1>" in text, "the page has no greeting from the backend"
    return (headers.get("set-cookie") or "").partition(";")[0]


def countdown_reaches_every_page(cookie):
    pages = [Socket(f"{FRONTEND}/api/ws/connect", cookie) for _ in range(2)]
    for page in pages:
        assert page.status == 101, (
            f"the socket is refused with {page.status}; is SESSION_KEY set? It is in .dev.vars.example."
        )
        assert page.receive()["type"] == "welcome"
    status, _, text = request(f"{FRONTEND}/?/countdown", {"from": "1"}, {"Accept": "application/json"})
    assert status == 200, f"the countdown did not start: {status} {text}"
    for page in pages:
        seen = [page.receive() for _ in range(3)]
        wanted = [{"type": "countdown", "value": 1}, {"type": "countdown", "value": 0}, {"type": "done"}]
        assert seen == wanted, f"the page saw {seen}"
        page.close()


def bad_input_is_refused():
    status, _, text = request(f"{FRONTEND}/?/countdown", {"from": "soon"}, {"Accept": "application/json"})
    assert status == 400, f"a countdown from `soon` was answered with {status}: {text}"
    assert "whole number" in json.loads(text)["error"]


def backend_is_guarded():
    status, _, text = request(f"{BACKEND}/ws/connect")
    assert status in (401, 426), f"a plain request to /ws/connect was answered with {status}: {text}"


def main():
    cookie = page_greets_through_both_workers()
    countdown_reaches_every_page(cookie)
    bad_input_is_refused()
    backend_is_guarded()
    print("The sample works.")


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, OSError) as problem:
        sys.exit(f"smoke test: {problem}")
