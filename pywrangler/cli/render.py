"""What is drawn with rich: no other module imports it, nor this one before there is something to draw."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH_WITHOUT_TERMINAL = 200


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Draw a table on stdout; texts are taken as they are, without markup."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    table = Table(*heads, box=None, pad_edge=False, padding=(0, 3, 0, 0), title_justify="left", header_style="dim")
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    console = Console(width=width, highlight=False)
    console.print(Text(title, style="bold"))
    console.print(table)


def print_variables(worker: str, rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Draw the variables of a Worker: name, value, source, what it shadows."""
    if not rows:
        print(f"{worker} has no variables.")
        return
    print_table(f"Variables of {worker}", ("Name", "Value", "From", "Shadows"), rows)
