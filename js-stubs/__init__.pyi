"""The global scope of JavaScript in Workers: `import js`, `from js import Response`.

Values are JavaScript's own: constructed with `X.new(...)`, where keyword arguments become the trailing options object.
Python dicts and lists are not converted: use `pyodide.ffi.to_js`.
"""

from types import ModuleType
from typing import Final

from js._buffers import *
from js._crypto import *
from js._events import *
from js._http import *
from js._intl import *
from js._language import *
from js._node import *
from js._numbers import *
from js._resources import *
from js._scope import *
from js._streams import *
from js._url import *
from js._websocket import *

undefined: Final[None]
NaN: Final[float]
Infinity: Final[float]
globalThis: ModuleType
self: ModuleType
