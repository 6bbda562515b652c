import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data=data)) as response:
        return response.status, json.load(response)


def test_the_page_is_served(url):
    with urlopen(url) as response:
        assert b"guestbook.js" in response.read()


def test_an_entry_is_kept_by_the_other_worker(url):
    status, answer = ask(f"{url}/api/entries", {"name": "Ada", "text": "Hello"})
    assert status == 201
    assert answer["entries"] >= 1
    assert {"name": "Ada", "text": "Hello"} in ask(f"{url}/api/entries")[1]


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 501}, {"text": 5}, [], "text"])
def test_what_is_no_entry_is_refused(url, body):
    with pytest.raises(HTTPError) as caught:
        ask(f"{url}/api/entries", body)
    assert caught.value.code == 400
    assert "error" in json.load(caught.value)
    caught.value.close()


def test_the_backend_answers_through_the_service_binding(url):
    assert ask(f"{url}/api/health") == (200, {"ok": True})
