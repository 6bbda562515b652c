import asyncio

import pytest
from workers import env, patch_env

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_a_service_answers():
    await asyncio.sleep(0)
    assert await env.OTHER.add(1, 2) == 3


async def test_an_object_counts():
    thing = env.THING.getByName("pytest")
    assert [await thing.increment(), await thing.increment()] == [1, 2]


async def test_env_is_patched():
    with patch_env(OTHER=5):
        assert env.OTHER == 5


def test_synchronously():
    assert asyncio.run(env.OTHER.add(2, 2)) == 4


async def test_fails():
    assert await env.OTHER.add(1, 1) == 3
