"""Rate limits: `ratelimits` of the config (spec/bindings.md, section 8).

Each key has so many successes in a window of 10 or 60 seconds, which begins when the time of day is a multiple of it.
Counts are kept as wrangler keeps them and are shared by all Workers with the same `namespace_id`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import apsw

from pywrangler.bindings.operations import operation
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.js.primitives import is_primitive, to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.storage.database import error_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pywrangler.bindings.catalogue import Parts
    from pywrangler.bindings.stores import Store
    from pywrangler.config.model import OtherBinding

PERIODS = (10, 60)
_TABLE = (
    "CREATE TABLE IF NOT EXISTS _mf_ratelimit_buckets"
    " (key TEXT NOT NULL, period INTEGER NOT NULL, epoch INTEGER NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (key, period))"
)
# One statement, so that two Workers never let one request too many through.
_COUNT = """
    INSERT INTO _mf_ratelimit_buckets AS bucket VALUES (:key, :period, :epoch, 1)
    ON CONFLICT (key, period) DO UPDATE
    SET count = CASE WHEN bucket.epoch = excluded.epoch THEN bucket.count + 1 ELSE 1 END, epoch = excluded.epoch
    WHERE bucket.epoch != excluded.epoch OR bucket.count < :limit
    RETURNING count
"""


class Ratelimit(JsProxy, js_name="Ratelimit"):
    """A rate limit as a Worker has it."""

    def __init__(self, store: Store, limit: float, period: int, now: Callable[[], float]) -> None:
        self._store = store
        self._most = limit
        self._period = period
        self._now = now

    def limit(self, given: Any = None, /, *_rest: Any, **named: Any) -> JsPromise:
        """Count one use of `key` (default: the empty string); promise of `{success}`."""
        try:
            work = partial(self._count, *self._wanted(given, named))
        except JsException as problem:
            work = partial(_refuse, problem)
        return operation(work)

    def _wanted(self, given: Any, named: Mapping[str, Any]) -> tuple[str, float, int]:
        if is_primitive(given) and not named:
            raise error("invalid rate limit options")
        chosen = dict(options(given, named))
        values: dict[str, Any] = {"key": "", "limit": self._most, "period": self._period}
        unknown = [name for name in chosen if name not in values]
        if unknown:
            raise error(f"bad rate limit options: [{','.join(unknown)}]")
        values |= {name: value for name, value in chosen.items() if value is not None}
        key, most, period = values.values()
        if not isinstance(key, str):
            raise error(f"invalid key: {to_string(key)}")
        for name, number in (("limit", most), ("period", period)):
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise error(f"{name} must be a number: {to_string(number)}")
        if period not in PERIODS:
            raise error(f"unsupported period: {to_string(period)}")
        return key, most, int(period)

    def _count(self, key: str, most: float, period: int) -> Any:
        if most <= 0:
            return plain({"success": False})
        bucket = {
            "key": key.encode("utf-8", "replace").decode(),
            "period": period,
            "epoch": int(self._now() // period),
            "limit": most,
        }
        try:
            counted = self._store.connection.execute(_COUNT, bucket).fetchall()
        except (apsw.Error, OSError) as problem:
            text = error_text(problem) if isinstance(problem, apsw.Error) else str(problem)
            raise error(f"The rate limit's local data ({self._store.path}) cannot be used: {text}") from problem
        return plain({"success": bool(counted)})


def _refuse(problem: JsException) -> None:
    raise problem


def make(binding: OtherBinding, parts: Parts) -> Ratelimit:
    """Return the binding of an entry of the config."""
    store = parts.stores.store("ratelimit", "RateLimiterObject", binding.data_name, (_TABLE,))
    simple = binding.data["simple"]
    rate_limit: Ratelimit = Ratelimit.new(store, simple["limit"], simple["period"], parts.clock.now)
    return rate_limit
