"""Calls that fail, hang or do nothing on Cloudflare."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("before", "code", "expected"),
    [
        ("import threading", "threading.Thread(target=print).start()", ["threads"]),
        ("from threading import Thread as T", "t = T(target=print)\nt.start()", ["threads"]),
        ("import threading as th", "th.Timer(1, print)", ["threads"]),
        ("import threading", "threading.Lock()", []),
        ("from concurrent.futures import ThreadPoolExecutor", "ThreadPoolExecutor(2)", ["threads"]),
        ("import concurrent.futures", "concurrent.futures.ThreadPoolExecutor()", ["threads"]),
        ("import asyncio", "await asyncio.to_thread(print)", ["threads"]),
        ("import asyncio", "await asyncio.get_running_loop().run_in_executor(None, print)", ["threads"]),
        ("", "await request.loop.run_in_executor(None, print)", ["threads"]),
        ("import multiprocessing", "multiprocessing.Process(target=print)", ["processes"]),
        ("import multiprocessing.pool", "multiprocessing.pool.ThreadPool()", ["threads"]),
        ("from concurrent.futures import ProcessPoolExecutor", "ProcessPoolExecutor()", ["processes"]),
        ("import subprocess", "subprocess.run(['ls'])", ["processes"]),
        ("from subprocess import check_output as run", "run('ls')", ["processes"]),
        ("import os", "os.system('ls')", ["processes"]),
        ("import os", "os.fork()", ["processes"]),
        ("import asyncio", "await asyncio.create_subprocess_exec('ls')", ["processes"]),
        ("import os", "os.getenv('HOME')", []),
        ("import time", "time.sleep(1)", ["blocking"]),
        ("import asyncio", "await asyncio.sleep(1)", []),
        ("", "input('?')", ["blocking"]),
        ("", "breakpoint()", ["debugger"]),
        ("import pdb", "pdb.set_trace()", ["debugger"]),
        ("import asyncio", "asyncio.run(request())", ["event-loop"]),
        ("import asyncio", "loop = asyncio.new_event_loop()\nloop.run_until_complete(1)", ["event-loop", "event-loop"]),
        ("import signal", "signal.signal(signal.SIGTERM, print)", ["signals"]),
        ("import sys", "sys.exit(1)", ["exit"]),
        ("", "exit()", ["exit"]),
        ("", "raise SystemExit(1)", ["exit"]),
        ("", "raise SystemExit", ["exit"]),
        ("import atexit", "atexit.register(print)", ["exit"]),
        ("import js", "js.eval('1')", ["javascript-eval"]),
        ("from js import Function", "Function.new('return 1')", ["javascript-eval"]),
        ("import micropip", "await micropip.install('x')", ["unresolved-import", "runtime-install"]),
        ("import socketserver", "socketserver.TCPServer(('', 0), None)", ["sockets"]),
    ],
)
def test_calls(workshop, before, code, expected):
    assert workshop.handler(code, before) == expected


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("import socket", "socket.create_connection(('example.com', 80))"),
        ("import asyncio", "await asyncio.open_connection('example.com', 80)"),
        ("from urllib.request import urlopen", "urlopen('http://example.com')"),
        ("import smtplib", "smtplib.SMTP('example.com')"),
    ],
)
def test_tcp_works_from_the_date_on_that_brings_sockets(workshop, before, code):
    assert workshop.handler(code, before, date="2026-09-07") == ["sockets"]
    assert workshop.handler(code, before, date="2026-09-08") == []


def test_listening_works_at_no_date(workshop):
    assert workshop.handler("await asyncio.start_server(print)", "import asyncio", date="2026-09-08") == ["sockets"]


def test_inheriting_from_a_thread_is_found_at_the_class(workshop):
    assert workshop.found("import threading\nclass Job(threading.Thread):\n    pass\n") == [("threads", 2)]


@pytest.mark.parametrize(
    "code",
    [
        "def exit(): ...\nexit()",
        "def work(breakpoint):\n    breakpoint()",
        "class os:\n    system = print\nos.system('x')",
        "import time\ntime = object()\ndef f(time):\n    time.sleep(1)",
        "for input in ():\n    input()",
        "with open as breakpoint:\n    breakpoint()",
        "breakpoint = lambda: None\nbreakpoint()",
    ],
)
def test_names_that_are_bound_to_something_else_are_left_alone(workshop, code):
    assert workshop.codes(code) == []


@pytest.mark.parametrize(
    "code",
    [
        "run = subprocess.run\nrun(['ls'])",
        "def f():\n    run = subprocess.run\n    return lambda: run(['ls'])",
        "try:\n    import subprocess as sp\nexcept ImportError:\n    sp = None\nsp.run(['ls'])",
        "class A:\n    def f(self):\n        subprocess.run(['ls'])",
        "x = [subprocess.run(['ls']) for _ in range(3)]",
        "@subprocess.run\ndef f(a=subprocess.run(['ls'])): ...",
    ],
)
def test_a_call_is_found_wherever_it_stands(workshop, code):
    assert "processes" in workshop.codes(f"import subprocess\n{code}\n")


def test_a_finding_has_its_place_in_characters_not_bytes(workshop):
    report = workshop.report('import os\nx = ("äöü", os.system("ls"))\n')
    finding = next(problem for problem in report.findings if problem.code == "processes")
    assert (finding.place.line, finding.place.column) == (2, 13)
    source, carets = finding.excerpt.splitlines()
    assert source.index("os.system") == carets.index("^")
    assert finding.remedy
