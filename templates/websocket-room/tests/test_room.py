import pytest


@pytest.fixture
def chat(workers):
    return workers["@name@"]


def receive(socket, kind):
    """Return the next message of a kind; others in between are passed over."""
    while (message := socket.receive_json())["type"] != kind:
        pass
    return message


def test_the_page_is_served(chat):
    assert "room.js" in chat.get("/").text


def test_what_one_says_all_in_the_room_hear(chat):
    with chat.ws("/rooms/tea") as one, chat.ws("/rooms/tea") as two, chat.ws("/rooms/coffee") as elsewhere:
        assert receive(two, "people")["count"] == 2
        one.send("hello")
        assert receive(one, "message") == receive(two, "message") == {"type": "message", "text": "hello"}
        elsewhere.send("only here")
        assert receive(elsewhere, "message")["text"] == "only here"


def test_who_comes_late_gets_the_last_messages(chat):
    with chat.ws("/rooms/tea") as early:
        for number in range(25):
            early.send(str(number))
        for _ in range(25):
            receive(early, "message")
    with chat.ws("/rooms/tea") as late:
        assert receive(late, "history")["messages"] == [str(number) for number in range(5, 25)]


def test_a_room_that_slept_goes_on(chat, clock):
    with chat.ws("/rooms/tea") as one:
        clock.advance(3600)  # long enough for the object to leave memory; the socket stays
        one.send("still here")
        assert receive(one, "message")["text"] == "still here"


def test_a_request_that_is_no_socket_is_told(chat):
    assert chat.get("/rooms/tea").status == 426
