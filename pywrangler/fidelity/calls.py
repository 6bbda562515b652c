"""Calls that fail, hang or do nothing on Cloudflare: the table, and the rule that looks calls up in it.

Sources: spec/workers-module.md (sections 12 and 15), spec/js-and-ffi.md (sections 3 and 4), and Cloudflare's pages on
the standard library and on the limits of Python Workers.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from pywrangler.fidelity.standard import has_sockets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.config.model import Compat
    from pywrangler.errors import Problem
    from pywrangler.fidelity.source import Severity
    from pywrangler.fidelity.walk import Visit


class Advice(NamedTuple):
    """What to say about a call; `{name}` in `what` is the call."""

    code: str
    what: str
    instead: str
    severity: Severity = "error"


_THREAD = Advice(
    "threads",
    "{name} starts a thread; Workers have none on Cloudflare.",
    "Await coroutines together with asyncio.gather; hand long work to a Queue or a Workflow.",
)
_OFFLOAD = Advice(
    "threads",
    "{name} runs a function in a thread; Workers have none on Cloudflare.",
    "Call the function directly, or make it async.",
)
_PROCESS = Advice(
    "processes",
    "{name} starts a process; Workers have none on Cloudflare.",
    "Call another Worker through a service binding, or a service over HTTP with workers.fetch.",
)
_SOCKET = Advice(
    "sockets",
    "{name} opens a TCP connection, which Workers can do from the compatibility date 2026-09-08 on.",
    "Raise compatibility_date, or use workers.fetch for HTTP and "
    'import_from_javascript("cloudflare:sockets").connect for TCP.',
)
_LISTEN = Advice(
    "sockets",
    "{name} listens on a port; on Cloudflare the platform accepts connections.",
    "Answer requests in fetch(); an application is called with `await asgi.fetch(app, request, self.env)`.",
)
_WEBSOCKET = Advice(
    "sockets",
    "{name} opens a TCP connection, which Workers can do from the compatibility date 2026-09-08 on.",
    'Raise compatibility_date, or use `js.WebSocket.new("wss://...")`.',
)
_LOOP = Advice(
    "event-loop",
    "{name} runs an event loop of its own; on Cloudflare the platform's is running already.",
    "Make the caller async and await the coroutine.",
)
_SIGNAL = Advice("signals", "{name} has no effect on Cloudflare: Workers get no signals.", "Remove it.")
_EXIT = Advice(
    "exit",
    "{name} ends the interpreter; on Cloudflare that fails the request, or the Worker.",
    "Return a Response, or raise an exception.",
)
_DEBUGGER = Advice(
    "debugger", "{name} stops for a debugger; on Cloudflare there is nobody to answer.", "Remove it before deploying."
)
_ATEXIT = Advice(
    "exit",
    "{name} is never called back on Cloudflare: Workers are stopped without notice.",
    "Save at each event, or use ctx.waitUntil.",
    "warning",
)
_EVAL = Advice(
    "javascript-eval", "{name} runs JavaScript from text, which Workers refuse.", "Import what you need from js."
)

CALLS: dict[str, Advice] = {
    **dict.fromkeys(
        (
            *("threading.Thread", "threading.Timer", "_thread.start_new_thread", "_thread.start_new"),
            *("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor"),
            *("multiprocessing.pool.ThreadPool", "multiprocessing.dummy.Pool", "multiprocessing.dummy.Process"),
        ),
        _THREAD,
    ),
    "asyncio.to_thread": _OFFLOAD,
    **dict.fromkeys(
        (
            *("concurrent.futures.ProcessPoolExecutor", "concurrent.futures.process.ProcessPoolExecutor"),
            *("multiprocessing.Process", "multiprocessing.Pool", "multiprocessing.Manager", "multiprocessing.Queue"),
            *("multiprocessing.Pipe", "multiprocessing.Value", "multiprocessing.Array", "multiprocessing.pool.Pool"),
            *("subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_call"),
            *("subprocess.check_output", "subprocess.getoutput", "subprocess.getstatusoutput"),
            *("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"),
            *("os.system", "os.popen", "os.fork", "os.forkpty", "os.kill", "os.killpg", "os.startfile"),
            *("os.posix_spawn", "os.posix_spawnp", "pty.spawn", "pty.fork"),
            *(f"os.exec{end}" for end in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
            *(f"os.spawn{end}" for end in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
        ),
        _PROCESS,
    ),
    **dict.fromkeys(
        (
            *("socket.socket", "socket.create_connection", "socket.getaddrinfo", "socket.gethostbyname"),
            *("asyncio.open_connection", "http.client.HTTPConnection", "http.client.HTTPSConnection"),
            *("urllib.request.urlopen", "urllib.request.urlretrieve", "smtplib.SMTP", "smtplib.SMTP_SSL"),
            *("ftplib.FTP", "ftplib.FTP_TLS", "imaplib.IMAP4", "imaplib.IMAP4_SSL", "poplib.POP3", "poplib.POP3_SSL"),
            *("xmlrpc.client.ServerProxy", "telnetlib.Telnet", "nntplib.NNTP"),
        ),
        _SOCKET,
    ),
    **dict.fromkeys(
        (
            *("socket.create_server", "asyncio.start_server", "asyncio.start_unix_server"),
            *("asyncio.open_unix_connection", "socket.socketpair", "socketserver.TCPServer", "socketserver.UDPServer"),
            *("socketserver.ThreadingTCPServer", "http.server.HTTPServer", "http.server.ThreadingHTTPServer"),
            *("wsgiref.simple_server.make_server", "xmlrpc.server.SimpleXMLRPCServer", "websockets.serve"),
            *("websockets.server.serve", "uvicorn.run", "uvicorn.Server", "hypercorn.asyncio.serve"),
            *("waitress.serve", "aiohttp.web.run_app", "flask.Flask().run", "bottle.run"),
        ),
        _LISTEN,
    ),
    **dict.fromkeys(("websockets.connect", "websockets.client.connect", "websocket.create_connection"), _WEBSOCKET),
    **dict.fromkeys(
        (
            *("asyncio.run", "asyncio.Runner", "asyncio.new_event_loop", "asyncio.set_event_loop", "anyio.run"),
            *("asyncio.get_event_loop().run_until_complete", "asyncio.get_event_loop().run_forever"),
            *("asyncio.get_running_loop().run_until_complete", "asyncio.get_running_loop().run_forever"),
            *("asyncio.new_event_loop().run_until_complete", "asyncio.new_event_loop().run_forever"),
            *("trio.run", "uvloop.run", "uvloop.install", "asgiref.sync.async_to_sync", "nest_asyncio.apply"),
        ),
        _LOOP,
    ),
    "time.sleep": Advice(
        "blocking",
        "{name} blocks everything else the Worker does, and its clock stands still during computation.",
        "Use `await asyncio.sleep(seconds)`.",
        "warning",
    ),
    **dict.fromkeys(
        ("builtins.input", "getpass.getpass", "sys.stdin.read", "sys.stdin.readline"),
        Advice("blocking", "{name} waits for a terminal, which Workers do not have.", "Read it from the request."),
    ),
    **dict.fromkeys(
        ("select.select", "select.poll", "select.epoll", "signal.pause", "signal.sigwait"),
        Advice("blocking", "{name} waits for the operating system, which Workers do not have.", "Await instead."),
    ),
    **dict.fromkeys(
        (
            *("signal.signal", "signal.alarm", "signal.setitimer", "signal.raise_signal"),
            *("asyncio.get_running_loop().add_signal_handler", "asyncio.get_event_loop().add_signal_handler"),
            *("faulthandler.register",),
        ),
        _SIGNAL,
    ),
    **dict.fromkeys(("sys.exit", "builtins.exit", "builtins.quit", "os._exit", "os.abort"), _EXIT),
    "atexit.register": _ATEXIT,
    **dict.fromkeys(
        (
            *("builtins.breakpoint", "pdb.set_trace", "pdb.run", "pdb.post_mortem", "ipdb.set_trace", "code.interact"),
            *("debugpy.listen", "debugpy.breakpoint", "debugpy.wait_for_client", "sys.breakpointhook"),
        ),
        _DEBUGGER,
    ),
    **dict.fromkeys(
        ("js.eval", "js.Function.new", "js.Function", "pyodide.code.run_js", "js.WebAssembly.compile"), _EVAL
    ),
    **dict.fromkeys(
        ("micropip.install", "pyodide_js.loadPackage", "pyodide_js.loadPackagesFromImports"),
        Advice(
            "runtime-install",
            "{name} installs packages while the Worker runs, which Cloudflare refuses.",
            "Name them in pyproject.toml.",
        ),
    ),
}
_METHODS = {"run_in_executor": _OFFLOAD}
"""Methods that no other class has, so that they count without knowing the object."""
_BASES = {"threading.Thread": _THREAD, "multiprocessing.Process": _PROCESS}
"""Classes that are no use to inherit from."""


def check(visit: Visit, compat: Compat) -> Iterator[Problem]:
    """Yield a finding if the node is a call (or a class) of the table."""
    node = visit.node
    if isinstance(node, ast.ClassDef):
        for base in node.bases:
            name = visit.name(base)
            if name in _BASES:
                yield _finding(visit, base, _BASES[name], name)
        return
    if isinstance(node, ast.Raise) and node.exc is not None:
        name = visit.name(node.exc.func if isinstance(node.exc, ast.Call) else node.exc)
        if name == "builtins.SystemExit":
            yield visit.source.problem(_EXIT.code, node, _EXIT.what.format(name="SystemExit"), _EXIT.instead)
    if not isinstance(node, ast.Call):
        return
    name = visit.name(node.func)
    advice = CALLS.get(name) if name else None
    if advice is None and isinstance(node.func, ast.Attribute):
        advice, name = _METHODS.get(node.func.attr), node.func.attr
    if advice is None or name is None or (advice in {_SOCKET, _WEBSOCKET} and has_sockets(compat)):
        return
    yield _finding(visit, node, advice, name)


def _finding(visit: Visit, node: ast.AST, advice: Advice, name: str) -> Problem:
    shown = name.removeprefix("builtins.") + "()"
    return visit.source.problem(advice.code, node, advice.what.format(name=shown), advice.instead, advice.severity)
