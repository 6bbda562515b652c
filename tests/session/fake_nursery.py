"""A nursery for tests: speaks the control protocol, and its hosts do what the text of `main` says.

A text with `broken` fails to load, `dies` exits while loading, `hangs` never finishes; anything else is served as the
body of every response. `/pid` answers the host's pid, `/exit` ends the host with code 7, `/log` prints a line.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import sys
import time

from pywrangler.errors import Place, Problem
from pywrangler.protocol import control


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def receive(link: socket.socket):
    try:
        header, descriptors, _, _ = socket.recv_fds(link, control.HEADER.size, 10)
    except ConnectionResetError:  # the session closed with something of ours unread
        return None, []
    if not header:
        return None, []
    (size,) = control.HEADER.unpack(header)
    body = b""
    while len(body) < size:
        part = link.recv(size - len(body))
        if not part:
            return None, []
        body += part
    return control.unpack(body), list(descriptors)


def run_host(settings: control.HostSettings, descriptors: list[int]) -> int:
    link, _private, *public = (socket.socket(fileno=number) for number in descriptors)
    main = settings.worker.main
    text = main.read_text()
    if "dies" in text:
        return 5
    while "hangs" in text:
        time.sleep(60)
    if "broken" in text:
        problem = Problem("syntax", "invalid syntax", "", Place(main, 1, 3), excerpt="1 | broken\n  |   ^")
        link.sendall(control.pack(control.Failed(problem)))
        return 3
    link.sendall(control.pack(control.Loaded(("Counter",), ("default",), ("fetch",), (), (main,))))
    accepting: list[socket.socket] = []
    while True:
        ready, _, _ = select.select([link, *accepting], [], [])
        if link in ready:
            message, _received = receive(link)
            if isinstance(message, control.Serve):
                accepting = public
                link.sendall(control.pack(control.Serving()))
            else:  # Retire, Stop, or the session is gone.
                return 0
        for listener in accepting:
            if listener in ready:
                with contextlib.suppress(BlockingIOError):
                    answer(listener.accept()[0], text, settings, link)


def answer(connection: socket.socket, text: str, settings: control.HostSettings, link: socket.socket) -> None:
    with connection:
        path = connection.recv(65536).split(b" ")[1].decode()
        if path == "/exit":
            os._exit(7)
        if path == "/log":
            link.sendall(control.pack(control.Log("log", "hello from user code")))
        body = {"/pid": str(os.getpid()), "/vars": repr(settings.variables)}.get(path, text).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body))
        link.sendall(control.pack(control.Request("GET", path, 200, "OK", 1.4)))


def main() -> None:
    die_with_parent()
    link = socket.socket(fileno=int(sys.argv[-1]))
    hosts: dict[int, int] = {}
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([link, wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 100)
            while hosts:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                link.sendall(control.pack(control.Exited(hosts.pop(pid), pid, os.waitstatus_to_exitcode(status))))
        if link not in ready:
            continue
        message, descriptors = receive(link)
        if message is None:
            return
        if isinstance(message, control.Fork):
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                link.close()
                die_with_parent()
                os._exit(run_host(message.settings, descriptors))
            for number in descriptors:
                os.close(number)
            hosts[pid] = message.host
            link.sendall(control.pack(control.Forked(message.host, pid)))


if __name__ == "__main__":
    main()
