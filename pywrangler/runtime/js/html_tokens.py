"""What handlers of an HTMLRewriter are given: elements, comments, text, doctype, end tags and the end.

Content is text (escaped) or, with the option `html`, markup. Each change returns the token, for chaining.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from greenlet import getcurrent

from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_string, truthy
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.values import array, iterator

if TYPE_CHECKING:
    from pywrangler.runtime.js.html_end_tags import EndTags

EXPIRED = (
    "This content token is no longer valid. Content tokens are only valid during the execution of the relevant content "
    "handler."
)

ELSEWHERE = "This content token can only be used in the handler itself, not in tasks that the handler starts."


def _kind(init: Any, named: dict[str, Any]) -> Any:
    from lolhtml import ContentType

    return ContentType.HTML if truthy(options(init, named).get("html")) else ContentType.TEXT


def _text_or_null(value: str | None) -> Any:
    return jsnull if value is None else value


class Token(JsProxy):
    """Something the engine has just parsed; gone when the handler ends."""

    __slots__ = ("_end_tags", "_greenlet", "_raw")

    _end_tags: EndTags
    _greenlet: Any
    _raw: Any

    @classmethod
    def of(cls, raw: Any, end_tags: EndTags) -> Self:
        """Wrap the engine's object."""
        token = cls.__new__(cls)
        token._raw = raw
        token._greenlet = getcurrent()
        token._end_tags = end_tags
        return token

    def expire(self) -> None:
        """Let go of the engine's object: touching it later would crash the process."""
        self._raw = None

    @property
    def _token(self) -> Any:
        if self._raw is None:
            raise type_error(EXPIRED)
        if getcurrent() is not self._greenlet:
            raise type_error(ELSEWHERE)
        return self._raw


class _Content(Token):
    """A token that can be removed, replaced, and have content put around it."""

    __slots__ = ()

    @property
    def removed(self) -> bool:
        """Whether it was removed or replaced."""
        return bool(self._token.removed)

    def before(self, content: Any, init: Any = None, **named: Any) -> Self:
        """Insert before it."""
        self._token.before(to_string(content), _kind(init, named))
        return self

    def after(self, content: Any, init: Any = None, **named: Any) -> Self:
        """Insert behind it."""
        self._token.after(to_string(content), _kind(init, named))
        return self

    def replace(self, content: Any, init: Any = None, **named: Any) -> Self:
        """Put content in its place."""
        self._token.before(to_string(content), _kind(init, named))
        self._token.remove()
        return self

    def remove(self) -> Self:
        """Remove it."""
        self._token.remove()
        return self


class Element(_Content):
    """An element; its end tag has not been parsed yet."""

    __slots__ = ()

    @property
    def tagName(self) -> str:
        """The name; assignable."""
        return str(self._token.tag_name)

    @tagName.setter
    def tagName(self, value: Any) -> None:
        try:
            self._token.tag_name = to_string(value)
        except RuntimeError as problem:
            raise type_error(f"Parser error: {problem}") from None

    @property
    def namespaceURI(self) -> str:
        """The namespace: that of HTML, SVG or MathML."""
        return str(self._token.namespace_uri)

    @property
    def attributes(self) -> Any:
        """Iterate over [name, value]."""
        return iterator([array(pair) for pair in self._token.attributes])

    def getAttribute(self, name: Any) -> Any:
        """Return a value, or null."""
        return _text_or_null(self._token.get_attribute(to_string(name)))

    def hasAttribute(self, name: Any) -> bool:
        """Whether there is such an attribute."""
        return bool(self._token.has_attribute(to_string(name)))

    def setAttribute(self, name: Any, value: Any) -> Self:
        """Set a value; TypeError for a bad name."""
        try:
            self._token.set_attribute(to_string(name), to_string(value))
        except RuntimeError as problem:
            raise type_error(f"Parser error: {problem}") from None
        return self

    def removeAttribute(self, name: Any) -> Self:
        """Remove an attribute."""
        self._token.remove_attribute(to_string(name))
        return self

    def prepend(self, content: Any, init: Any = None, **named: Any) -> Self:
        """Insert behind the start tag."""
        self._token.prepend(to_string(content), _kind(init, named))
        return self

    def append(self, content: Any, init: Any = None, **named: Any) -> Self:
        """Insert before the end tag."""
        self._token.append(to_string(content), _kind(init, named))
        return self

    def setInnerContent(self, content: Any, init: Any = None, **named: Any) -> Self:
        """Replace what is inside."""
        self._token.set_inner_content(to_string(content), _kind(init, named))
        return self

    def removeAndKeepContent(self) -> Self:
        """Remove the tags, keep what is inside."""
        self._token.remove_and_keep_content()
        return self

    def onEndTag(self, handler: Any) -> None:
        """Call `handler(end_tag)` when the end tag comes; never, if it does not."""
        from lolhtml import ContentType

        before, after = self._end_tags.expect(handler)
        self._token.append(before, ContentType.HTML)
        self._token.after(after, ContentType.HTML)


class EndTag(JsProxy):
    """The end tag of an element; changes take effect when the handler ends."""

    __slots__ = ("_after", "_before", "_is_valid", "_name", "_removed")

    def __init__(self, name: str) -> None:
        self._name = name
        self._before: list[str] = []
        self._after: list[str] = []
        self._removed = False
        self._is_valid = True

    def expire(self) -> None:
        """The handler has ended."""
        self._is_valid = False

    def _require_valid(self) -> None:
        if not self._is_valid:
            raise type_error(EXPIRED)

    @property
    def name(self) -> str:
        """The name; assignable."""
        self._require_valid()
        return self._name

    @name.setter
    def name(self, value: Any) -> None:
        self._require_valid()
        self._name = to_string(value)

    def before(self, content: Any, init: Any = None, **named: Any) -> EndTag:
        """Insert before it."""
        self._require_valid()
        self._before.append(_markup(content, init, named))
        return self

    def after(self, content: Any, init: Any = None, **named: Any) -> EndTag:
        """Insert behind it."""
        self._require_valid()
        self._after.insert(0, _markup(content, init, named))
        return self

    def remove(self) -> EndTag:
        """Remove it."""
        self._require_valid()
        self._removed = True
        return self

    def written(self, original: str, original_name: str) -> str:
        """Return what stands in the output for an end tag that read `original`."""
        tag = original if self._name == original_name else f"</{self._name}>"
        return "".join((*self._before, "" if self._removed else tag, *self._after))


def _markup(content: Any, init: Any, named: dict[str, Any]) -> str:
    text = to_string(content)
    if truthy(options(init, named).get("html")):
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Comment(_Content):
    """A comment."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """What it says; assignable."""
        return str(self._token.text)

    @text.setter
    def text(self, value: Any) -> None:
        try:
            self._token.text = to_string(value)
        except RuntimeError as problem:
            raise type_error(f"Parser error: {problem}") from None


class Text(_Content):
    """A piece of text as it arrived; the last piece of a text node is empty."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The piece, with entities as they stand."""
        return str(self._token.text)

    @property
    def lastInTextNode(self) -> bool:
        """Whether the text node ends here."""
        return bool(self._token.last_in_text_node)


class Doctype(Token):
    """The document type."""

    __slots__ = ()

    @property
    def name(self) -> Any:
        """The name, or null."""
        return _text_or_null(self._token.name)

    @property
    def publicId(self) -> Any:
        """The public identifier, or null."""
        return _text_or_null(self._token.public_id)

    @property
    def systemId(self) -> Any:
        """The system identifier, or null."""
        return _text_or_null(self._token.system_id)


class DocumentEnd(Token):
    """The end of the document."""

    __slots__ = ()

    def append(self, content: Any, init: Any = None, **named: Any) -> DocumentEnd:
        """Insert at the very end."""
        self._token.append(to_string(content), _kind(init, named))
        return self
