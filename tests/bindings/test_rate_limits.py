"""Rate limits (spec/bindings.md, section 8); messages as wrangler 4.164 gives them."""

from __future__ import annotations

import pytest

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import plain

MIDNIGHT = 1_799_971_200


@pytest.fixture
def limited(bind, stopped_clock):
    stopped_clock.time = MIDNIGHT
    return bind("ratelimits", "RL", namespace_id="1", simple={"limit": 2, "period": 10})


@pytest.fixture
def ask(limited, run_async):
    """Return `ask(...)`: whether a call of `limit` succeeds, or the text of its error."""

    def go(*arguments, of=None, **options):
        async def main():
            try:
                return (await (of or limited).limit(*arguments, **options)).success
            except JsException as problem:
                return str(problem)

        return run_async(main())

    return go


def test_a_key_has_so_many_successes_in_a_window(ask, stopped_clock):
    assert [ask(key="a") for _ in range(4)] == [True, True, False, False]
    assert ask(plain({"key": "b"})) is True
    stopped_clock.time = MIDNIGHT + 9.999
    assert ask(key="a") is False
    stopped_clock.time = MIDNIGHT + 10
    assert [ask(key="a") for _ in range(3)] == [True, True, False]


def test_windows_begin_at_multiples_of_the_period(ask, stopped_clock):
    stopped_clock.time = MIDNIGHT + 9
    assert [ask(key="a"), ask(key="a")] == [True, True]
    stopped_clock.time = MIDNIGHT + 10
    assert ask(key="a") is True


@pytest.mark.parametrize("given", [plain({}), plain({"key": None}), plain({"key": ""}), array(())])
def test_the_key_is_the_empty_string_by_default(ask, given):
    assert [ask(given), ask(key=""), ask(given)] == [True, True, False]


def test_a_call_may_have_its_own_limit_and_period(ask):
    assert [ask(key="a", limit=1), ask(key="a", limit=1), ask(key="a")] == [True, False, True]
    assert [ask(key="a", limit=0, period=60), ask(key="a", limit=1.5, period=60)] == [False, True]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("k", "invalid rate limit options"),
        (None, "invalid rate limit options"),
        (jsnull, "invalid rate limit options"),
        (plain({"key": "k", "foo": 1, "bar": 2}), "bad rate limit options: [foo,bar]"),
        (plain({"key": 5}), "invalid key: 5"),
        (plain({"key": jsnull}), "invalid key: null"),
        (plain({"key": plain({})}), "invalid key: [object Object]"),
        (plain({"limit": "a"}), "limit must be a number: a"),
        (plain({"limit": jsnull}), "limit must be a number: null"),
        (plain({"period": "10"}), "period must be a number: 10"),
        (plain({"period": 30}), "unsupported period: 30"),
        (plain({"key": 5, "limit": "x", "period": 1}), "invalid key: 5"),
    ],
)
def test_what_is_refused(ask, given, message):
    assert ask(given) == f"Error: {message}"


def test_workers_with_the_same_namespace_share_the_counts(ask, bind):
    other = bind("ratelimits", "OTHER", namespace_id="1", simple={"limit": 3, "period": 10})
    strange = bind("ratelimits", "STRANGE", namespace_id="2", simple={"limit": 2, "period": 10})
    assert [ask(key="a"), ask(key="a"), ask(key="a")] == [True, True, False]
    assert [ask(of=other, key="a"), ask(of=other, key="a")] == [True, False]
    assert ask(of=strange, key="a") is True


def test_counts_lie_where_wrangler_keeps_them(ask, tmp_path):
    ask(key="a")
    name = "b0dc2e747d000a7079acd82f89cbad53d06eb4f9fe4d5ce004e9aa092aa6cc1b.sqlite"  # of the namespace "1"
    assert (tmp_path / "v3/ratelimit/miniflare-RateLimiterObject" / name).exists()


def test_local_data_that_cannot_be_used_is_an_error(ask, tmp_path):
    (tmp_path / "v3").write_text("a file")
    assert ask(key="a").startswith("Error: The rate limit's local data (")
