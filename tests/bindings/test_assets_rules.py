"""The small languages beside the assets: `.assetsignore`, `_redirects`, `_headers`, `run_worker_first`."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pywrangler.bindings.static_files import ignore
from pywrangler.bindings.static_files.ignore import IgnoreRules
from pywrangler.bindings.static_files.routing import decode, encode
from pywrangler.bindings.static_files.rules import HeaderRules, Redirects, location, worker_first

FILE = Path("/site/_rules")


@pytest.mark.parametrize(
    ("rules", "path", "is_hidden"),
    [
        ("*.map", "a.map", True),
        ("*.map", "deep/er/a.map", True),
        ("*.map", "a.map.txt", False),
        ("/a.txt", "a.txt", True),
        ("/a.txt", "sub/a.txt", False),
        ("sub/a.txt", "sub/a.txt", True),
        ("sub/a.txt", "x/sub/a.txt", False),
        ("node_modules", "node_modules/x/y.js", True),
        ("node_modules/", "a/node_modules/y.js", True),
        ("node_modules/", "node_modules", False),
        ("**/cache", "a/b/cache/x", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("a/**", "a/x/y", True),
        ("a/**", "b/a", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab].txt", "a.txt", True),
        ("[!ab].txt", "a.txt", True),
        ("[!ab].txt", "c.txt", False),
        ("[z-a]", "z", False),
        ("*.txt\n!keep.txt", "keep.txt", False),
        ("*.txt\n!keep.txt", "other.txt", True),
        ("dir/\n!dir/keep.txt", "dir/keep.txt", True),
        ("# comment\n\\#file", "#file", True),
        ("\\!file", "!file", True),
        ("trailing   ", "trailing", True),
        ("", "anything", False),
        ("", "_headers", True),
        ("", "sub/_headers", False),
        ("!_headers", "_headers", False),
    ],
)
def test_gitignore_rules(rules: str, path: str, is_hidden: bool) -> None:
    assert IgnoreRules(rules).hides(path) is is_hidden


# `ignore().add(lines).ignores(path)` of npm's `ignore` 5.3.1, bundled with wrangler 4.164.0, for random rules.
RECORDED = json.loads((Path(__file__).parent / "ignore_expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("rules", "path", "is_hidden"), RECORDED)
def test_wrangler_ignores_the_same(rules: str, path: str, is_hidden: bool) -> None:
    with patch.object(ignore, "NEVER_SERVED", ""), patch.object(ignore, "SECRET_FILES", ""):
        assert IgnoreRules(rules).hides(path) is is_hidden


@pytest.mark.parametrize("rule", ["*a" * 200, "**/a/" * 50 + "b", "/**" * 100 + "/b", "**/*a*/" * 30 + "b", "*?" * 100])
def test_many_wildcards_are_no_trouble(rule: str) -> None:
    for path in ("a" * 250 + "b", "a/" * 250 + "c"):
        assert IgnoreRules(rule).hides(path) in (True, False)


def test_many_placeholders_are_no_trouble() -> None:
    source = "/" + "".join(f":p{number}-" for number in range(60))
    redirects = Redirects(f"{source} /there\n", FILE)
    assert redirects.find("h", "/" + "b-" * 60) is not None
    for path in ("/" + "-" * 150 + "b", "/" + "-b" * 80):
        assert redirects.find("h", path) is None
    assert worker_first(["/" + "*-" * 60])("/" + "-" * 300 + "b") is None


@given(st.text(alphabet="ab*?[]!/\\.-^# \n"), st.text(alphabet="ab./", min_size=1, max_size=10))
@example("[a--b]", "a")
@example("[--&&~~||]", "a")
def test_any_ignore_file_gives_an_answer(rules: str, path: str) -> None:
    assert IgnoreRules(rules).hides(path) in (True, False)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("/a /b", "/a", ("/b", 302)),
        ("/a /b 301 ", "/a", ("/b", 301)),
        ("/a /b", "/a/", None),
        ("/a https://x.example/y", "/a", ("https://x.example/y", 302)),
        ("/blog/* /news/:splat 307", "/blog/x/y", ("/news/x/y", 307)),
        ("/u/:id/:tab /user?id=:id&t=:tab 303", "/u/7/posts", ("/user?id=7&t=posts", 303)),
        ("/u/:id /x/:nope", "/u/7", ("/x/:nope", 302)),
        ("/u/:id /x", "/u/7/8", None),
        ("/p/:id/:id_2 /:id-:id_2", "/p/1/2", ("/1-2", 302)),
        ("/a /first\n/a /second", "/a", ("/first", 302)),
        ("/* /pattern\n/a /exact", "/a", ("/pattern", 302)),
        ("/a /exact\n/* /pattern", "/a", ("/exact", 302)),
        ("a /b # the slash may be missing", "/a", ("/b", 302)),
        ("# comment\n\n/a /b", "/a", ("/b", 302)),
        ("/x/* /:splat", "/x//evil.example", ("/evil.example", 302)),
    ],
)
def test_redirects(text: str, path: str, expected: tuple[str, int] | None) -> None:
    rules = Redirects(text, FILE)
    found = rules.find("h.example", path)
    assert (found and (found.target, found.status)) == expected


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("/only", "a source, a target"),
        ("/a /b 301 more", "a source, a target"),
        ("https://h.example/a /b", "has to be a path"),
        ("/a http://h.example/", "has to begin with / or https://"),
        ("/b /c\n/a/* /b\n/b /d", "an earlier rule"),
        ("/a b", "the target b has to begin"),
        ("/a //evil.example", "the target //evil.example has to begin"),
        ("/a /b 404", "the status 404 is not one of"),
        ("/a /b x", "the status x is not one of"),
        ("/a https://x.example 200", "a rewrite (200)"),
        ("/* /index.html 200", "leads to itself"),
        ("/*/* /x", "only once"),
        ("/:a/:a /x", "only once"),
        ("/a " + "/" + "x" * 2000, "more than 2000 characters"),
    ],
)
def test_faulty_redirects_are_reported_with_their_line(line: str, fault: str) -> None:
    rules = Redirects(f"/ok /fine\n{line}\n", FILE)
    (problem,) = rules.problems
    assert fault in problem.what
    assert problem.place is not None
    assert problem.place.line == 2 + line.count("\n")
    assert rules.find("h", "/ok") is not None


def test_the_number_of_redirects_is_limited() -> None:
    static = Redirects("".join(f"/{n} /x\n" for n in range(2001)), FILE)
    dynamic = Redirects("".join(f"/{n}/* /x\n" for n in range(101)), FILE)
    assert [len(rules.problems) for rules in (static, dynamic)] == [1, 1]
    assert static.find("h", "/1999")
    assert not static.find("h", "/2000")


@pytest.mark.parametrize(
    ("target", "query", "expected"),
    [
        ("/a", "", "/a"),
        ("/a", "x=1", "/a?x=1"),
        ("/a?y=2", "x=1", "/a?y=2"),
        ("/a#f", "x=1", "/a?x=1#f"),
        ("https://h/a", "x=1", "https://h/a?x=1"),
    ],
)
def test_the_query_goes_along(target: str, query: str, expected: str) -> None:
    assert location(target, query) == expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("X-A: 1", "belongs to no pattern"),
        ("/a\n  nonsense", "a name, a colon and a value"),
        ("/a\n  bad name: 1", "is no name of a header"),
        ("/a\n  X-A:", "has no value"),
        ("/a\n  X-A: a\x01b", "has no value that can be sent"),
        ("/a\n  !", "is no name of a header"),
        ("http://h/*\n", "begins with / or https://"),
        ("/*/*\n", "only once"),
    ],
)
def test_faulty_headers_are_reported(text: str, fault: str) -> None:
    rules = HeaderRules(text, FILE)
    assert [fault in problem.what for problem in rules.problems] == [True]


def test_a_faulty_pattern_does_not_give_its_headers_to_the_one_before() -> None:
    rules = HeaderRules("/a\n  X-A: 1\nhttp://bad/*\n  X-Secret: 2\n", FILE)
    assert rules.apply("h", "/a", []) == [("x-a", "1")]


def test_the_number_of_header_rules_is_limited() -> None:
    rules = HeaderRules("".join(f"/{n}\n  X-A: {n}\n" for n in range(101)), FILE)
    assert rules.apply("h", "/99", []) == [("x-a", "99")]
    assert rules.apply("h", "/100", []) == []


@given(st.text(alphabet="/:*ab \n!#?.hps") | st.text())
def test_any_rule_file_gives_rules_or_problems(text: str) -> None:
    Redirects(text, FILE).find("h", "/a/b")
    for name, value in HeaderRules(text, FILE).apply("h", "/a/b", []):
        assert "\n" not in name + value
        assert "\r" not in name + value


def test_exceptions_win_over_rules() -> None:
    decide = worker_first(("/api/*", "/x", "!/api/docs/*"))
    assert [decide(path) for path in ("/api/a", "/api/docs/a", "/x", "/xy", "/")] == [True, False, True, None, None]


@given(st.text(st.characters(codec="utf-8")))
def test_a_path_survives_encoding(path: str) -> None:
    path = "/" + path.replace("//", "/").strip("/")
    if "//" not in path:
        assert decode(encode(path)) == path


@given(st.text())
def test_any_path_decodes_to_something_that_encodes_to_itself(path: str) -> None:
    once = encode(decode("/" + path))
    assert encode(decode(once)) == once
