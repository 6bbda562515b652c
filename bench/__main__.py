"""`python -m bench [scenario ...]`: measure against the promises and print a table."""

from __future__ import annotations

import os
import sys
import time

from bench.scenarios import SCENARIOS, Row


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def _line(row: Row) -> str:
    promise = "" if row.promise is None else f"{'≥' if row.least else '≤'} {_figure(row.promise)}"
    verdict = "" if row.promise is None else ("kept" if row.is_kept else "MISSED")
    return f"{row.what:<68} {_figure(row.measured):>10} {row.unit:<14} {promise:>10}  {verdict}"


def main() -> int:
    names = sys.argv[1:] or list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(SCENARIOS)}", file=sys.stderr)
        return 2
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {time.strftime('%Y-%m-%d')}")
    missed = 0
    for name in names:
        for row in SCENARIOS[name]():
            missed += not row.is_kept
            print(_line(row), flush=True)
    print(f"{missed} promises missed" if missed else "every promise kept")
    return 0


if __name__ == "__main__":
    # One process drives the load; uvloop makes it cheap.
    import uvloop

    uvloop.install()
    sys.exit(main())
