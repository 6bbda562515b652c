"""The methods of stub classes: which there are, and what their signatures say (spec/types.md, section 4)."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.typegen.generate import write_if_changed
from tests.typegen.project import class_lines, stub_of, types_of, write_worker

THINGS = "class Thing:\n    def a(self): ...\n"
HEAD = "from __future__ import annotations\nfrom workers import DurableObject\n"


def methods(tmp_path, body, head=HEAD, **more):
    """Return the stub's lines for a class with this body."""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    return class_lines(stub_of(tmp_path, f"{head}\nclass Thing(DurableObject):\n{indented}\n", **more), "ThingStub")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("async def a(self, x: int) -> str: ...", "async def a(self, x: int, /) -> str: ..."),
        ("def a(self) -> str: ...", "async def a(self) -> str: ..."),
        ("def a(self, x, y=2): ...", "async def a(self, x: Any, y: Any = ..., /) -> Any: ..."),
        ("def a(self, *rest: int) -> None: ...", "async def a(self, *rest: int) -> None: ..."),
        ("def a(self, x: int, /, y: int = 1) -> None: ...", "async def a(self, x: int, y: int = ..., /) -> None: ..."),
        # Only positional arguments travel (spec/durable-objects.md, section 8).
        ("def a(self, x: int, *, z: int = 1, **more: int) -> None: ...", "async def a(self, x: int, /) -> None: ..."),
        ("def a(self) -> 'list[int]': ...", "async def a(self) -> list[int]: ..."),
        ("def a(self) -> int | None: ...", "async def a(self) -> int | None: ..."),
    ],
)
def test_a_method_is_awaited_and_takes_positional_arguments(tmp_path, written, expected):
    assert methods(tmp_path, written) == [expected]


@pytest.mark.parametrize("name", ["_private", "__init__", "fetch", "alarm", "webSocketMessage", "webSocketClose"])
def test_handlers_and_private_methods_are_not_in_the_stub(tmp_path, name):
    assert methods(tmp_path, f"def {name}(self, *args): ...\ndef kept(self): ...") == [
        "async def kept(self) -> Any: ..."
    ]


@pytest.mark.parametrize("decorator", ["property", "staticmethod", "classmethod", "functools.cached_property"])
def test_what_is_no_method_of_instances_is_not_in_the_stub(tmp_path, decorator):
    assert methods(tmp_path, f"@{decorator}\ndef a(self): ...\ndef kept(self): ...") == [
        "async def kept(self) -> Any: ..."
    ]


def test_a_decorator_that_may_change_the_signature_hides_it(tmp_path):
    lines = methods(tmp_path, "@retry(3)\nasync def a(self, x: int) -> int: ...")
    assert lines == ["async def a(self, *args: Any, **kwargs: Any) -> Any: ..."]


def test_override_leaves_the_signature_alone(tmp_path):
    lines = methods(tmp_path, "@typing.override\ndef a(self, x: int) -> int: ...")
    assert lines == ["async def a(self, x: int, /) -> int: ..."]


def test_overloads_stay_overloads(tmp_path):
    lines = methods(
        tmp_path,
        "@overload\ndef a(self, x: int) -> int: ...\n@overload\ndef a(self, x: str) -> str: ...\ndef a(self, x): ...",
    )
    assert lines == [
        "@overload",
        "async def a(self, x: int, /) -> int: ...",
        "@overload",
        "async def a(self, x: str, /) -> str: ...",
    ]


def test_a_method_that_needs_a_keyword_cannot_be_called_and_says_so(tmp_path):
    assert methods(tmp_path, "def a(self, *, key: int): ...") == [
        "# a: needs key by keyword, which a call between Workers cannot pass.",
        "pass",
    ]


def test_the_docstring_comes_along_whatever_is_in_it(tmp_path):
    text = 'def a(self):\n    """First "line" with \\\\ and \\"\\"\\".\n\n    Second.\n    """'
    methods(tmp_path, text)
    tree = ast.parse(types_of(tmp_path).text)
    function = next(node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef))
    assert ast.get_docstring(function) == 'First "line" with \\ and """.\n\nSecond.'


def test_half_a_character_in_a_docstring_is_no_trouble_for_the_file(tmp_path):
    stub_of(tmp_path, 'class Thing:\n    def a(self):\n        "half: \\ud800"\n')
    generated = types_of(tmp_path)
    assert write_if_changed(generated)
    assert not write_if_changed(generated)
    assert '"""half: \\ud800"""' in generated.path.read_text(encoding="utf-8")


def test_methods_of_bases_come_after_those_of_the_class_which_win(tmp_path):
    code = (
        "from workers import DurableObject\nfrom kit import Mixin\n"
        "class Thing(Mixin, DurableObject):\n    def a(self) -> int: ...\n"
    )
    kit = "class Root:\n    def c(self): ...\n    def b(self) -> str: ...\n"
    kit += "class Mixin(Root):\n    def a(self) -> str: ...\n    def b(self) -> int: ...\n"
    assert class_lines(stub_of(tmp_path, code, others={"kit.py": kit}), "ThingStub") == [
        "async def a(self) -> int: ...",
        "async def b(self) -> int: ...",
        "async def c(self) -> Any: ...",
    ]


def test_a_property_hides_the_method_of_a_base(tmp_path):
    code = "class Base:\n    def a(self): ...\nclass Thing(Base):\n    @property\n    def a(self): ...\n"
    assert class_lines(stub_of(tmp_path, code), "ThingStub") == ["pass"]


def test_bases_in_a_circle_end(tmp_path):
    code = "class Thing(Other):\n    def a(self): ...\nclass Other(Thing):\n    def b(self): ...\n"
    assert class_lines(stub_of(tmp_path, code), "ThingStub")[0] == "async def a(self) -> Any: ..."


@pytest.mark.parametrize(
    ("code", "others"),
    [
        ("from things import Thing\n", {"things.py": THINGS}),
        ("from pack import Thing\n", {"pack/__init__.py": "from .inner import Thing\n", "pack/inner.py": THINGS}),
        ("from things import *\n", {"things.py": THINGS}),
        ("from things import Thing as Renamed\n", {"things.py": THINGS}),
        ("try:\n    from things import Thing\nexcept ImportError:\n    Thing = None\n", {"things.py": THINGS}),
    ],
)
def test_the_class_is_found_wherever_the_main_module_gets_it(tmp_path, code, others):
    assert class_lines(stub_of(tmp_path, code, others=others), "ThingStub") == ["async def a(self) -> Any: ..."]


@pytest.mark.parametrize(
    ("head", "annotation", "expected", "imported"),
    [
        ("from datetime import datetime", "datetime", "datetime", "from datetime import datetime"),
        ("import datetime as dt", "dt.datetime", "datetime", "from datetime import datetime"),
        ("import collections.abc", "collections.abc.Set[int]", "Set[int]", "from collections.abc import Set"),
        ("from typing import Literal", "Literal['a', 1]", "Literal['a', 1]", "from typing import Literal"),
        ("from typing import Annotated", "Annotated[int, 'note']", "int", ""),
        ("import js", "js.WebSocket", "WebSocket", "from js import WebSocket"),
        ("Alias = dict[str, list[int]]", "Alias", "dict[str, list[int]]", ""),
        ("from typing import NewType\nUserId = NewType('UserId', int)", "UserId", "int", ""),
        ("class Own: ...", "Own", "Own", "from entry import Own"),
        ("from models import Other", "Other", "Other", "from models import Other"),
        ("import models", "models.Other", "Other", "from models import Other"),
        ("from third_party import Thing2", "Thing2", "Thing2", "from third_party import Thing2"),
    ],
)  # fmt: skip
def test_an_annotation_means_the_same_in_the_stub(tmp_path, head, annotation, expected, imported):
    code = f"{HEAD}{head}\nclass Thing(DurableObject):\n    def a(self, x: {annotation}) -> None: ...\n"
    text = stub_of(tmp_path, code, others={"models.py": "class Other: ...\n"})
    assert class_lines(text, "ThingStub") == [f"async def a(self, x: {expected}, /) -> None: ..."]
    assert imported in text


@pytest.mark.parametrize(
    ("head", "annotation", "expected"),
    [
        ("", "Nowhere", "Any"),
        ("", "list[Nowhere]", "list[Any]"),
        ("from typing import TypeVar\nT = TypeVar('T')", "T", "Any"),
        ("from typing import Self", "Self", "Any"),
        ("", "1 + 2", "Any"),
        ("", "'not a type at all('", "Any"),
    ],
)
def test_what_cannot_be_reached_is_any_with_the_text_as_a_comment(tmp_path, head, annotation, expected):
    lines = methods(tmp_path, f"def a(self, x: {annotation}) -> None: ...", f"{HEAD}{head}\n")
    assert lines == [
        f"# x: {ast.unparse(ast.parse(annotation, mode='eval'))}",
        f"async def a(self, x: {expected}, /) -> None: ...",
    ]


@pytest.mark.parametrize("result", ["Awaitable[int]", "Coroutine[Any, Any, int]", "asyncio.Task[int]"])
def test_the_result_of_an_awaitable_is_what_it_gives(tmp_path, result):
    head = f"{HEAD}import asyncio\nfrom typing import Any, Awaitable, Coroutine\n"
    assert methods(tmp_path, f"def a(self) -> {result}: ...", head) == ["async def a(self) -> int: ..."]


def test_a_method_named_like_a_builtin_does_not_change_what_annotations_mean(tmp_path):
    lines = methods(tmp_path, "def list(self) -> list[str]: ...\ndef all(self) -> list[int]: ...")
    assert lines == [
        "async def list(self) -> builtins.list[str]: ...",
        "async def all(self) -> builtins.list[int]: ...",
    ]


def test_types_of_another_worker_are_copied_if_they_are_dicts_and_any_otherwise(tmp_path):
    write_worker(
        tmp_path / "far",
        "far",
        "from typing import NotRequired, TypedDict\nfrom third_party import Model\n"
        "class Root(TypedDict):\n    id: int\n"
        "class Entry(Root, total=False):\n    next: 'list[Entry]'\n    at: str\n"
        "class Plain: ...\n"
        "class Thing:\n    def a(self, e: Entry, p: Plain, m: Model) -> list[Entry]: ...\n",
    )
    binding = {"name": "THING", "class_name": "Thing", "script_name": "far"}
    near = write_worker(tmp_path / "near", "near", "", durable_objects={"bindings": [binding]})
    text = types_of(near).text
    assert class_lines(text, "ThingStub")[-1] == "async def a(self, e: Entry, p: Any, m: Any, /) -> list[Entry]: ..."
    assert '"id": int,' in text
    assert '"next": NotRequired[list[Entry]],' in text
    assert "third_party" not in text.replace("# m: Model", "")


def test_code_that_does_not_parse_is_a_warning_with_its_place(tmp_path):
    write_worker(
        tmp_path, "one", "class Thing(:\n", durable_objects={"bindings": [{"name": "T", "class_name": "Thing"}]}
    )
    generated = types_of(tmp_path)
    (problem,) = generated.problems
    assert (problem.code, problem.place.path.name, problem.place.line) == ("source-unreadable", "entry.py", 1)
    assert "T: _w.DurableObjectNamespace[Any]" in generated.text


@given(st.binary(max_size=120) | st.text(max_size=120).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_code_or_a_warning(data):
    with tempfile.TemporaryDirectory() as folder:
        write_worker(Path(folder), "one", "", durable_objects={"bindings": [{"name": "T", "class_name": "Thing"}]})
        (Path(folder) / "src" / "entry.py").write_bytes(data)
        generated = types_of(Path(folder))
    ast.parse(generated.text)
    assert len(generated.problems) == 1


TOKENS = [
    "int",
    "Thing",
    "Literal",
    "typing",
    "[",
    "]",
    "(",
    ")",
    ",",
    ".",
    "|",
    "'",
    '"',
    "None",
    "...",
    "*",
    "lambda",
    " ",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
def test_any_annotation_leaves_a_valid_stub(annotation):
    code = (
        f"from typing import Literal\nimport typing\nclass Thing:\n    def a(self, x: {annotation!r}) -> Thing: ...\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        text = stub_of(Path(folder), code)
    ast.parse(text)
    assert "async def a(self, x: " in text


def test_the_code_is_never_run(tmp_path):
    code = "raise SystemExit('it ran')\nclass Thing:\n    def a(self) -> int: ...\n"
    assert class_lines(stub_of(tmp_path, code), "ThingStub") == ["async def a(self) -> int: ..."]
