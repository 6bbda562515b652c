"""Waiting without `await`: `run_sync`, and loops started inside handlers, in real hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.dev import eventually
from tests.published.asking import WORKERS
from tests.published.asking import ask as ask_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes

SOURCE = (WORKERS / "waiting.py").read_text()

CHECKS = (WORKERS / "waiting_checks.py").read_text()


@pytest.fixture(scope="module")
def session(area: Project) -> Dev:
    directory = area.worker(
        "waits",
        SOURCE,
        durable_objects={"bindings": [{"name": "THING", "class_name": "Thing"}]},
        migrations=[{"tag": "v1", "new_sqlite_classes": ["Thing"]}],
        services=[{"binding": "OTHER", "service": "waits", "entrypoint": "Other"}],
    )
    (directory / "src" / "checks.py").write_text(CHECKS)
    return area.dev(cwd=directory).ready()


@pytest.fixture
def ask(area: Project, session: Dev) -> Callable[..., Any]:
    return lambda *paths, **options: ask_port(area.port("waits"), *paths, **options)


def test_a_handler_waits_without_await(ask: Callable[..., Any]) -> None:
    assert ask("/plain", body=b"sent") == [True, 5, "sent"]


def test_at_module_level_nothing_waits_and_nothing_is_sent(ask: Callable[..., Any]) -> None:
    refused = ask("/refused")
    assert ["called within global scope" in text for text in refused] == [True] * 5


def test_at_module_level_what_takes_no_time_is_allowed(ask: Callable[..., Any]) -> None:
    assert ask("/settled") == ["settled", "turned", 0, "called back"]


def test_constructors_wait_and_events_wait_for_them(ask: Callable[..., Any]) -> None:
    assert ask("/constructed") == [*[[True, "slowly", 0]] * 3, "slowly"]


def test_tasks_have_reactions_that_may_wait(ask: Callable[..., Any]) -> None:
    assert ask("/chained") == 2


def test_what_javascript_calls_synchronously_cannot_wait(ask: Callable[..., Any]) -> None:
    listener_can, listener, timer_can, timer, handler_can = ask("/synchronous_callbacks")
    assert [listener_can, timer_can, handler_can] == [False, False, True]
    assert listener == timer
    assert listener.startswith("Cannot stack switch because the Python entrypoint was a synchronous function")
    assert "make this callback async" in listener


def test_waiting_nests(ask: Callable[..., Any]) -> None:
    assert ask("/nested") == [True, 0, 1, 2]


def test_other_requests_are_served_while_one_waits(ask: Callable[..., Any]) -> None:
    held, *others = ask("/hold?name=a", "/arrived?name=a", "/plain", "/let_go?name=a")
    assert held == "went on"
    assert others == ["arrived", [True, 5, ""], "let go"]


def test_many_handlers_wait_at_once(ask: Callable[..., Any]) -> None:
    answers = ask(*("/hold?name=many" for _ in range(60)), "/let_go?name=many")
    assert answers == ["went on"] * 60 + ["let go"]


def test_an_exception_comes_out_where_it_was_waited_for(ask: Callable[..., Any]) -> None:
    assert ask("/error") == ["on purpose", "traceback"]


def test_an_uncaught_exception_shows_who_waited_and_for_what(ask: Callable[..., Any], session: Dev) -> None:
    seen = session.mark()
    status, text = ask("/uncaught")
    assert status == 500
    assert text.startswith("ValueError: on purpose")
    assert "in fail" in session.expect("GET /uncaught 500", after=seen)[seen:]
    assert "in do_uncaught" in session.output[seen:]
    assert "sync_bridge" not in session.output[seen:]


def test_context_variables_are_those_of_the_handler(ask: Callable[..., Any]) -> None:
    assert ask("/context") == ["handler", "task"]


def test_cancellation_and_timeouts_reach_what_waits(ask: Callable[..., Any]) -> None:
    assert ask("/timeout") == ["cancelled", "cleaned", "timeout", "cancelled", "cleaned", True]


def test_tasks_of_user_code_wait(ask: Callable[..., Any]) -> None:
    assert ask("/tasks") == [1, 2, 3, 11, 21]


def test_what_outlives_the_response_waits(ask: Callable[..., Any]) -> None:
    ask("/log")
    assert ask("/outlive") == "answered"
    seen: list[str] = []
    eventually(lambda: seen.extend(ask("/log")) or len(seen) == 2)
    assert seen == ["waited until", "waited until"]


def test_rpc_and_fetch_of_services_wait(ask: Callable[..., Any]) -> None:
    assert ask("/rpc") == [3, "TEXT"]


def test_applications_wait(ask: Callable[..., Any]) -> None:
    ask("/log")
    assert ask("/asgi") == "78"
    eventually(lambda: "after the response" in ask("/log"))
    assert ask("/wsgi", body=b"body") == "1 body"
    assert ask("/wsgi_object", body=b"more") == "2 more"


def test_callbacks_of_javascript_wait(ask: Callable[..., Any]) -> None:
    assert ask("/callbacks") == ["timer", 2, "ab"]


def test_scheduled_events_wait(ask: Callable[..., Any], area: Project) -> None:
    assert ask("/object?method=set_alarm") is None
    eventually(lambda: "alarm" in ask("/log"))


def test_storage_alone_lets_no_other_event_in(ask: Callable[..., Any]) -> None:
    assert sorted(ask(*("/object?method=increment&name=atomic" for _ in range(20)))) == list(range(1, 21))


def test_waiting_for_anything_else_lets_other_events_in(ask: Callable[..., Any]) -> None:
    assert ask(*("/object?method=racy" for _ in range(3))) == [1, 1, 1]
    assert ask("/object?method=hold", "/object?method=let_go")[0] == ["waits", "another event", "went on"]


def test_a_block_holds_while_its_function_waits(ask: Callable[..., Any]) -> None:
    answers = ask("/object?method=block&name=b", "/object?method=note&name=b", "/object?method=note&name=b")
    assert answers[0] == "blocked"
    assert answers[2] == ["block begins", "block ends", "note", "note"]


def test_waiting_ends_the_turn(ask: Callable[..., Any]) -> None:
    assert ask("/object?method=write_then_wait")[0] == 500
    assert ask("/object?method=kept") == 1


def test_tasks_and_loops_of_an_object_reach_its_storage(ask: Callable[..., Any]) -> None:
    ask("/object?method=increment&name=tasks")
    assert ask("/object?method=from_task&name=tasks") == 1
    assert ask("/object?method=loop_inside&name=tasks") == 7


def test_asyncio_run_works_in_a_handler(ask: Callable[..., Any]) -> None:
    assert ask("/run", "/run", "/run") == [[3, 3, 4]] * 3
    assert ask("/run_fails") == "on purpose"
    assert ask("/run_context") == ["handler", "handler"]
    assert ask("/run_below_await") == "deep"


def test_runners_use_the_loop_of_the_host(ask: Callable[..., Any]) -> None:
    assert ask("/runner") == [1, 2, 3, True, False]


def test_runners_end_what_their_loop_left_over_and_nothing_else(ask: Callable[..., Any]) -> None:
    assert ask("/left_over", "/left_over") == [[[True], True, True, True, "mine", True]] * 2


def test_loops_may_be_made_run_and_closed(ask: Callable[..., Any]) -> None:
    assert ask("/loops") == [0, 1, 2, 3, "last", [8, 9]]
    assert ask("/plain") == [True, 5, ""]


def test_a_thread_has_its_own_loop(ask: Callable[..., Any]) -> None:
    assert ask("/thread") == [False, "thread"]


def test_time_sleep_suspends_the_handler_only(ask: Callable[..., Any]) -> None:
    slept = ask(*("/sleep" for _ in range(10)))
    assert min(slept) >= 0.19
    assert max(slept) < 1


def test_pytest_runs_asynchronous_tests_inside_a_handler(ask: Callable[..., Any]) -> None:
    status, output = ask("/pytest")
    assert "1 failed, 4 passed" in output, output
    assert status == 1
    assert ask("/plain") == [True, 5, ""]
