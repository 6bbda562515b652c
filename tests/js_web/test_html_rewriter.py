"""HTMLRewriter: https://developers.cloudflare.com/workers/runtime-apis/html-rewriter/."""

from __future__ import annotations

import asyncio
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.html_rewriter import HTMLRewriter
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.streams import ReadableStream
from pywrangler.runtime.js.typed_arrays import Uint8Array
from pywrangler.runtime.js.values import plain


def rewrite(run_async, html, *rules, document=None):
    """Return `html` rewritten by (selector, handlers) rules."""
    rewriter = HTMLRewriter.new()
    for selector, handlers in rules:
        rewriter.on(selector, plain(handlers) if isinstance(handlers, dict) else handlers)
    if document is not None:
        rewriter.onDocument(plain(document))

    async def text():
        return await rewriter.transform(Response.new(html)).text()

    return run_async(text())


def on_element(change):
    return {"element": change}


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda e: e.setAttribute("a", 'x"y'), '<p a="x&quot;y">old</p>'),
        (lambda e: e.before("<b>"), "&lt;b&gt;<p>old</p>"),
        (lambda e: e.before("<b>", html=True), "<b><p>old</p>"),
        (lambda e: e.after("x").after("y"), "<p>old</p>yx"),
        (lambda e: e.prepend("x"), "<p>xold</p>"),
        (lambda e: e.append("x"), "<p>oldx</p>"),
        (lambda e: e.setInnerContent("<i>", html=True), "<p><i></p>"),
        (lambda e: e.replace("<i>", html=True), "<i>"),
        (lambda e: e.remove(), ""),
        (lambda e: e.removeAndKeepContent(), "old"),
        (lambda e: setattr(e, "tagName", "div"), "<div>old</div>"),
    ],
)
def test_changes_of_an_element(run_async, change, result):
    assert rewrite(run_async, "<p>old</p>", ("p", on_element(change))) == result


def test_what_an_element_tells(run_async):
    seen = []

    def look(element):
        seen.append((element.tagName, element.namespaceURI, [tuple(pair) for pair in element.attributes]))
        seen.append((element.getAttribute("A"), element.getAttribute("zz"), element.hasAttribute("b"), element.removed))
        element.removeAttribute("a")

    assert rewrite(run_async, '<DIV a=1 B="2">', ("div", on_element(look))) == '<DIV B="2">'
    assert seen == [("div", "http://www.w3.org/1999/xhtml", [("a", "1"), ("b", "2")]), ("1", jsnull, True, False)]


def test_text_comments_and_document(run_async):
    seen = []

    def text(chunk):
        seen.append((chunk.text, chunk.lastInTextNode))
        if chunk.text:
            chunk.replace(chunk.text.upper())

    def comment(found):
        seen.append(found.text)
        found.text = "new"

    def doctype(found):
        seen.append((found.name, found.publicId, found.systemId))

    result = rewrite(
        run_async,
        "<!doctype html><p>ab</p><!--old-->",
        ("p", {"text": text}),
        document={"doctype": doctype, "comments": comment, "end": lambda end: end.append("<!--end-->", html=True)},
    )
    assert result == "<!doctype html><p>AB</p><!--new--><!--end-->"
    assert seen == [("html", jsnull, jsnull), ("ab", False), ("", True), "old"]


def test_handlers_may_be_methods_of_an_object_and_coroutine_functions(run_async):
    class Handlers:
        def __init__(self):
            self.count = 0

        async def element(self, element):
            await asyncio.sleep(0)
            self.count += 1
            element.setAttribute("n", self.count)
            await asyncio.sleep(0)
            element.append(str(self.count))

    assert rewrite(run_async, "<p></p><p></p>", ("p", Handlers())) == '<p n="1">1</p><p n="2">2</p>'


def test_many_documents_are_rewritten_at_once(run_async):
    async def one(number):
        async def change(element):
            await asyncio.sleep(0)
            element.setAttribute("n", number)

        html = "<p></p>" * 20
        response = HTMLRewriter.new().on("p", plain({"element": change})).transform(Response.new(html))
        assert await response.text() == f'<p n="{number}"></p>' * 20

    async def check():
        await asyncio.gather(*map(one, range(30)))

    run_async(check())


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda tag: tag.before("<x>").after("<y>", html=True), "<p>old&lt;x&gt;</p><y>"),
        (lambda tag: tag.remove(), "<p>old"),
        (lambda tag: setattr(tag, "name", "div"), "<p>old</div>"),
        (lambda tag: tag.name, "<p>old</p>"),
    ],
)
def test_end_tags(run_async, change, result):
    names = []

    def element(found):
        def on_end(tag):
            names.append(tag.name)
            change(tag)

        found.onEndTag(on_end)

    assert rewrite(run_async, "<p>old</p>", ("p", on_element(element))) == result
    assert names == ["p"]


def test_end_tags_come_in_order_and_may_be_missing(run_async):
    names = []

    def element(found):
        name = found.getAttribute("id")

        async def on_end(_tag):
            await asyncio.sleep(0)
            names.append(name)

        found.onEndTag(on_end)

    html = "<div id=a><div id=b>x</div><div id=c>y</div></div><div id=d>open"
    assert rewrite(run_async, html, ("div", on_element(element))) == html
    assert names == ["b", "c", "a"]


def test_a_token_is_dead_after_its_handler_and_in_other_tasks(run_async):
    kept, errors = [], []

    async def element(found):
        kept.append(found)

        async def elsewhere():
            try:
                found.setAttribute("a", "b")
            except JsException as problem:
                errors.append(problem)

        await asyncio.gather(elsewhere())

    assert rewrite(run_async, "<p>", ("p", on_element(element))) == "<p>"
    assert "only be used in the handler itself" in errors[0].message
    with pytest.raises(JsException, match="TypeError: This content token is no longer valid"):
        kept[0].tagName  # noqa: B018 - reading is the point


def test_what_a_handler_raises_is_the_error_of_the_body(run_async):
    def element(_found):
        raise KeyError("boom")

    async def later(_found):
        await asyncio.sleep(0)
        raise KeyError("boom")

    for handler in (element, later):
        with pytest.raises(KeyError, match="boom"):
            rewrite(run_async, "<p>", ("p", on_element(handler)))


def test_a_bad_selector_is_a_type_error():
    with pytest.raises(JsException, match="TypeError: Parser error"):
        HTMLRewriter.new().on("p[", plain({}))


def test_transform_keeps_the_head_and_drops_the_length(run_async):
    async def check():
        response = Response.new("<p>", status=201, headers=[("Content-Length", "3"), ("X", "1")])
        result = HTMLRewriter.new().transform(response)
        assert (result.status, result.headers.get("x"), result.headers.get("content-length")) == (201, "1", jsnull)
        result.headers.set("x", "2")
        assert response.bodyUsed
        assert await result.text() == "<p>"
        assert HTMLRewriter.new().transform(Response.new(None)).body is jsnull
        with pytest.raises(JsException, match="TypeError"):
            HTMLRewriter.new().transform("<p>")

    run_async(check())


def test_output_comes_while_input_is_still_missing(run_async):
    async def check():
        controllers = []
        source = ReadableStream.new(start=controllers.append)
        rewriter = HTMLRewriter.new().on("p", plain({"element": lambda element: element.setAttribute("a", "1")}))
        reader = rewriter.transform(Response.new(source)).body.getReader()
        controllers[0].enqueue(Uint8Array.from_bytes(b"<p>first</p><p"))
        assert (await reader.read()).value.to_bytes() == b'<p a="1">first</p>'
        controllers[0].enqueue(Uint8Array.from_bytes(b">second"))
        controllers[0].close()
        rest = b""
        while not (result := await reader.read()).done:
            rest += result.value.to_bytes()
        assert rest == b'<p a="1">second'

    run_async(check())


def test_cancelling_the_result_cancels_the_source(run_async):
    async def check():
        reasons = []
        source = ReadableStream.new(cancel=reasons.append)
        await HTMLRewriter.new().transform(Response.new(source)).body.cancel("why")
        assert reasons == ["why"]

    run_async(check())


@given(st.text(st.sampled_from("<>/!-pdiv \"'=&é"), max_size=60), st.integers(1, 7))
def test_any_document_passes_unchanged_where_nothing_is_changed(html, size):
    async def check():
        def element(found):
            found.onEndTag(lambda tag: tag.name)

        data = html.encode()
        source = ReadableStream.from_(
            [Uint8Array.from_bytes(data[start : start + size]) for start in range(0, len(data), size)]
        )
        rewriter = HTMLRewriter.new().on("*", plain({"element": element}))
        assert await rewriter.transform(Response.new(source)).read_bytes() == data

    asyncio.run(check())


def test_without_the_engine_the_error_names_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "lolhtml", None)
    with pytest.raises(JsException, match=r"needs the package python-lolhtml, which \S+ lacks") as caught:
        HTMLRewriter.new().on("p", plain({"element": lambda e: e.remove()}))
    assert "pywrangler[" not in str(caught.value)
