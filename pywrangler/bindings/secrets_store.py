"""Secrets of an account-wide store: `secrets_store_secrets` of the config (spec/bindings.md, section 8).

Values for `dev` lie in a KV namespace of their own for each store, where `wrangler secrets-store secret create` puts
them, too: the key is the name of the secret. They are read at each `get`, so a change needs no restart. Nobody else may
read the files.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.kv.entries import TABLES, Entries
from pywrangler.bindings.operations import operation
from pywrangler.runtime.js.body import decode
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.proxy import JsPromise, JsProxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.bindings.catalogue import Parts
    from pywrangler.bindings.stores import Stores
    from pywrangler.config.model import OtherBinding


class SecretsStoreSecret(JsProxy, js_name="SecretsStoreSecret"):
    """One secret as a Worker has it."""

    def __init__(self, entries: Entries, secret: str) -> None:
        self._entries = entries
        self._secret = secret

    def get(self, *_rest: Any, **_named: Any) -> JsPromise:
        """Promise of the value; Error "Secret ... not found" without one."""
        return operation(partial(self._get, self._secret))

    def _get(self, secret: str) -> str:
        found = self._entries.get(secret)
        if found is None:
            raise error(f'Secret "{secret}" not found')
        return decode(found.content)


def open_secrets(stores: Stores, store_id: str, now: Callable[[], float]) -> Entries:
    """Return the secrets of a store; nothing is opened before its first use."""
    store = stores.store("secrets-store", "secrets-store-KVNamespaceObject", store_id, TABLES, is_private=True)
    return Entries(store, now)


def make(binding: OtherBinding, parts: Parts) -> SecretsStoreSecret:
    """Return the binding of an entry of the config."""
    entries = open_secrets(parts.stores, binding.data_name, parts.clock.now)
    secret: SecretsStoreSecret = SecretsStoreSecret.new(entries, str(binding.data["secret_name"]))
    return secret
