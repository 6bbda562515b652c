import asyncio
from urllib.request import urlopen

import aiohttp


async def receive(socket, kind):
    """Return the next message of a kind; others in between are passed over."""
    while True:
        message = await socket.receive_json(timeout=5)
        if message["type"] == kind:
            return message


def test_the_page_is_served(url):
    with urlopen(url) as response:
        assert b"room.js" in response.read()


def test_what_one_says_all_hear(url):
    async def main():
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"{url}/rooms/tea") as one,
            http.ws_connect(f"{url}/rooms/tea") as two,
            http.ws_connect(f"{url}/rooms/coffee") as elsewhere,
        ):
            assert (await receive(two, "people"))["count"] == 2
            await one.send_str("hello")
            for socket in (one, two):
                assert (await receive(socket, "message"))["text"] == "hello"
            await elsewhere.send_str("only here")
            assert (await receive(elsewhere, "message"))["text"] == "only here"

    asyncio.run(main())


def test_who_comes_late_gets_the_last_messages(url):
    async def main():
        async with aiohttp.ClientSession() as http:
            async with http.ws_connect(f"{url}/rooms/late") as one:
                for number in range(25):
                    await one.send_str(str(number))
                for _ in range(25):
                    await receive(one, "message")
            async with http.ws_connect(f"{url}/rooms/late") as two:
                history = await receive(two, "history")
        assert history["messages"] == [str(number) for number in range(5, 25)]

    asyncio.run(main())


def test_a_request_that_is_no_socket_is_told(url):
    async def main():
        async with aiohttp.ClientSession() as http, http.get(f"{url}/rooms/tea") as response:
            assert response.status == 426

    asyncio.run(main())
