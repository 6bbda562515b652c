"""What the files of `pywrangler types` use: a module of its own, because Cloudflare's `workers.types` has other names.

Where that SDK is installed without pywrangler this module is missing, and bindings are `Any`.
"""

from pyodide.ffi import JsArray as JsArray
from pyodide.ffi import JsNull as JsNull
from workers.types import *
