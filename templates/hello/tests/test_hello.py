from urllib.request import urlopen


def test_the_world_is_greeted(url):
    with urlopen(url) as response:
        assert response.read() == b"Hello, World!"


def test_a_name_is_greeted(url):
    with urlopen(f"{url}/?name=Ada") as response:
        assert response.read() == b"Hello, Ada!"
