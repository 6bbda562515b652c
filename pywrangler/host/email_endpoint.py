"""`/cdn-cgi/local/email?from=&to=`: a mail in a request becomes an email event (spec/cli.md, "Special URLs").

    curl --data-binary @mail.eml "http://localhost:8787/cdn-cgi/local/email?from=a@example.com&to=b@example.com"

400 says what is wrong with the request, or why the handler rejected the mail. With `format=json` the answer tells
everything that the handler did.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from pywrangler.bindings.email.event import incoming
from pywrangler.bindings.email.text import Mail, parse
from pywrangler.runtime import context
from pywrangler.runtime.js.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pywrangler.bindings.email.event import Outcome
    from pywrangler.runtime.js.request import Request
    from pywrangler.runtime.ports import Target
    from pywrangler.runtime.worker import WorkerRuntime

INCOMPLETE = (
    "Invalid email. Your request must include URL parameters specifying the `from` and `to` addresses, as well as an "
    "email in the body"
)
NO_HANDLER = "Worker does not export an email() handler."


async def receive(
    request: Request,
    worker: WorkerRuntime,
    target: Target,
    state_root: Path,
    report: Callable[[BaseException], None],
) -> Response:
    """Deliver the mail in a request and say what came of it; raises what the handler raised, after `report`."""
    query = parse_qs(urlsplit(request.url).query, keep_blank_values=True, errors="replace")
    sender, recipient = (query.get(name, [""])[0] for name in ("from", "to"))
    raw = await request.read_bytes()
    if not (sender and recipient and raw):
        return _text(400, INCOMPLETE)
    mail = parse(raw)
    problem = _what_is_wrong(mail)
    if problem:
        return _text(400, f"Email could not be parsed: {problem}")
    if "email" not in worker.exports.default_handlers:
        advice = worker.exports.advice(worker.exports.entrypoints.get("default"), "email")
        return _text(500, f"{NO_HANDLER} {advice}".rstrip())
    for warning in _mismatches(mail, sender, recipient):
        context.log("warn", warning)
    message = incoming(worker, state_root, sender, recipient, raw)
    as_json = query.get("format") == ["json"]
    try:
        await worker.handle(target, "email", (message,))
    except Exception as failure:
        report(failure)
        if as_json:
            return _json(500, "exception", message.outcome)
        raise
    rejection = message.outcome.rejection
    if as_json:
        return _json(200, "ok", message.outcome)
    if rejection is not None:
        return _text(400, f"Worker rejected email with the following reason: {rejection}")
    return _text(200, "Worker successfully processed email")


def _what_is_wrong(mail: Mail) -> str:
    if mail.wrong_line is not None:
        return f"line {mail.wrong_line} is no header, and no empty line comes before it"
    if not mail.message_id:
        return "invalid or no message id provided"
    return "" if mail.sender else "it has no From header with an address"


def _mismatches(mail: Mail, sender: str, recipient: str) -> list[str]:
    found = []
    if mail.sender != sender:
        found.append(
            "Provided MAIL FROM address doesn't match the email message's \"From\" header:\n"
            f'  MAIL FROM: {sender}\n  "From" header: {mail.sender}'
        )
    if recipient not in mail.recipients:
        found.append(
            'Provided RCPT TO address doesn\'t match any "To" header in the email message:\n'
            f'  RCPT TO: {recipient}\n  "To" header: {", ".join(mail.recipients)}'
        )
    return found


def _json(status: int, result: str, outcome: Outcome) -> Response:
    shown: dict[str, Any] = {"outcome": result}
    if outcome.rejection is not None:
        shown["rejectReason"] = outcome.rejection
    shown["forwards"] = [
        {"recipient": item.recipient, "headers": item.headers, "messageId": item.message_id}
        for item in outcome.forwards
    ]
    shown["replies"] = [
        {"messageId": item.message_id, "sender": item.sender, "raw": item.raw.decode("utf-8", "replace")}
        for item in outcome.replies
    ]
    shown["events"] = outcome.events
    body = json.dumps(shown, separators=(",", ":")).encode()
    return Response.from_wire(status, "", [("content-type", "application/json")], body)


def _text(status: int, text: str) -> Response:
    body = text.encode("utf-8", "replace")
    return Response.from_wire(status, "", [("content-type", "text/plain;charset=UTF-8")], body)
