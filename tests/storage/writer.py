"""The child of the crash test: writes until it is killed and acknowledges each turn after its commit."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pywrangler.config.model import Compat
from pywrangler.runtime.alarms import AlarmIndex
from pywrangler.runtime.clock import SystemClock
from pywrangler.runtime.storage import ObjectStorage


class Owner:
    """An object that ends its turns itself."""

    def wrote(self) -> None: ...

    def has_alarm_handler(self) -> bool:
        return True

    async def exclusive(self, function: object) -> None: ...

    def notice(self, problem: object) -> None:
        print(problem, file=sys.stderr)


def main(path: Path, first: int) -> None:
    storage = ObjectStorage(
        path,
        worker="shop",
        class_name="Cart",
        object_id=path.stem,
        object_name=None,
        sqlite=True,
        compat=Compat("2026-06-01"),
        clock=SystemClock(),
        outputs=Owner(),
        alarms=AlarmIndex(path.parent),
    )
    storage.sql_exec("CREATE TABLE IF NOT EXISTS log (n INTEGER PRIMARY KEY, text)")
    storage.commit()
    for number in range(first, first + 1_000_000):
        storage.put("count", number)
        storage.put(f"key{number % 50}", {"n": number, "pad": "x" * (number % 3000)})
        storage.sql_exec("INSERT INTO log VALUES (?, ?)", (number, "y" * (number % 500)))
        storage.set_alarm(5_000_000_000_000 + number if number % 3 else 6_000_000_000_000 - number)
        storage.commit()
        os.write(1, b"%d\n" % number)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
