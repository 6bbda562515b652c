"""URL and URLSearchParams, by the examples of https://url.spec.whatwg.org and by properties."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pywrangler.runtime.js.convert import from_entries, to_js
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.url import URL, URLSearchParams
from pywrangler.runtime.js.url_parser import parse

RESOLVED = [
    ("http://example.com", None, "http://example.com/"),
    ("HTTP://EXAMPLE.com:80/../a/./b?x=y#z", None, "http://example.com/a/b?x=y#z"),
    ("https://x:443/", None, "https://x/"),
    ("http://x:443/", None, "http://x:443/"),
    ("  http://x/a\tb\n ", None, "http://x/ab"),
    ("http:\\\\x\\y", None, "http://x/y"),
    ("http:foo", "http://h/a/b", "http://h/a/foo"),
    ("https:foo", "http://h/a/b", "https://foo/"),
    ("//foo/bar", "https://a/b", "https://foo/bar"),
    ("/p", "https://a/b/c?q#f", "https://a/p"),
    ("p", "https://a/b/c?q#f", "https://a/b/p"),
    ("../p", "https://a/b/c/d", "https://a/b/p"),
    ("?q2", "https://a/b?q#f", "https://a/b?q2"),
    ("#f2", "https://a/b?q#f", "https://a/b?q#f2"),
    ("", "https://a/b?q#f", "https://a/b?q"),
    ("http://a/%2e%2E/b/%2e", None, "http://a/b/"),
    ("http://u:p@h/", None, "http://u:p@h/"),
    ("http://u@:p@h/", None, "http://u%40:p@h/"),
    ("http://a b@h/", None, "http://a%20b@h/"),
    ("http://[::1]:3000/", None, "http://[::1]:3000/"),
    ("http://[1:0:0:2:0:0:0:3]/", None, "http://[1:0:0:2::3]/"),
    ("http://[::ffff:1.2.3.4]/", None, "http://[::ffff:102:304]/"),
    ("http://0x7f.1/", None, "http://127.0.0.1/"),
    ("http://017700000001", None, "http://127.0.0.1/"),
    ("http://1.2.3", None, "http://1.2.0.3/"),
    ("http://1e2.com/", None, "http://1e2.com/"),
    ("http://münchen.de/ä?ö#ü", None, "http://xn--mnchen-3ya.de/%C3%A4?%C3%B6#%C3%BC"),
    ("http://☕.example", None, "http://xn--53h.example/"),
    ("http://EX%41MPLE/", None, "http://example/"),
    ("http://a/b'c?d'e", None, "http://a/b'c?d%27e"),
    ("foo://h?a'b", None, "foo://h?a'b"),
    ("foo:/a/b/../c", None, "foo:/a/c"),
    ("foo:opaque path", None, "foo:opaque path"),
    ("foo:opaque ?q", None, "foo:opaque%20?q"),
    ("non-special:/..//p", None, "non-special:/.//p"),
    ("mailto:x@y", None, "mailto:x@y"),
    ("#f", "mailto:x@y", "mailto:x@y#f"),
    ("data:text/plain,hi there", None, "data:text/plain,hi there"),
    ("file:///C|/a/../..", None, "file:///C:/"),
    ("file://localhost/a", None, "file:///a"),
    ("file:c:\\x", None, "file:///c:/x"),
    ("/x", "file:///C:/a/b", "file:///C:/x"),
    ("ws://h:80/", None, "ws://h/"),
    ("http://h/a^b{c}`d|", None, "http://h/a%5Eb%7Bc%7D%60d|"),
]

INVALID = [
    ("", None),
    ("/x", None),
    ("x", None),
    ("?q", None),
    ("x", "mailto:a"),
    ("http://", None),
    ("http://@/", None),
    ("http://a@", None),
    ("http://:80", None),
    ("http://h:99999/", None),
    ("http://h:8a/", None),
    ("http://a b/", None),
    ("http://a<b/", None),
    ("http://[::1/", None),
    ("http://[1::2::3]/", None),
    ("http://[::1%25eth0]/", None),
    ("http://256.1.1.1.1/", None),
    ("http://1.2.3.999/", None),
    ("http://999999999999/", None),
    ("http://a%00b/", None),
    ("foo://a b/", None),
    ("http://xn--a-ecp.ru--\ud800/", None),
]


@pytest.mark.parametrize(("text", "base", "href"), RESOLVED)
def test_urls_resolve_to_their_normal_form(text, base, href):
    assert URL.new(text, base).href == href
    assert URL.new(href).href == href
    assert URL.canParse(text, base)


@pytest.mark.parametrize(("text", "base"), INVALID)
def test_invalid_urls_are_type_errors(text, base):
    assert not URL.canParse(text, base)
    assert URL.parse(text, base) is jsnull
    with pytest.raises(JsException, match="TypeError"):
        URL.new(text, base)


def test_parts_are_read_one_by_one():
    url = URL.new("https://u:p@example.com:8443/a/b?x=1&y=2#frag")
    assert (url.protocol, url.username, url.password) == ("https:", "u", "p")
    assert (url.host, url.hostname, url.port) == ("example.com:8443", "example.com", "8443")
    assert (url.pathname, url.search, url.hash) == ("/a/b", "?x=1&y=2", "#frag")
    assert url.origin == "https://example.com:8443"
    assert str(url) == url.toString() == url.toJSON() == url.href


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://a:80/x", "http://a"),
        ("file:///a", "null"),
        ("data:,x", "null"),
        ("foo://a", "null"),
        ("blob:https://a.b/uuid", "https://a.b"),
        ("blob:d", "null"),
    ],
)
def test_origin_is_that_of_the_scheme(text, origin):
    assert URL.new(text).origin == origin


SETTERS = [
    ("http://a/", "protocol", "https", "https://a/"),
    ("http://a:443/", "protocol", "https:", "https://a/"),
    ("http://a/", "protocol", "foo", "http://a/"),
    ("foo://a", "protocol", "http", "foo://a"),
    ("http://a/", "username", "x y", "http://x%20y@a/"),
    ("http://a/", "password", "p", "http://:p@a/"),
    ("file:///a", "username", "x", "file:///a"),
    ("http://a/p", "host", "b:81", "http://b:81/p"),
    ("http://a:1/p", "host", "b", "http://b:1/p"),
    ("http://a/p", "host", "b/c", "http://b/p"),
    ("http://a/p", "host", "", "http://a/p"),
    ("mailto:x", "host", "b", "mailto:x"),
    ("http://a:1/", "hostname", "b:2", "http://a:1/"),
    ("http://a:1/", "hostname", "B", "http://b:1/"),
    ("http://a/", "port", "81", "http://a:81/"),
    ("http://a:81/", "port", "", "http://a/"),
    ("http://a:81/", "port", "80", "http://a/"),
    ("http://a/", "port", "9x", "http://a:9/"),
    ("http://a/", "port", "x", "http://a/"),
    ("http://a/", "port", "99999", "http://a/"),
    ("http://a/b?c", "pathname", "x/../y?z#w", "http://a/y%3Fz%23w?c"),
    ("http://a/b", "pathname", "", "http://a/"),
    ("mailto:x", "pathname", "y", "mailto:x"),
    ("http://a/?b", "search", "", "http://a/"),
    ("http://a/", "search", "?x#y", "http://a/?x%23y"),
    ("http://a/", "search", "x y", "http://a/?x%20y"),
    ("http://a/#b", "hash", "", "http://a/"),
    ("http://a/", "hash", "#x y", "http://a/#x%20y"),
    ("http://a/", "href", "http://b/c", "http://b/c"),
]


@pytest.mark.parametrize(("start", "part", "value", "result"), SETTERS)
def test_parts_can_be_assigned_and_nonsense_is_ignored(start, part, value, result):
    url = URL.new(start)
    setattr(url, part, value)
    assert url.href == result


def test_an_invalid_href_is_a_type_error():
    url = URL.new("http://a/")
    with pytest.raises(JsException, match="TypeError"):
        url.href = "/x"
    assert url.href == "http://a/"


def test_search_params_of_a_url_are_live_both_ways():
    url = URL.new("http://a/?x=1")
    params = url.searchParams
    assert params is url.searchParams
    params.append("y", "2 3")
    assert url.href == "http://a/?x=1&y=2+3"
    url.search = "?z=9"
    assert params.get("z") == "9"
    assert params.get("x") is jsnull
    params.delete("z")
    assert url.href == "http://a/"
    url.href = "http://b/?q=1"
    assert params.toString() == "q=1"


def test_search_params_operations():
    params = URLSearchParams.new("?a=1&b=2&a=3&c")
    assert params.get("a") == "1"
    assert params.getAll("a").to_py() == ["1", "3"]
    assert params.get("c") == ""
    assert params.get("zz") is jsnull
    assert params.has("a", "3")
    assert not params.has("a", "9")
    params.set("a", "9")
    assert params.toString() == "a=9&b=2&c="
    params.delete("b", "7")
    assert params.has("b")
    params.delete("b")
    assert [tuple(pair) for pair in params] == [("a", "9"), ("c", "")]
    assert len(params) == params.size == 2
    params.append("A", "é&=+ *")
    assert str(params) == "a=9&c=&A=%C3%A9%26%3D%2B+*"


def test_search_params_sort_by_utf16_and_keep_equal_names_in_order():
    params = URLSearchParams.new([("\ufb03", "1"), ("\U0001f308", "2"), ("a", "3"), ("a", "1")])
    params.sort()
    assert list(params.keys()) == ["a", "a", "\U0001f308", "\ufb03"]
    assert list(params.values()) == ["3", "1", "2", "1"]


def test_search_params_are_made_from_anything_that_has_pairs():
    wanted = "a=1&b=2"
    for init in (
        "a=1&b=2",
        "?a=1&b=2",
        [("a", 1), ("b", 2)],
        to_js({"a": 1, "b": 2}),
        to_js({"a": 1, "b": 2}, dict_converter=from_entries),
        URLSearchParams.new("a=1&b=2"),
    ):
        assert URLSearchParams.new(init).toString() == wanted
    assert URLSearchParams.new(a=1, b=2).toString() == wanted
    assert URLSearchParams.new({"a": 1}).toString() == ""


@given(st.lists(st.tuples(st.text(), st.text())))
def test_form_encoding_round_trips(pairs):
    clean = [
        tuple(part.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for part in pair) for pair in pairs
    ]
    encoded = URLSearchParams.new(pairs).toString()
    assert encoded.isascii()
    assert [tuple(pair) for pair in URLSearchParams.new(encoded)] == clean


@given(st.text())
@example("a=%zz&%&=&&+")
def test_parsing_a_query_never_fails_and_is_stable(text):
    once = URLSearchParams.new(text.lstrip("?")).toString()
    assert URLSearchParams.new(once).toString() == once


URL_TEXT = st.text(st.sampled_from("htps:/\\?#@[]%.0123456789abcxé☕ \t|-_=&^{}") | st.characters(), max_size=40)


@given(URL_TEXT, st.sampled_from([None, "http://h/a/b?q#f", "file:///C:/x", "foo://h/p", "mailto:x"]))
@example("http://a/..//%2e", None)
@example("foo:/.//x", None)
@example("http://a:b@c:1/", None)
def test_any_text_parses_to_a_fixed_point_or_is_invalid(text, base):
    parsed = parse(text, None if base is None else parse(base))
    if parsed is None:
        return
    href = parsed.href
    assert href.isascii()
    again = parse(href)
    assert again is not None
    assert again.href == href


@given(
    URL_TEXT,
    st.sampled_from(["protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]),
)
def test_any_assignment_leaves_a_url_that_parses_to_itself(text, part):
    for start in ("http://u:p@h:81/a?b#c", "foo://h/a", "file:///C:/a"):
        url = URL.new(start)
        setattr(url, part, text)
        assert URL.new(url.href).href == url.href
