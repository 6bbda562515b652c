"""The application by itself, which is fast, and once inside of the Worker."""

import asyncio
import json
from types import SimpleNamespace
from urllib.request import urlopen

import httpx
import pytest
from app import app, env


@pytest.fixture(autouse=True)
def bindings():
    app.dependency_overrides[env] = lambda: SimpleNamespace(GREETING="Hello", API_TOKEN="right")
    yield
    app.dependency_overrides.clear()


def call(method, path, **options):
    async def main():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.request(method, path, **options)

    return asyncio.run(main())


def test_everybody_is_greeted():
    assert call("GET", "/", params={"name": "Ada"}).json() == {"message": "Hello, Ada!"}


def test_items_are_added_up():
    items = [{"name": "tea", "price": 2.5, "quantity": 2}, {"name": "cup", "price": 4}]
    assert call("POST", "/total", json=items).json() == {"total": 9.0}


def test_what_is_no_item_is_explained():
    response = call("POST", "/total", json=[{"name": "tea"}])
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", 0, "price"]


@pytest.mark.parametrize(("sent", "status"), [("Bearer right", 200), ("Bearer wrong", 401), ("", 401)])
def test_admin_needs_the_token(sent, status):
    assert call("GET", "/admin", headers={"Authorization": sent}).status_code == status


def test_the_worker_serves_it(url):
    with urlopen(f"{url}/?name=Ada") as response:
        assert json.load(response) == {"message": "Hello, Ada!"}
