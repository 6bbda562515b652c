"""The files of `kv bulk`: JSON arrays, in upstream's form. A file with one mistake in it changes nothing."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any, NamedTuple

from pywrangler.errors import Problem, StartError

_FORM = """\
Each item is an object like this; all but key and value may be left out:
{"key": "name", "value": "text", "expiration": 1900000000, "expiration_ttl": 60, "metadata": {}, "base64": false}"""
_TYPES: dict[str, tuple[type, ...]] = {
    "key": (str,),
    "value": (str,),
    "expiration": (int, float, type(None)),
    "expiration_ttl": (int, float, type(None)),
    "base64": (bool, type(None)),
}
_REQUIRED = ("key", "value")


class Item(NamedTuple):
    """One entry of a file; `metadata` is JSON text."""

    key: str
    content: bytes
    expiration: float | None
    expiration_ttl: float | None
    metadata: str | None


def entries_in(found: Any, name: str) -> list[Item]:
    """Return the entries of a file for `bulk put`; StartError if it is not in the form."""
    if not isinstance(found, list):
        raise _unexpected(name, f"Expected an array of key-value objects but got {_kind(found)}.")
    return [_item(item, name, number) for number, item in enumerate(found)]


def _item(item: Any, name: str, number: int) -> Item:
    shown = json.dumps(item, ensure_ascii=False)
    shown = shown if len(shown) <= 200 else f"{shown[:200]}..."
    at = f"The item at index {number} is {shown}"
    if not isinstance(item, dict) or any(key not in item for key in _REQUIRED):
        raise _unexpected(name, f"{_FORM}\n\n{at}")
    for key, types in _TYPES.items():
        value = item.get(key)
        if (key in item and not isinstance(value, types)) or (isinstance(value, bool) and bool not in types):
            raise _unexpected(name, f"{_FORM}\n\n{at}: {key} is {_kind(value)}.")
    try:
        content = b64decode(item["value"], validate=True) if item.get("base64") else item["value"].encode()
    except ValueError:
        raise _unexpected(name, f"{at}: its value is {'no base64' if item.get('base64') else 'no text'}.") from None
    metadata = None if item.get("metadata") is None else json.dumps(item["metadata"])
    return Item(item["key"], content, item.get("expiration"), item.get("expiration_ttl"), metadata)


def names_in(found: Any, name: str) -> list[str]:
    """Return the keys of a file for `bulk get` and `bulk delete`: strings, or what `key list` shows."""
    if not isinstance(found, list):
        raise _unexpected(name, f"Expected an array of strings but got {_kind(found)}.")
    names: list[Any] = [item.get("name") if isinstance(item, dict) else item for item in found]
    for number, item in enumerate(names):
        if not isinstance(item, str):
            raise _unexpected(name, f"Expected an array of strings; the item at index {number} is {_kind(item)}.")
    return list(dict.fromkeys(names))


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _unexpected(name: str, what: str) -> StartError:
    return StartError(Problem("usage", f'Unexpected JSON input from "{name}". Nothing was changed.', what))
