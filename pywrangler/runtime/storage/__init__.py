"""Durable Object storage: one SQLite file per object (spec/durable-objects.md, sections 4 to 6 and 10)."""

from __future__ import annotations

from pywrangler.runtime.storage.cursor import Cursor
from pywrangler.runtime.storage.object import ObjectStorage
from pywrangler.runtime.storage.owner import StorageOwner
from pywrangler.runtime.storage.transactions import Transaction

__all__ = ["Cursor", "ObjectStorage", "StorageOwner", "Transaction"]
