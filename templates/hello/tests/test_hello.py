import pytest


@pytest.fixture
def hello(workers):
    return workers["@name@"]


def test_the_world_is_greeted(hello):
    assert hello.get("/").text == "Hello, World!"


def test_a_name_is_greeted(hello):
    assert hello.get("/?name=Ada").text == "Hello, Ada!"


def test_the_greeting_is_a_variable(hello):
    hello.env["GREETING"] = "Moin"  # until the end of this test
    assert hello.get("/").text == "Moin, World!"
