import pytest


@pytest.fixture
def frontend(workers):
    return workers["@name@-frontend"]


def test_the_page_is_served(frontend):
    assert "guestbook.js" in frontend.get("/").text


def test_an_entry_is_kept_by_the_other_worker(frontend, workers):
    answer = frontend.post("/api/entries", json={"name": "Ada", "text": "Hello"})
    assert (answer.status, answer.json()) == (201, {"entries": 1})
    assert frontend.get("/api/entries").json() == [{"name": "Ada", "text": "Hello"}]
    assert workers["@name@-backend"].object("GUESTBOOK", "main").latest() == [{"name": "Ada", "text": "Hello"}]


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 501}, {"text": 5}, [], "text"])
def test_what_is_no_entry_is_refused(frontend, body):
    answer = frontend.post("/api/entries", json=body)
    assert answer.status == 400
    assert "error" in answer.json()
    assert frontend.get("/api/entries").json() == []


def test_the_backend_answers_through_the_service_binding(frontend):
    assert frontend.get("/api/health").json() == {"ok": True}
