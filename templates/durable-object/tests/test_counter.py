import json
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen


def ask(url, name, method="GET"):
    with urlopen(Request(f"{url}/{name}", method=method)) as response:
        return json.load(response)["value"]


def test_a_new_counter_is_at_zero(url):
    assert ask(url, "untouched") == 0


def test_each_name_counts_by_itself(url):
    assert ask(url, "apples", "POST") == 1
    assert ask(url, "apples", "POST") == 2
    assert ask(url, "pears", "POST") == 1
    assert ask(url, "apples") == 2


def test_no_count_is_lost_when_many_ask_at_once(url):
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: ask(url, "busy", "POST"), range(40)))
    assert sorted(values) == list(range(1, 41))
