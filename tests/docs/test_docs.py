"""What the documentation shows works: its commands run, its flags exist, its configurations resolve."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from pywrangler.cli.app import COMMANDS, GLOBAL_OPTIONS
from pywrangler.config import dotenv
from pywrangler.config.resolve import resolve
from tests.docs.pages import (
    LANGUAGES,
    PAGES,
    ROOT,
    anchors,
    blocks,
    code_in_text,
    headings,
    links,
    of_language,
    section,
)
from tests.docs.reference import ignored_flags, parsers, rows

COMMAND = Path(sys.executable).with_name("pywrangler")
COMMANDS_PAGE = ROOT / "docs" / "commands.md"
DEADLINE_SECONDS = 30
NEEDS_MORE = re.compile(r"(make|pip install|python3 -m venv|\.venv/bin/)\b")
"""Lines that need the network, or what it brought; they are checked, not run."""

CALL = re.compile(r"(?:^|[\s`&(])(?:~/pywrangler-venv/bin/)?pywrangler((?: [^`\n|;&<>)]*)?)")
GLOBAL = {"-c", "--config", "--cwd", "-e", "--env", "--env-file", "-h", "--help", "-v", "--version"}
OF_CLOUDFLARE = frozenset(("deploy",))
"""Commands that are named on the pages as those of the other program."""

PAGES_WITH_COMMANDS = [page for page in PAGES if any(block.language == "sh" for block in blocks(page))]


def named(item: object) -> str:
    return item.name if isinstance(item, Path) else getattr(item, "name", str(item))


def runnable(page: Path) -> str:
    """Return the blocks that are run, and those that are files, as one script."""
    script = []
    for block in blocks(page):
        if block.file:
            script.append(f"printf %s {shlex.quote(block.text)} > {block.file}")
        elif block.language == "sh":
            script += [line for _, line in block.commands() if not NEEDS_MORE.match(line)]
    return "\n".join(script)


@pytest.mark.processes
@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=named)
def test_the_commands_of_a_page_run_in_order(page, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    others = ("CLOUDFLARE_", "PYWRANGLER_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", runnable(page)],
        cwd=home,
        env={
            **kept,
            "HOME": str(home),
            "PATH": f"{COMMAND.parent}:{os.environ['PATH']}",
            "WRANGLER_REGISTRY_PATH": str(tmp_path / "registry"),
            "NO_COLOR": "1",
            "PYTEST_ADDOPTS": "-p no:randomly -p no:xdist -p no:hypothesispytest",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


# ---- commands and flags that are named ------------------------------------------------------------------


def calls() -> list[tuple[str, str]]:
    """Return every call of `pywrangler` in blocks and in inline code, with its place."""
    found = []
    for page in PAGES:
        shown = [line for block in blocks(page) if block.language in {"sh", "console"} for line in block.commands()]
        shown += code_in_text(page)
        found += [
            (f"{page.name}:{number}", match)
            for number, code in shown
            if "pip install" not in code
            for match in CALL.findall(code)
        ]
    return found


def test_the_pages_show_calls():
    assert len(calls()) > 50


@pytest.mark.parametrize(("place", "words"), sorted(set(calls())))
def test_a_command_that_is_shown_exists_with_its_flags(place, words):
    words = [word.strip("[]'\",.") for word in words.split("#")[0].split(" -- ")[0].split()]
    flags = [word.partition("=")[0] for word in words if word.startswith("-")]
    plain = [word for word in words if not word.startswith("-")]
    if not plain or plain[0] in {"COMMAND", *OF_CLOUDFLARE}:
        assert set(flags) <= GLOBAL, place
        return
    known = {name: parser for name, parser in parsers().items() if name.split()[0] == plain[0]}
    assert known, f"{place}: there is no command {plain[0]}"
    exact = known.get(" ".join(plain[:3])) or known.get(" ".join(plain[:2])) or known.get(plain[0])
    options = {flag for parser in ([exact] if exact else known.values()) for flag in parser._option_string_actions}
    assert set(flags) <= options | GLOBAL | set(ignored_flags(plain[0])), place


def test_make_lines_name_targets():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for block in [*of_language("sh"), *of_language("console")]:
        for number, line in block.commands():
            if line.startswith("make "):
                assert line.split("#")[0].split()[1] in targets, f"{block.page.name}:{number}"


def test_nothing_is_installed_by_a_name_that_is_not_ours():
    # The name on the package index belongs to another project.
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"pip install (?:-\S+ )*[\"']?pywrangler\b", text), page.name


# ---- the reference --------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", parsers())
def test_the_reference_has_the_flags_of_every_command(words):
    wanted = list(rows(parsers()[words]))
    shown = [line for line in section(COMMANDS_PAGE, words).splitlines() if line.startswith("| `")]
    assert shown == wanted, "copy the table from `python -m tests.docs.reference`"


def test_the_reference_has_a_heading_for_every_command():
    assert {command.name for command in COMMANDS} <= anchors(COMMANDS_PAGE)


def test_the_reference_has_the_global_flags():
    shown = section(COMMANDS_PAGE, "Global flags")
    assert all(f"`{flag}" in shown for flag in re.findall(r"--?[a-z][a-z-]*", GLOBAL_OPTIONS.replace("`dev`", "")))


def test_the_reference_names_the_flags_that_are_accepted_without_effect():
    text = COMMANDS_PAGE.read_text(encoding="utf-8")
    assert [flag for name in ("dev", "sync") for flag in ignored_flags(name) if f"`{flag}`" not in text] == []


def test_the_reference_names_every_variable_that_the_code_reads():
    text = COMMANDS_PAGE.read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pywrangler").rglob("*.py"))
    names = set(re.findall(r"[\"']((?:CLOUDFLARE|WRANGLER|PYWRANGLER)_[A-Z_]*[A-Z])[\"']", source))
    assert [name for name in sorted(names - {"WRANGLER_DISABLE_EXPERIMENTAL_WARNING"}) if name not in text] == [
        "CLOUDFLARE_API_BASE_URL"
    ]


# ---- other blocks ---------------------------------------------------------------------------------------


def test_every_block_says_what_it_is():
    assert [block.name for page in PAGES for block in blocks(page) if block.language not in LANGUAGES] == []


@pytest.mark.parametrize("block", of_language("python"), ids=named)
def test_python_compiles(block):
    compile(block.text, block.name, "exec")


@pytest.mark.parametrize("block", [*of_language("jsonc"), *of_language("toml")], ids=named)
def test_configurations_resolve_without_a_word(block, tmp_path):
    text = block.text
    if "fragment" in block.words:
        top = '"name": "a", "main": "src/entry.py", "compatibility_date": "2026-11-17"'
        text = text.replace("{", f'{{ {top}, "compatibility_flags": ["python_workers"],', 1)
    path = tmp_path / f"wrangler.{block.language}"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "entry.py").touch()
    for environment in ("", *(["staging"] if "staging" in text else [])):
        found = resolve([path], cwd=tmp_path, environment=environment, process_environment={})
        # That a product is not simulated is what the page is about.
        assert [str(problem) for problem in found.warnings if problem.code != "account-only"] == []


@pytest.mark.parametrize("block", of_language("dotenv"), ids=named)
def test_variable_files_are_understood(block, tmp_path):
    path = tmp_path / ".dev.vars"
    path.write_text(block.text, encoding="utf-8")
    lines = [line for line in block.text.splitlines() if line and not line.startswith("#")]
    assert [item.line for item in dotenv.read(path)] == [block.text.splitlines().index(line) + 1 for line in lines]


# ---- messages -------------------------------------------------------------------------------------------

SITUATIONS = frozenset(
    (
        "The command `pywrangler` is another program",
        "ModuleNotFoundError",
        "A variable has an unexpected value",
        "A save changes nothing",
        "WebSockets close with 1012",
        "Objects are empty after a rename",
        "To begin from nothing",
    )
)
"""Headings of the page about trouble that are no messages of ours."""
SHORTEST_PIECE = 12


def pieces() -> set[str]:
    """Return the fixed parts of all texts in the code."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "pywrangler").rglob("*.py"))
    nodes = (node for source in sources for node in ast.walk(ast.parse(source)))
    texts = {node.value.strip() for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if len(text) >= SHORTEST_PIECE}


def test_headings_about_trouble_are_messages_of_the_code():
    known = pieces()
    shown = [title for title in headings(ROOT / "docs" / "troubleshooting.md", 3) if title not in SITUATIONS]
    assert len(shown) > 20

    def is_known(title: str) -> bool:
        return any(title in piece or (piece in title and len(piece) * 3 >= len(title)) for piece in known)

    assert [title for title in shown if not is_known(title)] == []


# ---- links and pictures ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page):
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_can_be_reached_from_the_readme():
    seen: set[Path] = set()
    queue = [ROOT / "README.md"]
    while queue:
        page = queue.pop()
        if page not in seen:
            seen.add(page)
            targets = ((page.parent / link.partition("#")[0]).resolve() for link in links(page) if ":" not in link)
            queue += [target for target in targets if target.suffix == ".md"]
    assert set(PAGES) <= seen


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "pictures").glob("*.svg")), ids=named)
def test_pictures_are_well_formed(picture):
    assert ET.parse(picture).getroot().tag.endswith("svg")


def test_the_picture_of_the_processes_is_for_light_and_dark():
    text = (ROOT / "docs" / "pictures" / "processes.svg").read_text(encoding="utf-8")
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    classes = set(re.findall(r"\.([a-z-]+) \{", light)) - {"name"}  # which has no colour of its own
    assert classes == set(re.findall(r"\.([a-z-]+)(?=[ ,][^}]*\{)", dark.partition("</style>")[0]))


def test_shell_lines_are_words():
    for block in [*of_language("sh"), *of_language("console")]:
        for number, line in block.commands():
            assert shlex.split(line, comments=True), f"{block.page.name}:{number}"
