"""The module `asgi`: another name of `workers.asgi`."""

import sys

from workers._releases import import_asgi

# One module under two names, so that what a test replaces on one is replaced on the other.
sys.modules[__name__] = import_asgi()
