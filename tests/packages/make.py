"""Packages on disk as installers leave them."""

from __future__ import annotations

from pathlib import Path

WEBASSEMBLY = b"\0asm\1\0\0\0"
FOR_WEBASSEMBLY = ".cpython-313-wasm32-emscripten.so"


def distribution(
    place: Path,
    name: str,
    version: str,
    files: dict[str, str | bytes],
    *,
    requires: tuple[str, ...] = (),
    record: bool = True,
) -> None:
    """Install a distribution: its files, and its metadata."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    lines = "".join(f"Requires-Dist: {item}\n" for item in requires)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}\nRequires-Dist: not-a-header\n"
    everything = {**files, f"{info}/METADATA": metadata}
    if record:
        everything[f"{info}/RECORD"] = "".join(f"{file},sha256=x,1\n" for file in everything) + f"{info}/RECORD,,\n"
    for file, content in everything.items():
        path = place / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def compiled(name: str, content: str = "") -> dict[str, str | bytes]:
    """A package whose heart is built for WebAssembly, as in wheels of pydantic-core and numpy."""
    return {
        f"{name}/__init__.py": f"from {name}._core import VALUE\n{content}",
        f"{name}/_core{FOR_WEBASSEMBLY}": WEBASSEMBLY,
    }


def native(name: str, value: str) -> dict[str, str | bytes]:
    """The same package as it is installed for this machine."""
    return {f"{name}/__init__.py": f"from {name}._core import VALUE\n", f"{name}/_core.py": f"VALUE = {value!r}\n"}
