from __future__ import annotations

from pathlib import Path

import pytest

from pywrangler.config.discover import discover, load
from pywrangler.errors import ConfigError


def touch(*paths: Path, text: str = "{}") -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def paths(start: Path) -> list[Path]:
    return [found.path for found in discover(None, cwd=start).configs]


def test_the_nearest_config_upwards_is_found(tmp_path: Path) -> None:
    touch(tmp_path / "wrangler.jsonc", tmp_path / "a" / "wrangler.jsonc")
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    assert paths(tmp_path / "a" / "b" / "c") == [tmp_path / "a" / "wrangler.jsonc"]


@pytest.mark.parametrize(
    ("far", "near"),
    [
        ("wrangler.json", "wrangler.jsonc"),
        ("wrangler.json", "wrangler.toml"),
        ("wrangler.jsonc", "wrangler.toml"),
    ],
)
def test_the_name_outranks_the_distance_with_a_warning(tmp_path: Path, far: str, near: str) -> None:
    touch(tmp_path / far, tmp_path / "inner" / near)
    discovery = discover(None, cwd=tmp_path / "inner")
    assert discovery.configs[0].path == tmp_path / far
    (warning,) = discovery.warnings
    assert warning.severity == "warning"
    assert str(tmp_path / "inner" / near) in warning.what


def test_a_farther_config_of_a_lesser_name_is_no_reason_to_warn(tmp_path: Path) -> None:
    touch(tmp_path / "wrangler.toml", tmp_path / "inner" / "wrangler.json")
    assert discover(None, cwd=tmp_path / "inner").warnings == ()


def test_the_search_starts_at_the_script(tmp_path: Path) -> None:
    touch(tmp_path / "other" / "wrangler.jsonc")
    assert discover(None, cwd=tmp_path, start=tmp_path / "other").configs[0].path == tmp_path / "other/wrangler.jsonc"


def test_every_child_directory_with_a_config_is_a_worker(tmp_path: Path) -> None:
    touch(
        tmp_path / "frontend" / "wrangler.toml",
        tmp_path / "backend" / "wrangler.jsonc",
        tmp_path / "node_modules" / "wrangler.jsonc",
        tmp_path / ".hidden" / "wrangler.jsonc",
        tmp_path / "docs" / "deeper" / "wrangler.jsonc",
    )
    discovery = discover(None, cwd=tmp_path)
    assert [found.path.parent.name for found in discovery.configs] == ["backend", "frontend"]
    assert discovery.are_siblings


def test_nothing_found_is_no_config(tmp_path: Path) -> None:
    assert discover(None, cwd=tmp_path).configs == ()


def test_given_paths_start_at_the_working_directory_and_keep_their_order(tmp_path: Path) -> None:
    touch(tmp_path / "a.jsonc", tmp_path / "b" / "x.toml")
    discovery = discover([Path("b/x.toml"), Path("a.jsonc")], cwd=tmp_path)
    assert [found.path for found in discovery.configs] == [tmp_path / "b" / "x.toml", tmp_path / "a.jsonc"]


def test_an_unknown_suffix_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path / "w.json5")
    with pytest.raises(ConfigError, match="unknown suffix"):
        discover([Path("w.json5")], cwd=tmp_path)


def test_a_directory_is_an_error_that_names_the_config_in_it(tmp_path: Path) -> None:
    touch(tmp_path / "back" / "wrangler.jsonc")
    with pytest.raises(ConfigError, match=r"is a directory.*Did you mean .*back/wrangler\.jsonc"):
        discover([Path("back")], cwd=tmp_path)


def test_a_missing_file_is_named_with_its_neighbour(tmp_path: Path) -> None:
    touch(tmp_path / "wrangler.jsonc")
    with pytest.raises(ConfigError, match=r'Could not read file .*wranger\.jsonc.*Did you mean "wrangler\.jsonc"'):
        load(tmp_path / "wranger.jsonc")


# ---- redirects ------------------------------------------------------------------------------------------


def redirect(base: Path, text: str) -> None:
    touch(base / ".wrangler" / "deploy" / "config.json", text=text)


def test_a_redirect_leads_to_the_generated_config(tmp_path: Path) -> None:
    touch(tmp_path / "wrangler.jsonc", tmp_path / "dist" / "wrangler.json")
    redirect(tmp_path, '{"configPath": "../../dist/wrangler.json"}')
    (found,) = discover(None, cwd=tmp_path).configs
    assert found.path == tmp_path / "dist" / "wrangler.json"
    assert found.user_path == tmp_path / "wrangler.jsonc"
    assert found.redirect == tmp_path / ".wrangler" / "deploy" / "config.json"


def test_a_given_config_is_not_redirected(tmp_path: Path) -> None:
    touch(tmp_path / "wrangler.jsonc")
    redirect(tmp_path, "broken")
    assert discover([Path("wrangler.jsonc")], cwd=tmp_path).configs[0].redirect is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", 'needs the field "configPath"'),
        ('{"configPath": 5}', 'needs the field "configPath"'),
        ("[1]", 'needs the field "configPath"'),
        ('{"configPath": "nope.json"}', "which does not exist"),
        ("{", "The file ends here"),
    ],
)
def test_a_broken_redirect_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    touch(tmp_path / "wrangler.jsonc")
    redirect(tmp_path, text)
    with pytest.raises(ConfigError, match=message):
        discover(None, cwd=tmp_path)


def test_a_redirect_of_another_directory_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path / "inner" / "wrangler.jsonc", tmp_path / "w.json")
    redirect(tmp_path, '{"configPath": "../../w.json"}')
    with pytest.raises(ConfigError, match="different folders"):
        discover(None, cwd=tmp_path / "inner")
