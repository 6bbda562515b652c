"""URLPattern, by examples of https://urlpattern.spec.whatwg.org and MDN."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.url_pattern import URLPattern

PATHS = [
    ("/books", "/books", {}),
    ("/books", "/books/", None),
    ("/books/:id", "/books/123", {"id": "123"}),
    ("/books/:id", "/books/", None),
    ("/books/:id", "/books/1/2", None),
    (r"/books/:id(\d+)", "/books/12", {"id": "12"}),
    (r"/books/:id(\d+)", "/books/ab", None),
    ("/books/:id?", "/books", {"id": None}),
    ("/books/:id?", "/books/1", {"id": "1"}),
    ("/books/:id?", "/books/", None),
    ("/books/:id+", "/books/1/2", {"id": "1/2"}),
    ("/books/:id*", "/books", {"id": None}),
    ("/books/*", "/books/a/b", {"0": "a/b"}),
    ("/*.png", "/a/b.png", {"0": "a/b"}),
    ("/a{/b}?", "/a", {}),
    ("/a{/b}?", "/a/b", {}),
    ("/a{/b}+", "/a/b/b", {}),
    (r"/a\:b", "/a:b", {}),
    ("/(foo|bar)", "/bar", {"0": "bar"}),
    ("/:a-:b", "/x-y", {"a": "x", "b": "y"}),
]


@pytest.mark.parametrize(("pattern", "path", "groups"), PATHS)
def test_paths(pattern, path, groups):
    result = URLPattern.new(pathname=pattern).exec("https://example.com" + path)
    if groups is None:
        assert result is jsnull
    else:
        assert result.pathname.groups.to_py() == groups
        assert result.pathname.input == path


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("https://example.com/books/:id", "https://example.com/books/1?q#f", True),
        ("https://example.com/books/:id", "http://example.com/books/1", False),
        ("https://example.com/x", "https://example.com:8443/x", False),
        ("https://example.com:8443/x", "https://example.com:8443/x", True),
        ("https://*.example.com/*", "https://a.b.example.com/x/y", True),
        ("https://:sub.example.com/", "https://a.b.example.com/", False),
        ("http{s}?://example.com/*", "http://example.com/a", True),
        ("http{s}?://example.com/*", "https://example.com/a", True),
        ("https://example.com/x?q=*", "https://example.com/x?q=1", True),
        ("https://example.com/x?q=*", "https://example.com/x", False),
        ("https://example.com/x#:part", "https://example.com/x#a", True),
        ("http://localhost:8787/x", "http://localhost:8787/x", True),
        ("https://example.com", "https://example.com/", True),
    ],
)
def test_whole_urls(pattern, url, matches):
    assert URLPattern.new(pattern).test(url) is matches


def test_a_relative_pattern_takes_the_rest_from_its_base():
    pattern = URLPattern.new("/a/:b", "https://h.io/x?y")
    assert pattern.test("https://h.io/a/c")
    assert not pattern.test("https://other/a/c")
    assert pattern.test("/a/c", "https://h.io")
    with pytest.raises(JsException, match="TypeError"):
        URLPattern.new("/a/:b")


def test_parts_can_be_matched_instead_of_a_url():
    pattern = URLPattern.new(pathname="/a/:b")
    assert pattern.test(pathname="/a/c")
    assert not pattern.test("not a url")
    assert (pattern.pathname, pattern.hostname, pattern.hasRegExpGroups) == ("/a/:b", "*", False)


def test_case_can_be_ignored():
    assert not URLPattern.new(pathname="/A").test("http://h/a")
    assert URLPattern.new("http://h/A", None, ignoreCase=True).test("http://h/a")


@pytest.mark.parametrize("pattern", ["/:a/:a", "/(", "/{a", "/a}", "/()", "/((a))", "/([)"])
def test_malformed_patterns_are_type_errors(pattern):
    with pytest.raises(JsException, match="TypeError: Invalid URLPattern"):
        URLPattern.new(pathname=pattern)


@given(st.text(st.sampled_from("/:ab*?+(){}\\.|#[]"), max_size=12))
def test_any_pattern_compiles_or_is_a_type_error(text):
    for make in (lambda: URLPattern.new(pathname=text), lambda: URLPattern.new("http://h/" + text)):
        try:
            pattern = make()
        except JsException as error:
            assert error.name == "TypeError"  # noqa: PT017 - both outcomes are right
        else:
            assert pattern.test("http://h/a/b") in {True, False}


@pytest.mark.parametrize("count", [5, 30, 200])
@pytest.mark.parametrize("piece", ["*a", ":n{}a", "{{:n{}}}?a", "(.*)a"])
def test_many_wildcards_are_no_trouble(piece, count):
    compiled = URLPattern.new(pathname="".join(piece.format(number) for number in range(count)))
    for path in ("a" * 60 + "b", "ab" * 60 + "-a", "ba" * 300):
        assert compiled.test(pathname=path) in (True, False)
    assert compiled.test(pathname="ba" * count)


def test_a_match_that_takes_too_long_ends_in_an_error():
    with pytest.raises(JsException, match="exceeded CPU time limit"):
        URLPattern.new(pathname="((?:a|aa)+b)").test(pathname="a" * 100 + "-c")


@pytest.mark.parametrize(
    "pattern", ["{" * 5000, "{" * 5000 + "}" * 5000, "(" * 5000, "([a-", "([[a])", "(" + "(?:" * 5000, "a" * 100_000]
)
def test_malformed_and_huge_patterns_are_type_errors_or_work(pattern):
    with contextlib.suppress(JsException):
        URLPattern.new(pathname=pattern)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/*a*ab", "/" + "a" * 100_000),
        ("/{x:a}*b", "/" + "xa" * 400),
        ("/" + "{a}*" * 30 + "b", "/" + "a" * 2000),
    ],
)
def test_two_repeats_are_enough_to_need_a_limit(pattern, path):
    with pytest.raises(JsException, match="exceeded CPU time limit"):
        URLPattern.new(pathname=pattern).test(pathname=path)
