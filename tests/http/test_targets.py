"""Request targets: which are refused, and the URL that the Worker sees.

Recorded with raw sockets from `wrangler dev --ip 127.0.0.1` (wrangler 4.164.0) in front of a Worker that answers with
`request.url`; the Host header was the server's own.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.host.heads import path_of, request_url
from pywrangler.runtime.js.response import Response

ACCEPTED = [
    ("/ö", "/%C3%B6"),
    ("/?q=ö", "/?q=%C3%B6"),
    ("/#ö", "/"),
    ("/a#b", "/a"),
    ("/ö?ü#ä", "/%C3%B6?%C3%BC"),
    ("/😀", "/%F0%9F%98%80"),
    ("/\ufeffx", "/%EF%BB%BFx"),
    ("/\x85x", "/%C2%85x"),
    ("/\xa0", "/%C2%A0"),
    ("/\u2028", "/%E2%80%A8"),
    ("/\ufffd", "/%EF%BF%BD"),
    ("/\uffff", "/%EF%BF%BF"),
    ("h:80", "/"),
    ("[::1]", "/"),
    ("other", "/"),
    ("http:x", "/"),
    ("foo:bar", "/"),
    ("http://other.org/x?y", "/x?y"),
    ("http://other.org", "/"),
    ("http://x?y", "/?y"),
    ("http://x#y", "/"),
    ("HTTP://Other.org/x", "/x"),
    ("https://other.org/", "/"),
    ("ftp://x/y", "/y"),
    ("ws://x/y", "/y"),
    ("x+1.y://z/p", "/p"),
    ("://x/y", "/y"),
    ("http://user:pw@other.org/x", "/x"),
    ("http://other.org:99999/x", "/x"),
    ("http://:80/x", "/x"),
    ("http://[::1]:80/x", "/x"),
    ("/http://a/b", "/http://a/b"),
    ("//evil/x", "//evil/x"),
    ("/\\x", "//x"),
    ("/a\\..\\b", "/b"),
    ("/p!q", "/p!q"),
    ("/?p!q", "/?p!q"),
    ('/p"q', "/p%22q"),
    ("/p$q%q&q'q(q)q*q+q,q-q.q", "/p$q%q&q'q(q)q*q+q,q-q.q"),
    ("/?p$q%q&q(q)q*q+q,q-q.q/q", "/?p$q%q&q(q)q*q+q,q-q.q/q"),
    ("/?p'q", "/?p%27q"),
    ("/p:q;q=q@q[q]q_q|q~q", "/p:q;q=q@q[q]q_q|q~q"),
    ("/?p:q;q=q@q[q]q_q|q~q?q", "/?p:q;q=q@q[q]q_q|q~q?q"),
    ("/p\\q", "/p/q"),
    ("/?p\\q", "/?p\\q"),
    ("/p^q", "/p%5Eq"),
    ("/?p^q`q{q}q", "/?p^q`q{q}q"),
    ("/p{q}q", "/p%7Bq%7Dq"),
    ("/#<`", "/"),
    ('/?a#"', "/?a"),
    ("/%", "/%"),
    ("/%zz", "/%zz"),
    ("/%2e%2e/x", "/x"),
    ("/a/../b", "/b"),
    ("/a/%2E./b", "/b"),
    ("/%c3%b6", "/%c3%b6"),
    ("/%f6", "/%f6"),
    ("/%00", "/%00"),
    ("/?%", "/?%"),
    ("/a%2fb", "/a%2fb"),
    ("/a%5cb", "/a%5cb"),
    ("/a//b", "/a//b"),
]
REFUSED = [
    '/?p"q', "/p<q", "/?p<q", "/p>q", "/?p>q", "/p`q", "http://", "http:///", "http:///x", "http:/x", "http://ö.de/x",
    "http://a<b/p", "http://a|b/", "http://%zz/", "?x", "#x", "\\x", "other/x", "h:80/x", "a|b", "a{b", "*/x", "*?x",
]  # fmt: skip


@pytest.mark.parametrize(("target", "url"), ACCEPTED)
def test_a_target_gives_the_url_that_wrangler_gives(target, url):
    assert request_url("http", "localhost:8787", target) == f"http://localhost:8787{url}"


@pytest.mark.parametrize("target", REFUSED)
def test_a_target_that_wrangler_refuses_is_refused(target):
    with pytest.raises(ValueError):
        request_url("http", "localhost:8787", target)


@given(st.text())
def test_any_target_gives_a_url_of_that_host_or_is_refused(target):
    try:
        url = request_url("http", "localhost:8787", target)
    except ValueError:
        return
    assert url.startswith("http://localhost:8787/")
    assert url.isascii()


def test_an_asterisk_is_a_path():
    assert request_url("http", "h", "*") == "http://h/*"  # 500 in wrangler


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("/ö?ü#ä".encode(), 200, "http://localhost/%C3%B6?%C3%BC"),
        (b"/\xf6", 400, None),
        (b"/?\xf6", 400, None),
        (b"/#\xf6", 400, None),
        (b"/\xc0\xaf", 400, None),
        (b"/\xed\xa0\x80", 400, None),
        (b"/\xf4\x90\x80\x80", 400, None),
        (b"", 400, None),
        (b"/p q", 400, None),
        (b"/# ", 400, None),
        *((b"/p" + bytes([octet]) + b"q", 400, None) for octet in (*range(0x21), 0x7F)),
        *((b"/?p" + bytes([octet]) + b"q", 400, None) for octet in (*range(0x21), 0x7F)),
        (b"/#\x01", 400, None),
    ],
)
def test_octets_of_a_target_are_utf_8_without_controls(run_async, serve, target, status, body):
    async def scenario():
        async with serve(lambda request: Response.new(request.url)) as site:
            client = await site.connect()
            client.send(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = await client.answer()
            assert answer.status == status
            assert body is None or answer.body.decode() == body
            if status != 200:
                assert await client.is_closed()

    run_async(scenario())


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://h/%C3%B6?secret=1", "/%C3%B6"),
        ("https://h/a//b", "/a//b"),
        ("http://h/", "/"),
        ("http://[::1]:80/?/x", "/"),
    ],
)
def test_the_request_log_shows_the_path_of_the_url(url, path):
    assert path_of(url) == path


def test_no_octet_of_a_client_reaches_the_terminal_as_it_is(run_async, serve):
    async def scenario():
        logged = []
        async with serve(lambda _request: Response.new("x"), on_request=lambda *line: logged.append(line[1])) as site:
            await site.ask("/a\u009b31m/../b\u009b?c")
            await site.ask("http://other/\u009b")
        assert logged == ["/b%C2%9B", "/%C2%9B"]

    run_async(scenario())
