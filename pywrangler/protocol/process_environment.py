"""The environment of the processes that run Worker code.

On Cloudflare `os.environ` holds a few constants; what a Worker shall know comes through `env`. Code that finds a token
of the developer's shell there works on one machine and fails everywhere else, and may send the token to strangers. So:

- `os.environ` holds the constants of the platform, and of this machine only what its libraries need to find programs,
  certificates, proxies, the language and the time zone (`MACHINE`);
- a process that was told to debug by the interpreter's own variables keeps those (`DEBUGGING`);
- the nursery is started with that and what the loader and the interpreter read at their start (`START_PREFIXES`). It
  forgets the latter before it imports anything of the user's. `/proc/self/environ` keeps what a process began with, so
  the rest of the shell's environment is never given.

The list is documented in docs/concepts.md. Imports nothing, because it is on the way of every start.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

PLATFORM = {
    "HOME": "/session",
    "LANG": "C.UTF-8",
    "LOGNAME": "web_user",
    "PATH": "/",
    "PWD": "/",
    "PYTHONHASHSEED": "111",
    "USER": "web_user",
    "_": "./this.program",
}
"""What workerd gives its Python: two names of `src/pyodide/internal/pool/emscriptenSetup.ts`, the rest Emscripten's."""

_PROXIES = ("ALL_PROXY", "FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "WSS_PROXY", "WS_PROXY")
MACHINE = frozenset(
    (
        *("PATH", "HOME"),
        *("LANG", "LANGUAGE", "LC_ADDRESS", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_IDENTIFICATION", "LC_MEASUREMENT"),
        *("LC_MESSAGES", "LC_MONETARY", "LC_NAME", "LC_NUMERIC", "LC_PAPER", "LC_TELEPHONE", "LC_TIME"),
        *("TZ", "TZDIR", "PYTHONTZPATH"),
        *_PROXIES,
        *map(str.lower, _PROXIES),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "OPENSSL_CONF", "OPENSSL_MODULES"),
    )
)
"""What libraries of this machine need."""

DEBUGGING = ("PYTHONASYNCIODEBUG", "PYTHONBREAKPOINT")
"""Read by Python whenever a loop is made or `breakpoint()` is called."""
TERMINAL = ("TERM", "COLORTERM")
"""What a debugger with a screen of its own needs, beside PYTHONBREAKPOINT."""

START_PREFIXES = ("PYTHON", "LD_", "DYLD_", "MALLOC_", "GLIBC_", "COVERAGE_", "COV_CORE_")


def of_workers(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that Worker code sees, given the whole one."""
    return {**PLATFORM, **{name: value for name, value in environ.items() if _reaches_workers(name, environ)}}


def of_nursery(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that the nursery is started with."""
    return {
        name: value
        for name, value in environ.items()
        if _reaches_workers(name, environ) or name.startswith(START_PREFIXES)
    }


def _reaches_workers(name: str, environ: Mapping[str, str]) -> bool:
    return name in MACHINE or name in DEBUGGING or (name in TERMINAL and "PYTHONBREAKPOINT" in environ)
