"""Whole sessions in real processes; hosts are fakes that speak the control protocol (fake_nursery.py)."""

from __future__ import annotations

import http.client
import json
import os
import pty
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

DRIVE = Path(__file__).with_name("drive.py")
DEADLINE = 15.0


def wait_for(condition, what: str = "condition", timeout: float = DEADLINE):
    """Ask again until the answer is true, under a deadline; for facts that nobody announces."""
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.005)
    return found


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


RUNTIME = tempfile.TemporaryDirectory(prefix="pw-")  # pytest's own directories are too deep for sockets


class Session:
    """A running `pywrangler dev`."""

    def __init__(self, directory: Path, registry: Path, *flags: str, stdin: int = subprocess.DEVNULL, **variables: str):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory.parent),
            "WRANGLER_REGISTRY_PATH": str(registry),
            "XDG_RUNTIME_DIR": RUNTIME.name,
            "NO_COLOR": "1",
            **variables,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(DRIVE), *flags],
            cwd=directory,
            env=environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        self.text = ""
        self._selector = selectors.DefaultSelector()
        os.set_blocking(self.process.stdout.fileno(), False)
        self._selector.register(self.process.stdout, selectors.EVENT_READ)

    def expect(self, words: str, count: int = 1) -> str:
        """Wait until the output holds the words so many times; return everything so far."""
        deadline = time.monotonic() + DEADLINE
        while self.text.count(words) < count:
            assert time.monotonic() < deadline, f"no {words!r} in:\n{self.text}"
            if self._selector.select(0.1):
                data = self.process.stdout.read()
                assert data != b"", f"ended without {words!r}:\n{self.text}"
                self.text += (data or b"").decode()
        return self.text

    @property
    def port(self) -> int:
        return int(self.expect("Ready on http://localhost:").partition("Ready on http://localhost:")[2].split()[0])

    def get(self, path: str = "/", port: int | None = None) -> str:
        with closing(http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=DEADLINE)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode()

    def children(self) -> set[int]:
        found = set()
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                below = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            except FileNotFoundError:
                continue
            found |= set(below)
            waiting += below
        return found

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal; return the exit code after checking that nothing is left."""
        family = self.children()
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE)
        self.text += (self.process.stdout.read() or b"").decode()
        for pid in family:
            wait_for(lambda pid=pid: is_gone(pid), f"end of process {pid}")
        assert "Traceback" not in self.text
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE)
        self._selector.close()
        self.process.stdout.close()


def write_project(directory: Path, name: str = "app", text: str = "one", **config) -> Path:
    (directory / "src").mkdir(parents=True)
    flags = {"compatibility_date": "2026-05-01", "compatibility_flags": ["python_workers"]}
    content = {"name": name, "main": "src/entry.py", "dev": {"port": 0}, **flags, **config}
    (directory / "wrangler.jsonc").write_text(json.dumps(content))
    (directory / "src" / "entry.py").write_text(text)
    return directory


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path / "app")


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a session in a directory."""
    with ExitStack() as opened:

        def begin(directory: Path, *flags: str, **more) -> Session:
            return opened.enter_context(closing(Session(directory, tmp_path / "registry", *flags, **more)))

        yield begin


def registry_names(tmp_path: Path) -> set[str]:
    directory = tmp_path / "registry"
    return {path.name for path in directory.iterdir()} if directory.is_dir() else set()


# ---- start and end


def test_a_session_serves_is_registered_and_leaves_nothing(start, project, tmp_path):
    session = start(project)
    assert session.get() == "one"
    session.expect("[wrangler:info] GET / 200 OK (1ms)")
    assert registry_names(tmp_path) == {"app"}
    assert session.end(signal.SIGINT) == 130
    assert registry_names(tmp_path) == set()
    assert not list(Path(RUNTIME.name, "pywrangler").iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_signals_end_it_too(start, project, number, code):
    session = start(project)
    session.expect("Ready on")
    assert session.end(number) == code


def test_output_of_user_code_is_shown(start, project):
    session = start(project)
    session.get("/log")
    session.expect("hello from user code\n")


def test_ctrl_c_at_any_moment_of_the_start_leaves_no_traceback_and_no_process(start, project):
    for delay in (0.08, 0.12, 0.16, 0.2, 0.25, 0.3):
        session = start(project)
        time.sleep(delay)  # The moment is the point.
        os.killpg(session.process.pid, signal.SIGINT)
        code = session.process.wait(DEADLINE)
        output = (session.process.stdout.read() or b"").decode()
        if code == -signal.SIGINT or "importlib" in output or "site.py" in output:
            continue  # Before the first line of ours ran.
        assert code == 130, output
        assert "Traceback" not in output


def test_an_ended_reader_of_the_output_ends_the_session(start, project):
    session = start(project)
    port = session.port
    session.process.stdout.close()
    with suppress(OSError):
        session.get("/log", port)
    wait_for(lambda: session.process.poll() is not None, "the end")
    assert session.process.returncode == 128 + signal.SIGPIPE


def test_killing_the_session_leaves_no_process(start, project):
    session = start(project)
    session.expect("Ready on")
    family = session.children()
    assert len(family) == 2
    session.process.kill()
    for pid in family:
        wait_for(lambda pid=pid: is_gone(pid), "the end of the family")


def test_a_busy_explicit_port_is_an_error_that_names_the_owner(start, project):
    with socket.create_server(("127.0.0.1", 0)) as server:
        session = start(project, "--port", str(server.getsockname()[1]))
        assert session.process.wait(DEADLINE) == 1
        text = session.process.stdout.read().decode()
    assert "Address already in use" in text
    assert f"pid {os.getpid()}" in text
    assert "Traceback" not in text


def test_a_broken_config_is_an_error(start, project):
    (project / "wrangler.jsonc").write_text('{"name": "app",, }')
    session = start(project)
    assert session.process.wait(DEADLINE) == 1
    assert "wrangler.jsonc:1:" in session.process.stdout.read().decode()


# ---- reload


def test_a_save_brings_the_new_code_and_says_why(start, project):
    session = start(project)
    assert session.get() == "one"
    (project / "src" / "entry.py").write_text("two")
    session.expect("⎔ Reloading local server... because src/entry.py changed")
    session.expect("⎔ Local server updated and ready")
    assert session.get() == "two"
    assert session.end() == 130


def test_no_request_fails_over_many_reloads(start, project):
    session = start(project)
    port = session.port
    for number in range(15):
        (project / "src" / "entry.py").write_text(f"version {number}")
        while session.get("/", port) != f"version {number}":
            pass


def test_broken_code_keeps_the_old_version_and_shows_the_place(start, project):
    session = start(project)
    assert session.get() == "one"
    (project / "src" / "entry.py").write_text("broken")
    text = session.expect("still serving the previous version")
    assert "src/entry.py:1:3" in text
    assert "|   ^" in text
    assert session.get() == "one"
    (project / "src" / "entry.py").write_text("fixed")
    session.expect("updated and ready")
    assert session.get() == "fixed"


def test_broken_code_at_the_start_is_answered_with_the_reason_until_it_is_fixed(start, project):
    (project / "src" / "entry.py").write_text("broken")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    session = start(project, "--port", str(port))
    session.expect("waiting for a change")
    assert "invalid syntax" in session.get("/", port)
    (project / "src" / "entry.py").write_text("fixed")
    session.expect("Ready on")
    assert session.get() == "fixed"


def test_new_variables_reload_and_their_values_are_never_shown(start, project):
    session = start(project)
    session.expect("Ready on")
    (project / ".dev.vars").write_text("TOKEN=hunter2")
    session.expect("because .dev.vars changed")
    session.expect("updated and ready")
    assert "hunter2" in session.get("/vars")
    text = session.expect('env.TOKEN ("(hidden)")')
    assert "hunter2" not in text


def test_a_broken_config_during_the_session_changes_nothing(start, project):
    session = start(project)
    session.expect("Ready on")
    good = (project / "wrangler.jsonc").read_text()
    (project / "wrangler.jsonc").write_text('{"name": ')
    session.expect("still serving the previous version")
    assert session.get() == "one"
    (project / "wrangler.jsonc").write_text(good.replace('"dev"', '"vars": {"A": "b"}, "dev"'))
    session.expect("updated and ready")


# ---- crashes


def test_a_crashed_host_is_back_for_the_next_request(start, project):
    session = start(project)
    port = session.port
    with pytest.raises(OSError, match=r".*"):
        session.get("/exit", port)
    assert session.get("/", port) == "one"
    session.expect("exited with code 7")


def test_a_killed_host_is_replaced(start, project):
    session = start(project)
    pid = int(session.get("/pid"))
    os.kill(pid, signal.SIGKILL)
    assert int(session.get("/pid")) != pid
    session.expect("was killed by SIGKILL")


def test_a_killed_nursery_is_replaced_with_its_hosts(start, project):
    session = start(project)
    host = int(session.get("/pid"))
    (nursery,) = session.children() - {host}
    os.kill(nursery, signal.SIGKILL)
    session.expect("restarting its Workers")
    wait_for(lambda: is_gone(host), "the end of the old host")
    assert int(session.get("/pid")) != host
    assert session.end() == 130


def test_code_that_dies_while_loading_ends_in_waiting(start, project):
    (project / "src" / "entry.py").write_text("dies")
    session = start(project)
    session.expect("5 times in a row")
    (project / "src" / "entry.py").write_text("lives")
    assert session.get() == "lives"


def test_a_session_with_a_stopped_host_ends_in_time(start, project):
    session = start(project)
    os.kill(int(session.get("/pid")), signal.SIGSTOP)
    started = time.monotonic()
    assert session.end() == 130
    assert time.monotonic() - started < 5


def test_a_second_ctrl_c_does_not_wait(start, project):
    session = start(project)
    os.kill(int(session.get("/pid")), signal.SIGSTOP)
    session.process.send_signal(signal.SIGINT)
    time.sleep(0.1)  # Two signals at once are one.
    assert session.end() == 130


# ---- several Workers and sessions


def test_several_workers_have_a_port_each_and_are_told_apart(start, tmp_path):
    write_project(tmp_path / "a", "alpha", "from a")
    write_project(tmp_path / "b", "beta", "from b")
    session = start(tmp_path, "-c", "a/wrangler.jsonc", "-c", "b/wrangler.jsonc")
    text = session.expect("Ready on http://localhost:", 2)
    ports = [int(part.split()[0]) for part in text.split("Ready on http://localhost:")[1:]]
    assert [session.get("/", port) for port in ports] == ["from a", "from b"]
    session.get("/log", ports[1])
    session.expect("[beta] hello from user code")
    assert registry_names(tmp_path) == {"alpha", "beta"}
    assert session.end() == 130


def test_two_configs_of_one_name_are_an_error_that_names_both(start, tmp_path):
    write_project(tmp_path / "a", "same")
    write_project(tmp_path / "b", "same")
    session = start(tmp_path, "-c", "a/wrangler.jsonc", "-c", "b/wrangler.jsonc")
    assert session.process.wait(DEADLINE) == 1
    text = session.process.stdout.read().decode()
    assert "a/wrangler.jsonc" in text
    assert "b/wrangler.jsonc" in text


def gateway(tmp_path: Path) -> Path:
    binding = {"binding": "SVC", "service": "app"}
    return write_project(tmp_path / "gateway", "gateway", services=[binding])


@pytest.mark.parametrize("gateway_first", [True, False])
def test_the_order_of_starts_does_not_matter(start, project, tmp_path, gateway_first):
    directories = [gateway(tmp_path), project]
    sessions = {}
    for directory in directories if gateway_first else directories[::-1]:
        sessions[directory.name] = start(directory)
        sessions[directory.name].expect("Ready on")
    caller = sessions["gateway"]
    caller.expect("⎔ app [connected] (SVC)" if gateway_first else "local [connected]")
    sessions["app"].end(signal.SIGINT)
    caller.expect("⎔ app [not connected] (SVC)")
    start(project).expect("Ready on")
    caller.expect("⎔ app [connected] (SVC)", 2 if gateway_first else 1)


def test_a_killed_session_is_replaced_at_once(start, project, tmp_path):
    caller = start(gateway(tmp_path))
    caller.expect("Ready on")
    first = start(project)
    caller.expect("⎔ app [connected] (SVC)")
    first.process.kill()
    second = start(project)
    second.expect("Ready on")
    assert "already running" not in second.text
    entry = json.loads((tmp_path / "registry" / "app").read_text())["pywrangler"]
    assert entry["pid"] == second.process.pid


def test_a_second_session_of_a_name_is_told_and_takes_over(start, project, tmp_path):
    first = start(project)
    first.expect("Ready on")
    second = start(project)
    second.expect(f'Worker "app" is already running in another session (pid {first.process.pid}')
    first.end()
    second.expect("is now the one that bindings from other Workers use")
    entry = json.loads((tmp_path / "registry" / "app").read_text())["pywrangler"]
    assert entry["pid"] == second.process.pid


def test_a_deleted_registry_is_made_anew(start, project, tmp_path):
    session = start(project)
    session.expect("Ready on")
    (tmp_path / "registry" / "app").unlink()
    (tmp_path / "registry").rmdir()
    wait_for(lambda: registry_names(tmp_path) == {"app"}, "the entry")
    other = start(gateway(tmp_path))
    assert "local [connected]" in other.expect("Ready on")
    assert session.end() == 130


def test_an_unusable_registry_is_said_and_the_session_goes_on(start, project, tmp_path):
    (tmp_path / "registry").write_text("a file")
    session = start(project)
    text = session.expect("Ready on")
    assert "WRANGLER_REGISTRY_PATH" in text
    assert session.get() == "one"
    assert session.end() == 130


# ---- terminal


@pytest.mark.parametrize("key", [b"x", b"\x03"])
def test_keys_in_a_terminal_end_the_session_with_0(start, project, tmp_path, key):
    ours, theirs = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "WRANGLER_REGISTRY_PATH": str(tmp_path / "registry"),
        "TERM": "xterm",
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _IN_TERMINAL, str(DRIVE)],
        cwd=project,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    output = b""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(ours, selectors.EVENT_READ)
            deadline = time.monotonic() + DEADLINE
            while b"Ready on" not in output:
                assert time.monotonic() < deadline, output
                if selector.select(0.1):
                    output += os.read(ours, 65536)
        assert "╭──".encode() in output
        assert b"[x] to exit" in output
        os.write(ours, key)
        assert process.wait(DEADLINE) == 0
        output += os.read(ours, 65536)
        assert "⎔ Shutting down local server...".encode() in output
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(DEADLINE)
        os.close(ours)


_IN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-P", sys.argv[1]])
"""
