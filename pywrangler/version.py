"""The version. Not in `__init__`, which Cloudflare's workers-py overwrites in an environment that has both."""

VERSION = "0.1.0"
