"""Where the local data of a database lies: wrangler's place, so both tools see the same data.

    <persist-to>/v3/d1/miniflare-D1DatabaseObject/<id of the key>.sqlite

The key is `preview_database_id`, else `database_id`, else the name of the binding (observed in wrangler 4.164): two
Workers with the same id share the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pywrangler.bindings.stores import Store, Stores
    from pywrangler.config.model import OtherBinding

KIND = "d1_databases"


def key_of(binding: OtherBinding) -> str:
    """Return what names the data of a database."""
    return binding.data_name


def store_of(binding: OtherBinding, stores: Stores) -> Store:
    """Return the store whose file the database is."""
    return stores.store("d1", "D1DatabaseObject", key_of(binding), ())


def shown_name(binding: OtherBinding) -> str:
    """Return how a database is called towards the user."""
    return str(binding.data.get("database_name") or binding.name)
