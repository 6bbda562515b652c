r"""URLPattern (https://urlpattern.spec.whatwg.org): `/books/:id(\d+)`, `*`, `{group}?`, for each part of a URL.

A pattern of one part is compiled to a regular expression. What is left out of an object matches anything; what a
pattern string leaves out behind its last part matches anything too, what it leaves out before matches as in the base
URL. Regular expressions in parentheses are JavaScript's, with the flag v.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.primitives import truthy
from pywrangler.runtime.js.proxy import JsProxy, JsValue, jsnull
from pywrangler.runtime.js.regexp_translate import PatternError, translate
from pywrangler.runtime.js.url_parser import DEFAULT_PORTS, ParsedUrl, parse
from pywrangler.runtime.js.values import array, plain
from pywrangler.runtime.js.webidl import usv_string

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS = ("protocol", "username", "password", "hostname", "port", "pathname", "search", "hash")

_LIMIT_SECONDS = 0.5
_FEW_REPEATS = 1
"""So many wildcards need no limit: the time grows with the length of the text to the power of their number."""
_DEPTH_LIMIT = 50

_NAME = re.compile(r"[^\W\d]\w*|\$[\w$]*")
_SEPARATOR = {"hostname": ".", "pathname": "/"}


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled pattern of one part."""

    source: str
    expression: re.Pattern[str]
    names: tuple[str, ...]
    """Names of the groups in order; nameless ones are numbered."""
    is_bounded: bool
    """Whether matching could take for ever, so that the time is limited: `expression` is then one of `regex`."""

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match of the whole text; the platform's Error if that takes too long."""
        if not self.is_bounded:
            return self.expression.fullmatch(text)
        expression: Any = self.expression
        try:
            found: re.Match[str] | None = expression.fullmatch(text, timeout=_LIMIT_SECONDS)
        except TimeoutError:
            raise JsException("Error", f"Worker exceeded CPU time limit: URLPattern {self.source}") from None
        return found


class _Compiler:
    """Turns the pattern of one part into a regular expression."""

    def __init__(self, source: str, part: str, *, ignore_case: bool) -> None:
        self.source = source
        self.position = 0
        self.separator = _SEPARATOR.get(part, "")
        self.names: list[str] = []
        self.unnamed = 0
        self.pieces: list[str] = []
        self.flags = re.IGNORECASE if ignore_case else 0
        self.needs_regex = False
        self.depth = 0
        self.repeats = 0
        """How many wildcards, names and modifiers there are."""

    def compile(self) -> Part:
        self.sequence(closing="")
        is_bounded = self.repeats > _FEW_REPEATS or "(" in self.source
        engine: Any = re
        if self.needs_regex or is_bounded:
            import regex

            engine = regex
        try:
            expression = engine.compile("".join(self.pieces), self.flags | engine.DOTALL)
        except (engine.error, OverflowError, RecursionError) as problem:
            raise type_error(f"Invalid URLPattern: {self.source}: {problem}") from None
        return Part(self.source, expression, tuple(self.names), is_bounded)

    def sequence(self, closing: str) -> None:
        source = self.source
        while self.position < len(source):
            character = source[self.position]
            if character == closing:
                self.position += 1
                return
            if character == "\\" and self.position + 1 < len(source):
                self.literal(source[self.position + 1], 2)
            elif character == ":" and (match := _NAME.match(source, self.position + 1)):
                self.position = match.end()
                self.group(match[0], self.custom() or self.segment())
            elif character == "*":
                self.position += 1
                self.group("", ".*")
            elif character == "(":
                self.group("", self.custom())
            elif character == "{":
                self.braces()
            elif character == "}":
                raise type_error(f"Invalid URLPattern: {source}")
            else:
                self.literal(character, 1)
        if closing:
            raise type_error(f"Invalid URLPattern: {source}")

    def literal(self, character: str, width: int) -> None:
        self.pieces.append(re.escape(character))
        self.position += width

    def segment(self) -> str:
        return f"[^{re.escape(self.separator)}]+?" if self.separator else ".+?"

    def custom(self) -> str:
        """Read a regular expression in parentheses, if one stands here."""
        source, start = self.source, self.position
        if not source.startswith("(", start):
            return ""
        depth, index = 0, start
        while index < len(source):
            character = source[index]
            if character == "\\":
                index += 1
            elif character == "(":
                if depth and re.match(r"\(\?[:=!]|\(\?<[=!]", source[index:]) is None:
                    raise type_error(f"Invalid URLPattern: {source}: capturing groups cannot be nested")
                depth += 1
            elif character == ")":
                depth -= 1
                if not depth:
                    break
            index += 1
        if depth or index == start + 1 or index >= len(source):
            raise type_error(f"Invalid URLPattern: {source}")
        self.position = index + 1
        try:
            translation = translate(source[start + 1 : index], "v")
        except PatternError as problem:
            raise type_error(f"Invalid URLPattern: {source}: {problem}") from None
        self.needs_regex = self.needs_regex or translation.needs_regex
        return translation.pattern

    def group(self, name: str, expression: str) -> None:
        if not name:
            name, self.unnamed = str(self.unnamed), self.unnamed + 1
        if name in self.names:
            raise type_error(f"Invalid URLPattern: {self.source}: {name} occurs twice")
        self.names.append(name)
        self.repeats += 1
        modifier = self.modifier()
        prefix = ""
        if modifier and self.separator == "/" and self.pieces and self.pieces[-1] == "/":
            prefix = re.escape(self.separator)
            self.pieces.pop()
        if modifier in {"+", "*"}:
            repeated = f"(?:{expression})(?:{prefix}(?:{expression}))*"
            wrapped = f"(?:{prefix}({repeated}))"
            self.pieces.append(wrapped + ("?" if modifier == "*" else ""))
        elif modifier == "?":
            self.pieces.append(f"(?:{prefix}({expression}))?")
        else:
            self.pieces.append(f"({expression})")

    def braces(self) -> None:
        self.position += 1
        self.depth += 1
        if self.depth > _DEPTH_LIMIT:
            raise type_error(f"Invalid URLPattern: {self.source}")
        outer, self.pieces = self.pieces, []
        self.sequence(closing="}")
        self.depth -= 1
        inner = "".join(self.pieces)
        self.pieces = outer
        self.pieces.append(f"(?:{inner}){self.modifier()}")

    def modifier(self) -> str:
        found = self.source[self.position : self.position + 1]
        if found and found in "?+*":
            self.position += 1
            self.repeats += 1
            return found
        return ""


def _pattern_end(source: str, stops: str, start: int) -> int:
    """Return where the first of `stops` stands outside groups, braces and escapes."""
    depth, index = 0, start
    while index < len(source):
        character = source[index]
        if character == "\\":
            index += 1
        elif character in "({[":
            depth += 1
        elif character in ")}]":
            depth -= 1
        elif not depth and character in stops and not (character == "?" and _is_modifier(source, index)):
            return index
        index += 1
    return len(source)


def _is_modifier(source: str, index: int) -> bool:
    """Whether a question mark belongs to the group before it rather than being the beginning of the query."""
    return source[index - 1 : index] in {")", "}", "*"} or re.search(r":\w+$", source[:index]) is not None


def _split(source: str) -> dict[str, str]:
    """Cut a pattern string into the patterns of its parts."""
    parts: dict[str, str] = {}
    rest = source
    match = re.match(r"((?:[^:/?#{(\\]|\{[^}]*\}[?+*]?|\([^)]*\)|\\.)+?):(//)?", source)
    if match is not None and (match[2] or not source.startswith("/")):
        parts["protocol"] = match[1]
        rest = source[match.end() :]
        if match[2]:
            end = _pattern_end(rest, "/?#", 0)
            _split_authority(rest[:end], parts)
            rest = rest[end:]
    end = _pattern_end(rest, "#", 0)
    rest, fragment = rest[:end], rest[end:]
    end = _pattern_end(rest, "?", 0)
    path, query = rest[:end], rest[end:]
    if path or query or fragment:
        parts["pathname"] = path or ("/" if "hostname" in parts else "")
    if query or fragment:
        parts["search"] = query[1:]
    if fragment:
        parts["hash"] = fragment[1:]
    return parts


def _split_authority(text: str, parts: dict[str, str]) -> None:
    at = _pattern_end(text, "@", 0)
    if at < len(text):
        credentials, text = text[:at], text[at + 1 :]
        parts["username"], _, parts["password"] = credentials.partition(":")
    match = re.search(r":(\d+|\*|\(.*\)|\{.*\}\??)?$", text)
    if match is not None:
        parts["hostname"], parts["port"] = text[: match.start()], match[1] or ""
    else:
        parts["hostname"], parts["port"] = text, ""


def _of_url(url: ParsedUrl) -> dict[str, str]:
    return {
        "protocol": url.scheme,
        "username": url.username,
        "password": url.password,
        "hostname": url.host or "",
        "port": "" if url.port is None else str(url.port),
        "pathname": url.pathname,
        "search": url.query or "",
        "hash": url.fragment or "",
    }


def _of_object(given: Mapping[str, Any]) -> dict[str, str]:
    found = {part: usv_string(given.get(part)) for part in PARTS if given.get(part) is not None}
    if "protocol" in found:
        found["protocol"] = found["protocol"].removesuffix(":")
    if "search" in found:
        found["search"] = found["search"].removeprefix("?")
    if "hash" in found:
        found["hash"] = found["hash"].removeprefix("#")
    return found


class URLPattern(JsProxy):
    """`URLPattern.new(pattern, baseURL)`, or `URLPattern.new(pathname=..., hostname=...)`."""

    __slots__ = ("_parts",)

    def __init__(self, pattern: Any = None, base: Any = None, init: Any = None, /, **named: Any) -> None:
        if isinstance(base, JsValue):
            base, init = None, base
        is_object = not isinstance(pattern, str)
        given = options(pattern, named) if is_object else {}
        ignore_case = truthy(options(init, {} if is_object else named).get("ignoreCase"))
        sources = _of_object(given) if is_object else _split(pattern)
        base_url = given.get("baseURL") if is_object else base
        if base_url is not None and base_url is not jsnull:
            self._inherit(sources, usv_string(base_url))
        elif not is_object and "protocol" not in sources:
            raise type_error(f"Invalid URLPattern: {pattern}: a relative pattern needs a base URL")
        self._normalise(sources)
        self._parts = {
            part: _Compiler(sources.get(part, "*"), part, ignore_case=ignore_case).compile() for part in PARTS
        }

    @staticmethod
    def _inherit(sources: dict[str, str], base: str) -> None:
        parsed = parse(base)
        if parsed is None:
            raise type_error(f"Invalid URL: {base}")
        known = _of_url(parsed)
        for part in ("protocol", "hostname", "port"):
            if part in sources:
                break
            sources[part] = re.sub(r"([\\{}()*+?:])", r"\\\1", known[part])
        path = sources.get("pathname")
        if path is None:
            sources.setdefault("pathname", re.sub(r"([\\{}()*+?:])", r"\\\1", known["pathname"]))
        elif path and not path.startswith(("/", "*", "{", "(", ":")):
            sources["pathname"] = known["pathname"].rpartition("/")[0] + "/" + path

    @staticmethod
    def _normalise(sources: dict[str, str]) -> None:
        if "hostname" in sources and "port" not in sources:
            sources["port"] = ""
        port = DEFAULT_PORTS.get(sources.get("protocol", ""))
        if port is not None and sources.get("port") == str(port):
            sources["port"] = ""

    def _match(self, input: Any, base: Any) -> tuple[list[Any], dict[str, tuple[str, re.Match[str]]]] | None:
        values = self._values(input, base)
        if values is None:
            return None
        found = {}
        for part, compiled in self._parts.items():
            match = compiled.match(values[part])
            if match is None:
                return None
            found[part] = (values[part], match)
        return ([input] if base is None else [input, base]), found

    @staticmethod
    def _values(input: Any, base: Any) -> dict[str, str] | None:
        if isinstance(input, JsValue) and not hasattr(input, "href"):
            given = options(input)
            values = dict.fromkeys(PARTS, "")
            origin = given.get("baseURL")
            if origin is not None:
                parsed = parse(usv_string(origin))
                if parsed is None:
                    return None
                values |= _of_url(parsed) | {"search": "", "hash": ""}
            return values | _of_object(given)
        parsed_base = None if base is None or base is jsnull else parse(usv_string(base))
        if parsed_base is None and base is not None and base is not jsnull:
            return None
        url = parse(usv_string(input), parsed_base)
        return None if url is None else _of_url(url)

    def test(self, input: Any = None, base: Any = None, /, **named: Any) -> bool:
        """Whether a URL (or an object of parts) matches."""
        return self._match(plain(named) if input is None else input, base) is not None

    def exec(self, input: Any = None, base: Any = None, /, **named: Any) -> Any:
        """Return `{inputs, protocol: {input, groups}, ...}`, or null."""
        result = self._match(plain(named) if input is None else input, base)
        if result is None:
            return jsnull
        inputs, found = result
        parts = {}
        for part, (text, match) in found.items():
            groups = dict(zip(self._parts[part].names, match.groups(), strict=True))
            parts[part] = plain({"input": text, "groups": plain(groups)})
        return plain({"inputs": array(inputs), **parts})

    @property
    def hasRegExpGroups(self) -> bool:
        """Whether any part has a regular expression in parentheses."""
        return any("(" in re.sub(r"\\.", "", part.source) for part in self._parts.values())


def _part_property(name: str) -> property:
    def source(self: URLPattern) -> str:
        return self._parts[name].source

    source.__doc__ = f"The pattern of the URL's {name}."
    return property(source)


for _name in PARTS:
    setattr(URLPattern, _name, _part_property(_name))
