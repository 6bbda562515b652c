"""The pytest plugin begins here, outside of the package `pywrangler`, which may be another one.

Cloudflare's workers-py has a package of the same name. In an environment with both it can come before ours; then
pytest would end in a traceback, whatever the tests are about.
"""

from __future__ import annotations

import importlib.util

_package = importlib.util.find_spec("pywrangler")
if _package is None or importlib.util.find_spec("pywrangler.testing") is None:
    import sys

    import pytest

    _found = (
        "is not there"
        if _package is None
        else f"is another one ({', '.join(_package.submodule_search_locations or [])})"
    )
    raise pytest.UsageError(
        f"pywrangler's pytest plugin is installed in {sys.prefix}, but the package pywrangler {_found}; Cloudflare's "
        "workers-py has one of that name. Install each into an environment of its own, or run pytest with "
        "`-p no:pywrangler`."
    )

pytest_plugins = ["pywrangler.testing.plugin"]
