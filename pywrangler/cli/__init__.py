"""The command line: one module per command group; `app` finds them, `render` alone knows rich.

Cloudflare's workers-py has a module `pywrangler.cli`, which this package hides in an environment that has both. Its
command asks here for `app`, and has to get its own.
"""

TYPE_CHECKING = False
if not TYPE_CHECKING:

    def __getattr__(name):  # noqa: ANN001, ANN202 - type checkers do not see it
        import os
        import sys

        theirs = f"{os.path.dirname(__file__)}.py"  # noqa: PTH120 - as the file beside is called
        if name != "app" or not os.path.isfile(theirs):  # noqa: PTH113 - pathlib takes time
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.util import module_from_spec, spec_from_file_location

        sys.stderr.write(
            "pywrangler: this is the command of Cloudflare's workers-py, which was installed into the environment of "
            "pywrangler and took its name.\n"
            f"The other one is `{sys.executable} -m pywrangler.program`; each in an environment of its own, both keep "
            "their name.\n"
        )
        spec = spec_from_file_location("pywrangler.cli_of_workers_py", theirs)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        globals()["app"] = module.app  # once is enough
        return module.app
