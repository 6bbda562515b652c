"""`node:process`, which is the global `process` too: what the platform tells of a process that it does not have.

`env` holds the Worker's texts and JSON values, as text, from compatibility date 2025-04-01 on.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from pywrangler.runtime.js import cloudflare
from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.compat_flags import flags_at
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.node.arguments import need_function, not_implemented, wrong_type
from pywrangler.runtime.js.node.events import EventEmitter
from pywrangler.runtime.js.primitives import JsBigInt, to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.timers import queueMicrotask
from pywrangler.runtime.js.values import JsFunction, JsObject, plain

VERSION = "22.23.4"
_BY_NAME_ONLY = (
    "_debugEnd _debugProcess _fatalException _getActiveHandles _getActiveRequests _kill _linkedBinding _rawDebug "
    "_startProfilerIdleNotifier _stopProfilerIdleNotifier _tickCallback binding cpuUsage dlopen execve initgroups kill "
    "openStdin reallyExit resourceUsage setegid seteuid setgid setgroups setuid setSourceMapsEnabled threadCpuUsage"
)
_MISSING = {
    "stdin": "a Worker has no terminal",
    "report": "it describes a process of Node.js",
    "config": "it describes how Node.js was built",
    "finalization": "it belongs to a process that ends",
}


class _Output(JsProxy, js_name="WriteStream"):
    """`stdout` or `stderr`: what is written goes to the log."""

    def __init__(self, name: str, number: int) -> None:
        self._name = name
        self.fd = number

    def write(self, chunk: Any = None, *_rest: Any) -> bool:
        """Write a text or bytes."""
        stream = getattr(sys, self._name)
        stream.write(chunk if isinstance(chunk, str) else to_string(chunk))
        return True


class _Hrtime(JsFunction, js_name="Function"):
    """`process.hrtime()`: seconds and nanoseconds; `.bigint()`: nanoseconds."""

    __slots__ = ()

    def bigint(self) -> JsBigInt:
        """Return nanoseconds."""
        return JsBigInt(time.perf_counter_ns())


def _hrtime(earlier: Any = None) -> JsArray:
    seconds, nanoseconds = divmod(time.perf_counter_ns(), 1_000_000_000)
    if earlier is not None:
        if not isinstance(earlier, (JsArray, list, tuple)):
            raise wrong_type("time", "an instance of Array", earlier)
        seconds, nanoseconds = seconds - earlier[0], nanoseconds - earlier[1]
        if nanoseconds < 0:
            seconds, nanoseconds = seconds - 1, nanoseconds + 1_000_000_000
    return array([seconds, nanoseconds])


class Process(EventEmitter, js_name="process"):
    """The value of `process`."""

    def __init__(self) -> None:
        self.version = f"v{VERSION}"
        self.versions = plain({"node": VERSION})
        self.platform = "linux"
        self.arch = "x64"
        self.pid = 1
        self.ppid = 0
        self.title = "workerd"
        self.argv0 = "workerd"
        self.argv = array(["workerd"])
        self.execArgv = array([])
        self.execPath = ""
        self.exitCode = None
        self.release = plain({"name": "node", "lts": True, "sourceUrl": "", "headersUrl": ""})
        self.features = plain({"inspector": False, "debug": False, "ipv6": True, "tls": True, "typescript": False})
        self.hrtime = _Hrtime.new(_hrtime)
        self.stdout = _Output.new("stdout", 1)
        self.stderr = _Output.new("stderr", 2)
        self._folder = "/bundle"
        self._mask = 0o22
        self._environment: JsObject | None = None

    def __getattr__(self, name: str) -> Any:
        if name in _BY_NAME_ONLY.split():

            def refuse(*_arguments: Any) -> None:
                raise not_implemented(f"process.{name}")

            return JsFunction.new(refuse)
        if name in _MISSING:
            raise AttributeError(f"process has no {name!r} here, only in production: {_MISSING[name]}")
        raise AttributeError(f"process has no {name!r}")

    @property
    def env(self) -> JsObject:
        """The Worker's variables as text; what is set here is seen by all of the Worker."""
        if self._environment is None:
            self._environment = plain(_variables())
        return self._environment

    @env.setter
    def env(self, value: Any) -> None:
        self._environment = value

    def cwd(self) -> str:
        """Return the folder of the Worker's modules."""
        return self._folder

    def chdir(self, folder: Any = None) -> None:
        """Change what `cwd` returns."""
        if not isinstance(folder, str):
            raise wrong_type("directory", "of type string", folder)
        self._folder = os.path.normpath(os.path.join(self._folder, folder))  # noqa: PTH118 - no path of this machine

    def nextTick(self, callback: Any = None, *arguments: Any) -> None:
        """Call back as soon as the code that runs now has ended."""
        need_function("callback", callback)
        queueMicrotask(lambda: callback(*arguments))

    def uptime(self) -> int:
        """The platform does not tell."""
        return 0

    def memoryUsage(self) -> JsObject:
        """The platform does not tell."""
        return plain(dict.fromkeys(("rss", "heapTotal", "heapUsed", "external", "arrayBuffers"), 0))

    def availableMemory(self) -> int:
        """The platform does not tell."""
        return 0

    constrainedMemory = availableMemory

    def umask(self, mask: Any = None) -> int:
        """Return the mask of new files, which no file has."""
        before = self._mask
        if mask is not None:
            self._mask = int(mask, 8) if isinstance(mask, str) else int(mask)
        return before

    def getuid(self) -> int:
        """Return the user of the platform."""
        return 0

    geteuid = getgid = getegid = getuid

    def getgroups(self) -> JsArray:
        """Return no groups."""
        return array([])

    def emitWarning(self, warning: Any = None, *_options: Any) -> None:
        """Log a warning and emit "warning"."""
        from pywrangler.runtime.js.console import console

        if isinstance(warning, str):
            warning = error(warning)
            warning.name = "Warning"
        console.warn(warning)
        self.emit("warning", warning)

    def getBuiltinModule(self, name: Any = None) -> Any:
        """Return a module of Node.js; undefined for one that does not exist."""
        from pywrangler.runtime.js.node import INSTEAD, has_module, load_module

        short = to_string(name).removeprefix("node:")
        return load_module(short) if has_module(short) or short in INSTEAD else None

    def exit(self, code: Any = None) -> None:
        """End the request, as the platform does: there is no process to end."""
        status = self.exitCode if code is None else code
        shown = 0 if status is None else to_string(status)
        raise error(f"The Node.js process.exit({shown}) API was called. Canceling the request.")

    def abort(self) -> None:
        """End the request."""
        raise error("The Node.js process.abort() API was called. Canceling the request.")

    def hasUncaughtExceptionCaptureCallback(self) -> bool:
        """Never."""
        return False

    def getActiveResourcesInfo(self) -> JsArray:
        """The platform does not tell."""
        return array([])

    def _own_properties(self) -> dict[str, Any]:
        return {**super()._own_properties(), "env": self.env}


def _variables() -> dict[str, str]:
    date, flags = cloudflare.settings()
    if not flags_at(date, flags)["nodejs_compat_populate_process_env"]:
        return {}
    env = cloudflare.environment()
    found = {}
    for name, value in (env._own_properties() if isinstance(env, JsProxy) else {}).items():
        if isinstance(value, str):
            found[name] = value
        elif value is jsnull or isinstance(value, (bool, int, float, JsArray)) or type(value) is JsObject:
            found[name] = str(stringify(value))
    return found


process: Process = Process.new()
DEFAULT = process


def _exports() -> dict[str, Any]:
    methods = [name for name in dir(Process) if name[0] != "_" and name not in dir(JsProxy)]
    found = {name: getattr(process, name) for name in methods if name != "env"}
    return found | {name: value for name, value in vars(process).items() if name[0] != "_"}


EXPORTS: dict[str, Any] = _exports()
MISSING = _MISSING


def complete(exports: dict[str, Any]) -> None:
    """Add what is read when it is asked for."""
    exports["env"] = process.env
