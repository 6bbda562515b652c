# Runs in the Python of a project's environment (`pywrangler.delegation`): goes on with the pywrangler that is installed
# there, or back to the one that handed over. Compiled at each start, so it is short.
import os
import sys

environment, interpreter, script, *arguments = sys.argv[1:]
try:
    from pywrangler.program import main
except ImportError:
    os.environ["PYWRANGLER_HANDED_OVER"] = f"failed {environment}"
    os.execv(interpreter, [interpreter, script, *arguments])  # noqa: S606 - no shell is wanted
os.environ["PYWRANGLER_HANDED_OVER"] = script
sys.argv = [f"{environment}/bin/pywrangler", *arguments]
main()
