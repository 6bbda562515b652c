"""What `r2 object` does to a bucket; `dev` may run meanwhile. Bodies go through memory a piece at a time."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.r2.bodies import PIECE_BYTES
from pywrangler.bindings.r2.fields import HTTP_HEADERS
from pywrangler.bindings.r2.listing import Query, list_page
from pywrangler.bindings.r2.refusals import check_key, check_size, no_such_key
from pywrangler.bindings.r2.storage import Bucket
from pywrangler.bindings.r2.tables import Metadata
from pywrangler.cli.style import block, style_for
from pywrangler.cli.targets import choose_target, find_targets, own_environment
from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace
    from typing import BinaryIO, TextIO

    from pywrangler.bindings.r2.bodies import Reading
    from pywrangler.bindings.r2.tables import Stored
    from pywrangler.bindings.stores import Stores
    from pywrangler.config.model import OtherBinding


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of a bucket. Methods raise Refused with the platform's words."""

    bucket: str
    _stored: Bucket

    @classmethod
    def of(cls, stores: Stores, bucket: str) -> Objects:
        """Return those of a bucket."""
        return cls(bucket, Bucket(stores, bucket, time.time))

    def put(self, key: str, source: BinaryIO, metadata: Metadata) -> None:
        """Store what a file holds."""
        check_key(key)
        body = self._stored.begin()
        try:
            while piece := source.read(PIECE_BYTES):
                body.write(piece)
                check_size(body.size)
            self._stored.put(key, body, metadata)
        finally:
            body.discard()

    def get(self, key: str, target: BinaryIO) -> None:
        """Write an object to an open file."""
        _copy(self._open(key), target)

    def save(self, key: str, path: Path) -> None:
        """Write an object to a file of that path; directories are made. What is there is kept if that fails."""
        body = self._open(key)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with partial.open("xb") as target:
                    _copy(body, target)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as problem:
            what = f'The file "{path}" cannot be written: {problem.strerror}.'
            raise StartError(Problem("usage", what)) from problem

    def _open(self, key: str) -> Reading:
        found = self._stored.get(key)
        if found is None or found[2] is None:
            raise no_such_key()
        return found[2]

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        self._stored.delete([key])

    def show(self, prefix: str, target: TextIO) -> None:
        """Write all objects with a prefix as JSON."""
        query = Query(prefix)
        shown: list[dict[str, Any]] = []
        while True:
            page = list_page(self._stored, query)
            shown += map(_shown, page.objects)
            if page.cursor is None:
                break
            query = replace(query, cursor=page.cursor)
        target.write(json.dumps(shown, indent=2, ensure_ascii=False) + "\n")


def _copy(body: Reading, target: BinaryIO) -> None:
    while piece := body.read():
        target.write(piece)


def _shown(item: Stored) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "key": item.key,
        "size": item.size,
        "etag": item.etag,
        "uploaded": _iso(item.uploaded),
    }
    http = dict(item.metadata.http)
    if "cacheExpiry" in http:
        http["cacheExpiry"] = _iso(http["cacheExpiry"])
    if http:
        shown["httpMetadata"] = http
    if item.metadata.custom:
        shown["customMetadata"] = item.metadata.custom
    return shown


def _iso(milliseconds: int) -> str:
    from pywrangler.runtime.js.date import JsDate

    return str(JsDate.new(milliseconds).toISOString())


def metadata_of(options: Namespace) -> Metadata:
    """Return the metadata that the flags of `put` give; StartError for an expiry that is no date."""
    given = {name: getattr(options, header.replace("-", "_")) for name, header in HTTP_HEADERS.items()}
    http: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if options.expires is not None:
        from pywrangler.runtime.js.date import JsDate

        moment = JsDate.parse(options.expires)
        if not math.isfinite(moment):
            what = f'--expires takes a date such as "Tue, 14 Nov 2023 22:13:20 GMT", not "{options.expires}".'
            raise StartError(Problem("usage", what))
        http["cacheExpiry"] = int(moment)
    return Metadata(http)


def data_directory(options: Namespace, bucket: str) -> Path:
    """Return the directory of the config below which the data of a bucket lies; the working directory without one.

    Says so if the name is probably not that of the bucket which `dev` uses.
    """
    environment = own_environment(options)
    targets = find_targets(options, environment)
    if not targets:
        return Path.cwd()
    holders = [target for target in targets if any(bucket in _names(item) for item in _buckets(target.worker.others))]
    chosen = holders[0] if len(holders) == 1 and options.name is None else choose_target(options, environment)
    _warn(bucket, _buckets(chosen.worker.others))
    return chosen.worker.root


def _buckets(bindings: tuple[OtherBinding, ...]) -> list[OtherBinding]:
    return [binding for binding in bindings if binding.kind == "r2_buckets"]


def _names(binding: OtherBinding) -> tuple[str, str, str]:
    """Return the names of a binding, of its bucket, and of the bucket that `dev` uses."""
    real = str(binding.data.get("bucket_name") or binding.name)
    return binding.name, real, str(binding.data.get("preview_bucket_name") or real)


def _warn(bucket: str, bindings: list[OtherBinding]) -> None:
    named = [_names(binding) for binding in bindings]
    if any(bucket == used for _, _, used in named):
        return
    for binding, real, used in named:
        if bucket in (binding, real):
            what = f'For the binding {binding} `dev` uses the bucket "{used}", not "{bucket}".'
            sys.stderr.write(block(style_for(sys.stderr, os.environ), "warning", what))
            return
