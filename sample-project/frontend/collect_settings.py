"""Write src/page_settings.py: the VITE_ names of the environment, .env.local and .env.dev; the first wins."""

import os
import re
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE / "src" / "page_settings.py"
LINE = re.compile(r"""^\s*(VITE_\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#\r\n]*))""", re.MULTILINE)


def read(name):
    try:
        text = (HERE / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {match[1]: (match[2] or match[3] or match[4] or "").strip() for match in LINE.finditer(text)}


def main():
    environment = {name: value for name, value in os.environ.items() if name.startswith("VITE_")}
    settings = read(".env.dev") | read(".env.local") | environment
    text = '"""Made by collect_settings.py; edit .env.local instead."""\n\n'
    text += f"SETTINGS = {dict(sorted(settings.items()))!r}\n"
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
