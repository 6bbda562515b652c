"""Requests, sockets and events of a Worker, as tests send them."""

from __future__ import annotations

import asyncio
import json

import pytest

from pywrangler.testing import NotUpgradedError, QueueMessage, RemoteError, SocketClosedError


def test_workers_are_found_by_name_the_first_one_first(workers):
    assert list(workers) == ["backend", "frontend"]
    assert workers.first is workers["backend"]
    with pytest.raises(KeyError, match="these run: backend, frontend"):
        workers["bakend"]


def test_a_path_is_fetched(workers):
    answer = workers["backend"].get("/")
    assert (answer.status, answer.text, answer.ok) == (200, "one", True)
    assert workers["backend"].get("nowhere").status == 404


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_every_method_has_a_name(workers, method):
    assert getattr(workers["backend"], method)("/echo").json()["method"] == method.upper()


def test_bodies_are_text_bytes_or_json(workers):
    backend = workers["backend"]
    assert backend.post("/echo", body="text").json()["body"] == "text"
    assert backend.post("/echo", body=b"bytes").json()["body"] == "bytes"
    sent = backend.post("/echo", json={"a": [1, None]}).json()
    assert (json.loads(sent["body"]), sent["type"]) == ({"a": [1, None]}, "application/json")
    assert backend.fetch("/echo", "POST", json=1, headers={"content-type": "x/y"}).json()["type"] == "x/y"
    with pytest.raises(TypeError, match="one body"):
        backend.post("/echo", json=1, body="1")


def test_a_whole_url_shows_its_host_to_the_worker(workers):
    assert workers["backend"].get("https://example.com/echo?a=1").json()["url"] == "http://example.com/echo?a=1"


def test_what_a_url_cannot_hold_is_encoded(workers):
    assert workers["backend"].get("/echo?ä b=%20").json()["url"].endswith("/echo?%C3%A4%20b=%20")


def test_headers_are_joined_and_repeated_ones_are_kept(workers):
    answer = workers["backend"].get("/cookies")
    assert [value for name, value in answer.pairs if name == "set-cookie"] == ["a=1", "b=2"]
    assert workers["backend"].get("/echo").headers["x-answer"] == "yes"


def test_redirects_are_not_followed(workers):
    answer = workers["backend"].get("/away")
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_a_failure_is_the_500_that_a_client_sees(workers):
    answer = workers["backend"].get("/boom")
    assert answer.status == 500
    assert "RuntimeError: boom" in answer.text


def test_workers_reach_each_other(workers):
    assert workers["frontend"].get("/").text == "1"
    assert workers["backend"].get("/count").text == "2"
    assert workers["frontend"].get("/service").text == "one"


# ---- sockets


def test_a_socket_echoes_text_bytes_and_json(workers):
    with workers["backend"].ws("/socket") as socket:
        socket.send("text")
        assert socket.receive() == "text"
        socket.send(b"\0bytes")
        assert socket.receive() == b"\0bytes"
        socket.send_json({"a": 1})
        assert socket.receive_json() == {"a": 1}
        socket.send("x" * 100_000)
        assert len(socket.receive()) == 100_000


def test_a_close_by_the_worker_has_code_and_reason(workers):
    socket = workers["backend"].ws("/socket")
    socket.send("first")
    socket.send("bye")
    assert list(socket) == ["first"]
    assert (socket.close_code, socket.close_reason) == (4001, "as you wish")
    with pytest.raises(SocketClosedError, match="4001"):
        socket.receive()


def test_a_refused_socket_says_why(workers):
    with pytest.raises(NotUpgradedError, match="404") as refused:
        workers["backend"].ws("/nowhere")
    assert (refused.value.status, refused.value.body) == (404, "Not found")


def test_nothing_received_is_a_timeout(workers):
    with workers["backend"].ws("/socket") as socket, pytest.raises(TimeoutError):
        socket.receive(0.05)


# ---- events


def test_the_scheduled_handler_gets_cron_and_time(workers):
    result = workers["backend"].scheduled("*/5 * * * *", 1_700_000_000)
    assert result == {"outcome": "ok", "noRetry": False}
    assert [str(line) for line in workers["backend"].logs] == ['["*/5 * * * *", 1700000000000]']


def test_a_failing_handler_fails_in_the_test(workers):
    with pytest.raises(RuntimeError, match="no time"):
        workers["backend"].scheduled("fail")


def test_a_batch_tells_what_was_acknowledged(workers):
    result = workers["backend"].queue("jobs", ["first", "again", QueueMessage({"a": 1}, id="third", attempts=2)])
    assert result.acked == ("0", "third")
    assert result.retried == {"1": 3.0}
    said = [json.loads(line.text) for line in workers["backend"].logs]
    assert said == [["jobs", "0", 1, "first"], ["jobs", "1", 1, "again"], ["jobs", "third", 2, {"a": 1}]]
    with pytest.raises(RemoteError, match="cannot"):
        workers["backend"].queue("jobs", ["fail"])


# ---- env and logs


def test_env_shows_what_is_configured_and_takes_other_values(workers):
    env = workers["backend"].env
    assert dict(env) == {"WORD": "one", "LIMITS": {"most": 10}}
    counter = workers["backend"].object("COUNTER", "x")
    assert counter.word() == "one"
    env["WORD"] = "two"
    env.update(MORE=[1])
    assert workers["backend"].get("/word").text == "two"
    assert counter.word() == "two"
    assert env["MORE"] == [1]
    assert "two" not in repr(env)


def test_logs_are_those_of_the_worker(workers):
    workers["backend"].get("/say?text=hello")
    assert [(line.level, line.text) for line in workers["backend"].logs] == [("log", "hello"), ("log", "unfinished")]
    assert workers["frontend"].logs == []


# ---- coroutine tests


async def test_coroutine_tests_need_no_other_plugin(async_workers):
    backend = async_workers["backend"]
    answers = await asyncio.gather(*(backend.get("/count") for _ in range(20)))
    assert sorted(int(answer.text) for answer in answers) == list(range(1, 21))
    assert await backend.object("COUNTER", "main").increment(2) == 22
    assert await backend.entrypoint("Named").add(1, 2) == 3
    async with await backend.ws("/socket") as socket:
        await socket.send("a")
        await socket.send("bye")
        assert [message async for message in socket] == ["a"]
        assert socket.close_code == 4001


async def test_coroutine_tests_may_wait_too(workers):
    assert workers["backend"].get("/").text == "one"
