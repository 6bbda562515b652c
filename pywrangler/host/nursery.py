"""The nursery: the warm, single-threaded process from which hosts are forked.

It has the platform imported, and the third-party modules that Workers imported last time; it runs no event loop and
opens no database, so that a fork of it is safe. It lives as long as its session: the end of the control socket, or the
session's death (parent-death signal), ends it, and its own death ends its hosts. What a host has started ends with it
(`pywrangler.descendants`). The nursery has a process group of its own; hosts are in the session's, whose terminal their
debugger reads.

Started as `python -m pywrangler.host.nursery FD`, where FD is its end of a Unix stream socket that speaks
`protocol.control`.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import posix
import selectors
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from pywrangler.descendants import adopt_orphans, die_with_parent, end_children
from pywrangler.protocol import control, process_environment

MODULES = Path(__file__).parents[1] / "modules"
PLATFORM = (
    "uvloop",
    "pywrangler.host.main",
    "workers._face",
    "workers",
    # From here on: what many Workers need, and none before its first request.
    "pywrangler.bindings.durable_objects",
    "pywrangler.runtime.objects",
    "js",
    "pyodide.ffi",
    "pywrangler.runtime.channels.local",
    "workers.storage",
    "pywrangler.host.succession",
    "pywrangler.runtime.channels.remote",
    "pywrangler.runtime.channels.server",
    "pywrangler.bindings.services",
    "pywrangler.runtime.sockets",
    "pywrangler.runtime.tracebacks",
    "pywrangler.runtime.js.fetch",
    "pywrangler.runtime.js.streams",
    "pywrangler.bindings.assets",
)
"""What hosts need, the most urgent first. A host that is wanted before all is imported imports the rest itself."""
CALM_SECONDS = 0.5


class Nursery:
    """Reads requests to fork or preload, forks, reports exits."""

    def __init__(self, link: socket.socket, group: int) -> None:
        self._link = link
        self._group = group
        """The session's process group."""
        self._hosts: dict[int, int] = {}
        """Host number by pid."""
        self._calm_until = 0.0
        self._preloaded: set[str] = set()
        """Modules that were imported for Workers."""

    def run(self) -> None:
        """Serve until the session is gone. Returns in the nursery only; a forked host never comes back."""
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        selector = selectors.DefaultSelector()
        selector.register(self._link, selectors.EVENT_READ)
        selector.register(wake_read, selectors.EVENT_READ)
        self._wakeup = (wake_read, wake_write)
        self._selector = selector
        platform = list(PLATFORM)
        while True:
            # Between two messages there is time to import, but not while the first host needs the processor to start.
            calm = max(0.0, self._calm_until - time.monotonic())
            for key, _ in selector.select(calm if platform else None) or self._import_next(platform):
                if key.fileobj is self._link:
                    received = self._receive()
                    if received is None:
                        return
                    self._act(*received)
                else:
                    with contextlib.suppress(BlockingIOError):
                        os.read(wake_read, 4096)
                    self._reap()

    @staticmethod
    def _import_next(names: list[str]) -> tuple[()]:
        if names:
            importlib.import_module(names.pop(0))
        return ()

    def _receive(self) -> tuple[control.Message, list[int]] | None:
        """Return the next message with its descriptors, or None at the end of file."""
        try:
            header, descriptors, _, _ = socket.recv_fds(
                self._link, control.HEADER.size, control.DESCRIPTORS_PER_MESSAGE
            )
        except ConnectionResetError:  # the session left something unread
            return None
        header += self._exactly(control.HEADER.size - len(header)) if header else b""
        if len(header) < control.HEADER.size:
            return None
        (size,) = control.HEADER.unpack(header)
        body = self._exactly(size)
        return (control.unpack(body), list(descriptors)) if len(body) == size else None

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = self._link.recv(min(size, 1 << 20))
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _act(self, message: control.Message, descriptors: list[int]) -> None:
        if isinstance(message, control.Fork):
            self._fork(message, descriptors)
        elif isinstance(message, control.Preload):
            self._preload(message)

    def _fork(self, message: control.Fork, descriptors: list[int]) -> None:
        gc.collect(0)
        gc.freeze()  # what exists now is shared; the collector shall not touch its pages
        pid = os.fork()
        if pid == 0:
            self._become_host(message, descriptors)
        gc.unfreeze()
        for descriptor in descriptors:
            os.close(descriptor)
        self._hosts[pid] = message.host
        self._calm_until = self._calm_until or time.monotonic() + CALM_SECONDS
        self._send(control.Forked(message.host, pid))

    def _become_host(self, message: control.Fork, descriptors: list[int]) -> None:
        status = 1
        try:
            signal.signal(signal.SIGTERM, _not_now)
            signal.signal(signal.SIGHUP, _not_now)
            die_with_parent()
            adopt_orphans()
            with contextlib.suppress(OSError):  # the session has just died
                os.setpgid(0, self._group)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            for descriptor in self._wakeup:
                os.close(descriptor)
            self._link.close()
            from pywrangler.host import main

            status = main.run(message.settings, descriptors, self._preloaded)
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _preload(self, message: control.Preload) -> None:
        from pywrangler.host import blocking, search_path

        blocking.install()  # before others do `from time import sleep`
        search_path.install(message.packages)
        before = set(sys.modules)
        threads = threading.active_count()
        for name in message.modules:
            if name in sys.modules:
                continue
            # A failure is met again in the host, where the user can see it.
            with contextlib.suppress(BaseException):
                importlib.import_module(name)
            if threading.active_count() > threads:
                self._send(control.Unsafe((name.partition(".")[0],)))
                return
        self._preloaded |= sys.modules.keys() - before

    def _reap(self) -> None:
        has_lost = False
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                host = self._hosts.pop(pid, None)
                if host is not None:
                    has_lost = True
                    self._send(control.Exited(host, pid, os.waitstatus_to_exitcode(status)))
        if has_lost:
            end_children(keep=self._hosts)

    def _send(self, message: control.Message) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the session is gone: end of file follows
            self._link.sendall(control.pack(message))


def forget_environment() -> None:
    """Leave in the environment only what Worker code may see."""
    kept = process_environment.of_workers(os.environ)
    os.environ.clear()
    os.environ.update(kept)
    # The snapshot that `os.environ` was made from; libraries in C and children read the real one, which is in order.
    posix.environ.clear()
    posix.environ.update({os.fsencode(name): os.fsencode(value) for name, value in kept.items()})


def _not_now(_number: int, _frame: object) -> None:
    """Leave it to the session, whose group got the signal."""


def main() -> None:
    """Be the nursery of the session at the other end of the descriptor named on the command line."""
    nursery = os.getpid()

    def end(number: int, _frame: object) -> None:
        if os.getpid() == nursery:  # and no host that has just been forked
            end_children()
            signal.signal(number, signal.SIG_DFL)
            os.kill(nursery, number)

    signal.signal(signal.SIGTERM, end)
    die_with_parent(signal.SIGTERM)
    adopt_orphans()
    forget_environment()
    # Ctrl-C is for the session, which decides what it means; hosts in its group inherit this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path.insert(0, str(MODULES))
    link = socket.socket(fileno=int(sys.argv[1]))
    link.setblocking(True)
    Nursery(link, os.getpgid(os.getppid())).run()
    end_children()


if __name__ == "__main__":
    main()
