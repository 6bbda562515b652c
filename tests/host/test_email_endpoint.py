"""`/cdn-cgi/local/email` (spec/cli.md, "Special URLs"); the answers are those of wrangler 4.164."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pywrangler.host.application import Application
from pywrangler.runtime import context
from pywrangler.runtime.js.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAIL = b"From: a@b.c\r\nTo: d@e.f\r\nMessage-ID: <m@id>\r\n\r\nbody"
INCOMPLETE = (
    "Invalid email. Your request must include URL parameters specifying the `from` and `to` addresses, as well as an "
    "email in the body"
)


class Post:
    """Sends mails to an application whose Worker is a function of the message; keeps what is reported and said."""

    def __init__(self, root: Path, run_async: Callable[..., Any], handle: Callable[[Any], None]) -> None:
        self.reported: list[BaseException] = []
        self._run = run_async

        async def run(_target: Any, kind: str, arguments: Any) -> None:
            assert kind == "email"
            handle(arguments[0])

        exports = SimpleNamespace(default_handlers=("email",), entrypoints={}, advice=lambda *_: self.advice)
        self.advice = ""
        self.worker: Any = SimpleNamespace(exports=exports, companions=[], handle=run)
        self._application = Application(self.worker, root, self.reported.append, "test", state_root=root)

    def __call__(
        self, raw: bytes = MAIL, url: str = "/cdn-cgi/local/email?from=a@b.c&to=d@e.f", **headers: str
    ) -> tuple[int, str]:
        async def main() -> tuple[int, str]:
            pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
            request = Request.from_wire("POST", f"http://localhost{url}", pairs, raw)
            response = await self._application(request)
            return response.status, (await response.read_bytes()).decode()

        status, text = self._run(main())
        return int(status), str(text)


@pytest.fixture
def post(tmp_path: Path, run_async: Callable[..., Any]) -> Callable[..., Post]:
    return lambda handle=lambda _message: None: Post(tmp_path, run_async, handle)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(context, "_sink", lambda level, text: lines.append(f"{level}: {text}"))
    return lines


@pytest.mark.parametrize("path", ["/cdn-cgi/local/email", "/cdn-cgi/handler/email"])
def test_the_handler_gets_the_mail(post: Callable[..., Post], path: str) -> None:
    seen: list[Any] = []
    query = urlencode({"from": "a+x@b.c", "to": "d@e.f"})
    assert post(seen.append)(url=f"{path}?{query}") == (200, "Worker successfully processed email")
    assert (seen[0].from_, seen[0].to, seen[0].rawSize) == ("a+x@b.c", "d@e.f", len(MAIL))


def test_a_rejection_is_a_bad_request(post: Callable[..., Post]) -> None:
    reply = post(lambda message: message.setReject("go away"))()
    assert reply == (400, "Worker rejected email with the following reason: go away")


def test_a_failure_is_reported_and_shown(post: Callable[..., Post]) -> None:
    def fail(_message: Any) -> None:
        raise ValueError("boom")

    send = post(fail)
    status, text = send()
    assert (status, text.splitlines()[0]) == (500, "ValueError: boom")
    assert [str(problem) for problem in send.reported] == ["boom"]


def test_everything_that_happened_is_told_as_json(post: Callable[..., Post]) -> None:
    def handle(message: Any) -> None:
        message.setReject("no")
        message._forward("fw@x.y")

    status, text = post(handle)(url="/cdn-cgi/local/email?from=a@b.c&to=d@e.f&format=json")
    told = json.loads(text)
    assert (status, told["outcome"], told["rejectReason"], told["replies"]) == (200, "ok", "no", [])
    assert told["forwards"][0]["recipient"] == "fw@x.y"
    assert [event["type"] for event in told["events"]] == ["received", "reject", "forward"]
    assert told["events"][2]["messageId"] == told["forwards"][0]["messageId"]
    assert told["events"][0]["timestamp"].endswith("Z")


def test_a_failure_is_told_as_json_with_what_came_before(post: Callable[..., Post]) -> None:
    def handle(message: Any) -> None:
        message._forward("fw@x.y")
        raise ValueError("boom")

    status, text = post(handle)(url="/cdn-cgi/local/email?from=a@b.c&to=d@e.f&format=json")
    assert (status, json.loads(text)["outcome"], len(json.loads(text)["forwards"])) == (500, "exception", 1)


@pytest.mark.parametrize("query", ["", "from=a@b.c", "to=d@e.f", "from=&to=d@e.f", "from=a@b.c&to="])
def test_both_addresses_are_needed(post: Callable[..., Post], query: str) -> None:
    assert post()(url=f"/cdn-cgi/local/email?{query}") == (400, INCOMPLETE)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", INCOMPLETE),
        (b"garbage", "Email could not be parsed: line 1 is no header, and no empty line comes before it"),
        (b"From: a@b.c\r\n\r\nx", "Email could not be parsed: invalid or no message id provided"),
        (b"Message-ID: <m@id>\r\n\r\nx", "Email could not be parsed: it has no From header with an address"),
    ],
)
def test_what_is_wrong_with_a_mail_is_said(post: Callable[..., Post], raw: bytes, text: str) -> None:
    assert post()(raw) == (400, text)


def test_addresses_that_differ_from_the_headers_are_worth_a_warning(post: Callable[..., Post], said: list[str]) -> None:
    assert post()(url="/cdn-cgi/local/email?from=x@b.c&to=y@e.f")[0] == 200
    sender = "warn: Provided MAIL FROM address doesn't match the email message's \"From\" header:\n"
    recipient = 'warn: Provided RCPT TO address doesn\'t match any "To" header in the email message:\n'
    assert said == [
        sender + '  MAIL FROM: x@b.c\n  "From" header: a@b.c',
        recipient + '  RCPT TO: y@e.f\n  "To" header: d@e.f',
    ]


def test_a_worker_without_the_handler_says_so(post: Callable[..., Post]) -> None:
    send = post()
    send.worker.exports.default_handlers = ("fetch",)
    assert send() == (500, "Worker does not export an email() handler.")
    send.advice = "Rename it."
    assert send() == (500, "Worker does not export an email() handler. Rename it.")


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}], ids=lambda headers: headers["origin"]
)
def test_pages_of_other_origins_cannot_send_mail(post: Callable[..., Post], headers: dict[str, str]) -> None:
    assert post()(**headers)[0] == 403


@given(query=st.text(), raw=st.binary())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_and_mail_get_an_answer(post: Callable[..., Post], query: str, raw: bytes) -> None:
    escaped = "".join(character if 32 < ord(character) < 127 else "%C3" for character in query)
    status, _ = post()(raw, url=f"/cdn-cgi/local/email?{escaped}")
    assert status in (200, 400)
