"""Which vendored packages are imported, and which are left to the project's environment."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywrangler.packages import vendored
from pywrangler.packages.distributions import Requirement, installed, parse
from pywrangler.packages.vendored import look
from tests.packages.make import FOR_WEBASSEMBLY, WEBASSEMBLY, compiled, distribution, native

if TYPE_CHECKING:
    from pathlib import Path

NATIVE = EXTENSION_SUFFIXES[0]
OTHER_PYTHON = ".cpython-35m-x86_64-linux-gnu.so"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    return tmp_path / "python_modules"


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    return tmp_path / "site-packages"


def hidden(modules: Path, venv: Path) -> list[str]:
    return sorted(look(modules, (), [venv]).hidden)


@pytest.mark.parametrize(
    ("file", "content", "loads"),
    [
        (f"fast/_core{FOR_WEBASSEMBLY}", WEBASSEMBLY, False),
        (f"fast/_core{FOR_WEBASSEMBLY}", b"", False),
        ("fast/_core.cpython-314-wasm32-emscripten.so", WEBASSEMBLY, False),
        ("fast/_core.pyemscripten_2026_0_wasm32.so", WEBASSEMBLY, False),
        ("fast/_core.abi3.so", WEBASSEMBLY, False),
        ("fast/_core.abi3.so", b"\x7fELF", True),
        ("fast/_core.so", WEBASSEMBLY, False),
        ("fast/_core.so", b"\x7fELF", True),
        ("fast/libcore.so", WEBASSEMBLY, False),
        ("fast/libcore.1.2.so", b"\x7fELF", True),
        (f"fast/_core{NATIVE}", b"\x7fELF", True),
        (f"fast/_core{OTHER_PYTHON}", b"\x7fELF", False),
        ("fast/_core.cp313-win_amd64.pyd", b"MZ", False),
        (f"fast/deep/er/_core{FOR_WEBASSEMBLY}", WEBASSEMBLY, False),
        ("fast/data.wasm", WEBASSEMBLY, True),
        ("fast/_core.py", b"", True),
    ],
)
@pytest.mark.parametrize("record", [True, False])
def test_a_package_is_left_to_the_environment_if_it_cannot_be_loaded_here(
    modules: Path, venv: Path, file: str, content: bytes, loads: bool, record: bool
) -> None:
    distribution(modules, "fast", "1.0", {"fast/__init__.py": "", file: content}, record=record)
    distribution(venv, "fast", "2.0", {"fast/__init__.py": ""})
    assert (hidden(modules, venv) == []) is loads
    found = look(modules, (), [venv])
    assert found.hides(str(modules / "fast")) is not loads
    assert found.hides_metadata("fast-1.0.dist-info") is not loads


def test_a_library_beside_a_package_counts_as_the_package_s(modules: Path, venv: Path) -> None:
    distribution(modules, "fast", "1.0", {"fast/__init__.py": "", "fast.libs/libz.so": WEBASSEMBLY})
    distribution(venv, "fast", "1.0", {"fast/__init__.py": ""})
    assert hidden(modules, venv) == ["fast"]


def test_a_package_with_a_build_for_this_machine_beside_that_for_webassembly_counts(modules: Path, venv: Path) -> None:
    files = {"fast/__init__.py": "", f"fast/_core{FOR_WEBASSEMBLY}": WEBASSEMBLY, f"fast/_core{NATIVE}": b"\x7fELF"}
    distribution(modules, "fast", "1.0", files)
    distribution(venv, "fast", "1.0", {"fast/__init__.py": ""})
    assert hidden(modules, venv) == []


def test_code_without_any_metadata_is_judged_by_its_files(modules: Path, venv: Path) -> None:
    (modules / "fast").mkdir(parents=True)
    (modules / f"fast/_core{FOR_WEBASSEMBLY}").write_bytes(WEBASSEMBLY)
    (modules / "fast/__init__.py").touch()
    (modules / f"single{FOR_WEBASSEMBLY}").write_bytes(WEBASSEMBLY)
    distribution(venv, "other-name", "1.0", {"fast/__init__.py": "", "single.py": ""})
    assert hidden(modules, venv) == ["fast", "single"]


def test_pure_python_stays_whatever_the_environment_has(modules: Path, venv: Path) -> None:
    distribution(modules, "pure", "1.0", {"pure/__init__.py": "", "extra.py": ""})
    distribution(venv, "pure", "2.0", {"pure/__init__.py": "", "extra.py": ""})
    assert look(modules, (), [venv]).skipped == ()


def test_what_the_environment_lacks_stays_and_is_known_to_be_foreign(modules: Path, venv: Path) -> None:
    distribution(modules, "fast-lib", "1.0", compiled("fast"))
    distribution(venv, "other", "1.0", {"fast/__pycache__/x.pyc": b""})
    found = look(modules, (), [venv])
    assert found.hidden == frozenset()
    (item,) = found.skipped
    assert (item.name, item.is_replaced) == ("fast-lib", False)
    assert found.foreign("fast._core") is item
    assert found.foreign("fast") is item
    assert found.foreign("faster") is None


def test_of_a_shared_package_only_the_part_of_the_distribution_is_left_out(modules: Path, venv: Path) -> None:
    fast = {
        "google/fast/__init__.py": "",
        f"google/fast/_core{FOR_WEBASSEMBLY}": b"",
        f"google/_m{FOR_WEBASSEMBLY}": b"",
    }
    distribution(modules, "fast", "1.0", fast)
    distribution(modules, "pure", "1.0", {"google/pure/__init__.py": ""})
    distribution(venv, "fast", "1.0", {"google/fast/__init__.py": "", "google/_m.py": ""})
    distribution(venv, "pure", "2.0", {"google/pure/__init__.py": ""})
    assert hidden(modules, venv) == ["google/_m", "google/fast"]


PIN = ("core==1.0",)


@pytest.mark.parametrize(
    ("in_venv", "requires", "skipped"),
    [
        ("1.0", PIN, ["core"]),
        ("1.0.0", PIN, ["core"]),
        ("2.0", PIN, ["core", "model", "web"]),
        ("2.0", ("core>=1",), ["core"]),
        ("2.0", ("core>=1,<2",), ["core", "model", "web"]),
        ("2.0", ('core==1.0; python_version < "4"',), ["core", "model", "web"]),
        ("2.0", ('core==1.0; extra == "fast"',), ["core"]),
        ("2.0", ("core @ https://example.com/core.whl",), ["core"]),
    ],
)
def test_pure_packages_that_do_not_fit_the_environment_s_build_come_from_there_too(
    modules: Path, venv: Path, in_venv: str, requires: tuple[str, ...], skipped: list[str]
) -> None:
    distribution(modules, "core", "1.0", compiled("core"))
    distribution(modules, "model", "1.0", {"model/__init__.py": ""}, requires=requires)
    distribution(modules, "web", "1.0", {"web/__init__.py": ""}, requires=("model<2",))
    distribution(modules, "unrelated", "1.0", {"unrelated/__init__.py": ""})
    distribution(venv, "core", in_venv, native("core", "venv"))
    for name in ("model", "web", "unrelated"):
        distribution(venv, name, "2.0", {f"{name}/__init__.py": ""})
    assert hidden(modules, venv) == skipped


def test_what_the_environment_s_build_needs_newer_comes_from_there_too(modules: Path, venv: Path) -> None:
    distribution(modules, "core", "1.0", compiled("core"))
    distribution(modules, "typing-lib", "4.1", {"typing_lib.py": ""})
    distribution(venv, "core", "1.0", native("core", "venv"), requires=("typing_lib>=4.2",))
    distribution(venv, "typing-lib", "4.3", {"typing_lib.py": ""})
    assert hidden(modules, venv) == ["core", "typing_lib"]


def test_a_misfit_stays_if_the_environment_has_none(modules: Path, venv: Path) -> None:
    distribution(modules, "core", "1.0", compiled("core"))
    distribution(modules, "model", "1.0", {"model/__init__.py": ""}, requires=PIN)
    distribution(venv, "core", "2.0", native("core", "venv"))
    assert hidden(modules, venv) == ["core"]


def test_a_missing_directory_holds_nothing(tmp_path: Path) -> None:
    found = look(tmp_path / "none", ("**/*.pyc",), [tmp_path])
    assert found.skipped == ()
    assert list(installed(tmp_path / "none")) == []


def test_excluded_files_do_not_exist(modules: Path) -> None:
    found = look(modules, ("**/*.pyc", "lib/**"))
    assert found.excludes(str(modules / "lib" / "a.py"))
    assert found.excludes(str(modules / "x.pyc"))
    assert not found.excludes(str(modules / "x.py"))
    assert look(modules, ("*.dist-info/**",)).hides_metadata("lib-1.dist-info")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fastapi", Requirement("fastapi")),
        (" Fast_API.x ", Requirement("fast-api-x")),
        ("a[b,c]>=1,<2", Requirement("a", ">=1,<2")),
        ("a (>=1)", Requirement("a", ">=1")),
        ("a>=1 ; python_version < '4'", Requirement("a", ">=1", is_conditional=True)),
        ("a; x", Requirement("a", is_conditional=True)),
        ("a @ https://x/y.whl ; z", Requirement("a", is_conditional=True)),
        ("", None),
        (">=1", None),
    ],
)
def test_requirements(line: str, expected: Requirement | None) -> None:
    assert parse(line) == expected


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_content_of_metadata_breaks_the_look(tmp_path_factory: pytest.TempPathFactory, record: bytes, head: bytes):
    place = tmp_path_factory.mktemp("any")
    info = place / "x-1.dist-info"
    info.mkdir()
    (info / "RECORD").write_bytes(b"core/_x.so,,\n" + record)
    (info / "METADATA").write_bytes(b"Requires-Dist: " + head)
    look(place, (), [place])
    for item in installed(place):
        assert item.requires is not None


@settings(deadline=None)
@given(st.text(alphabet="ab1._-[]()<>=~!;@ ,\"'", max_size=30), st.text(alphabet="0123456789.abv!+", max_size=12))
def test_no_requirement_breaks_the_comparison(line: str, version: str) -> None:
    found = parse(line)
    if found is not None:
        assert found.allows(version) in {True, False}


def test_names_of_places_are_those_that_wrangler_uploads() -> None:
    assert vendored.PYTHON_MODULES == "python_modules"
    assert vendored.DEFAULT_EXCLUDED == ("**/*.pyc",)
