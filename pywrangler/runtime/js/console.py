"""`console`: its output goes to the log of the session (`runtime.context.log`)."""

from __future__ import annotations

import re
import time
import traceback
from typing import Any

from pywrangler.runtime import context
from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.inspect import inspect
from pywrangler.runtime.js.primitives import to_integer, to_number, to_string, truthy
from pywrangler.runtime.js.proxy import JsProxy, JsValue

_PLACEHOLDER = re.compile(r"%[sdifjoOc%]")


def format_arguments(arguments: tuple[Any, ...]) -> str:
    """Return what `console.log(*arguments)` prints: placeholders filled, strings bare, other values inspected."""
    rest = list(arguments)
    shown: list[str] = []
    if rest and isinstance(rest[0], str) and len(rest) > 1 and "%" in rest[0]:
        template = rest.pop(0)
        shown.append(_PLACEHOLDER.sub(lambda match: _fill(match[0], rest), template))
    shown.extend(value if isinstance(value, str) else inspect(value) for value in rest)
    return " ".join(shown)


def _fill(placeholder: str, rest: list[Any]) -> str:
    if placeholder == "%%":
        return "%"
    if not rest:
        return placeholder
    value = rest.pop(0)
    if placeholder == "%s":
        return value if isinstance(value, str) else inspect(value, 1)
    if placeholder in {"%d", "%f"}:
        return to_string(to_number(value))
    if placeholder == "%i":
        return to_string(to_integer(value))
    if placeholder == "%j":
        from pywrangler.runtime.js.json import stringify

        return str(stringify(value))
    return "" if placeholder == "%c" else inspect(value)


class Console(JsProxy, js_name="console"):
    """The value of `js.console`."""

    def __init__(self) -> None:
        self._indent = ""
        self._counts: dict[str, int] = {}
        self._starts: dict[str, float] = {}

    def _print(self, level: str, text: str) -> None:
        context.log(level, text if not self._indent else self._indent + text.replace("\n", f"\n{self._indent}"))

    def log(self, *arguments: Any) -> None:
        """Print values."""
        context.record("log", arguments)
        self._print("log", format_arguments(arguments))

    def info(self, *arguments: Any) -> None:
        """Print values."""
        context.record("info", arguments)
        self._print("info", format_arguments(arguments))

    def debug(self, *arguments: Any) -> None:
        """Print values, for debugging."""
        context.record("debug", arguments)
        self._print("debug", format_arguments(arguments))

    def warn(self, *arguments: Any) -> None:
        """Print a warning."""
        context.record("warn", arguments)
        self._print("warn", format_arguments(arguments))

    def error(self, *arguments: Any) -> None:
        """Print an error."""
        context.record("error", arguments)
        self._print("error", format_arguments(arguments))

    exception = error

    def trace(self, *arguments: Any) -> None:
        """Print values and where the call stands."""
        stack = "".join(traceback.format_stack()[:-1]).rstrip()
        self._print("debug", f"Trace: {format_arguments(arguments)}\n{stack}")

    def dir(self, value: Any = None, *_options: Any, **_named: Any) -> None:
        """Print one value in full."""
        self._print("log", inspect(value, 10))

    dirxml = log

    def assert_(self, condition: Any = None, *arguments: Any) -> None:
        """Print an error unless the condition is true."""
        if not truthy(condition):
            self._print("error", "Assertion failed" + (f": {format_arguments(arguments)}" if arguments else ""))

    def count(self, label: Any = "default") -> None:
        """Print how often this was called."""
        name = to_string(label)
        self._counts[name] = self._counts.get(name, 0) + 1
        self._print("log", f"{name}: {self._counts[name]}")

    def countReset(self, label: Any = "default") -> None:
        """Begin to count anew."""
        self._counts.pop(to_string(label), None)

    def group(self, *arguments: Any) -> None:
        """Print values, then indent what follows."""
        if arguments:
            self._print("log", format_arguments(arguments))
        self._indent += "  "

    groupCollapsed = group

    def groupEnd(self) -> None:
        """Indent less."""
        self._indent = self._indent[2:]

    def time(self, label: Any = "default") -> None:
        """Start a stop-watch."""
        self._starts.setdefault(to_string(label), time.perf_counter())

    def timeLog(self, label: Any = "default", *arguments: Any) -> None:
        """Print the time since `time`."""
        name = to_string(label)
        if name not in self._starts:
            self._print("warn", f"Timer '{name}' does not exist")
            return
        elapsed = (time.perf_counter() - self._starts[name]) * 1000
        self._print("log", " ".join(filter(None, (f"{name}: {elapsed:.3f}ms", format_arguments(arguments)))))

    def timeEnd(self, label: Any = "default") -> None:
        """Print the time since `time` and stop."""
        self.timeLog(label)
        self._starts.pop(to_string(label), None)

    def timeStamp(self, *_label: Any) -> None:
        """Does nothing without a profiler."""

    def profile(self, *_label: Any) -> None:
        """Does nothing without a profiler."""

    profileEnd = profile

    def context(self, *_name: Any) -> Console:
        """Return a console of its own."""
        return Console.new()  # type: ignore[no-any-return]

    def createTask(self, name: Any = None) -> Any:
        """Return `{run}`, which calls a function."""
        from pywrangler.runtime.js.values import JsFunction, plain

        return plain({"name": to_string(name), "run": JsFunction.new(lambda function: function())})

    def clear(self) -> None:
        """Does nothing in a log."""

    def table(self, data: Any = None, *_columns: Any) -> None:
        """Print an array of objects or arrays as a table."""
        if not isinstance(data, JsValue) or not data._own_properties():
            self._print("log", inspect(data))
            return
        rows = [("(index)", _cells(item, key)) for key, item in data._own_properties().items()]
        columns = list(dict.fromkeys(name for _, cells in rows for name in cells if name != "(index)"))
        head = ["(index)", *columns]
        lines = [head] + [[cells.get(name, "") for name in head] for _, cells in rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        drawn = [
            "│ " + " │ ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " │"
            for line in lines
        ]
        rule = "┼".join("─" * (width + 2) for width in widths)
        self._print(
            "log",
            "\n".join(
                [f"┌{rule.replace('┼', '┬')}┐", drawn[0], f"├{rule}┤", *drawn[1:], f"└{rule.replace('┼', '┴')}┘"]
            ),
        )


def _cells(item: Any, key: str) -> dict[str, str]:
    if isinstance(item, JsArray) or (isinstance(item, JsValue) and item._own_properties()):
        return {"(index)": key} | {name: inspect(value, 0) for name, value in item._own_properties().items()}
    return {"(index)": key, "Values": inspect(item, 0)}


console: Console = Console.new()
