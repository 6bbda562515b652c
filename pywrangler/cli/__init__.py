"""The command line: one module per command group; `app` finds them, `render` alone knows rich.

Cloudflare's workers-py has a module `pywrangler.cli`, which this package hides in an environment that has both. Its
command asks here for `app`, and has to get its own.
"""

TYPE_CHECKING = False
if not TYPE_CHECKING:

    def __getattr__(name):  # noqa: ANN001, ANN202 - type checkers do not see it
        if name == "app":
            import sys

            from pywrangler.cli.workers_py import load

            theirs = load()
            if theirs is not None:
                sys.stderr.write(
                    "pywrangler: this is the command of Cloudflare's workers-py, which was installed into the "
                    "environment of pywrangler and took its name.\n"
                    f"The other one is `{sys.executable} -m pywrangler.program`; each in an environment of its own, "
                    "both keep their name.\n"
                )
                globals()["app"] = theirs  # once is enough
                return theirs
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
