"""`pywrangler secret --remote` against a server that behaves like Cloudflare's API (spec/deploy-api.md)."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.cli.app import run
from tests.cloud.api import ACCOUNT, TOKEN, FakeApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "hunter2-never-shown\n\"é'"
SCRIPT = f"/accounts/{ACCOUNT}/workers/scripts/app"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi(workers={"app": {"OLD": "1"}}) as running:
        yield running


@pytest.fixture(autouse=True)
def project(api: FakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in list(os.environ):
        if name.startswith(("CLOUDFLARE_", "CF_")) or name in {"CI", "FORCE_COLOR"} or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("CLOUDFLARE_API_BASE_URL", api.url)
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    monkeypatch.chdir(tmp_path)
    configure(tmp_path)
    return tmp_path


def configure(directory: Path, **more: Any) -> None:
    content = {"name": "app", "main": "entry.py", "compatibility_date": "2026-05-01", **more}
    (directory / "wrangler.jsonc").write_text(json.dumps(content))


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command; return its status, stdout and stderr, after a look for secrets in them."""

    def run_with(*words: str, input: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(input.encode()), encoding="utf-8"))
        status = run(["secret", *words, "--remote"])
        out, err = capsys.readouterr()
        assert "hunter2" not in out + err
        assert "swordfish" not in out + err
        return status, out, err

    return run_with


def test_put_sends_the_secret_to_the_only_account(api, send, project):
    status, out, err = send("put", "NEW", input=SECRET + "\n")
    assert (status, err) == (0, "")
    assert out == '🌀 Creating the secret for the Worker "app"\n✨ Success! Uploaded secret NEW\n'
    assert api.workers["app"] == {"OLD": "1", "NEW": SECRET}
    sent = api.seen[-1]
    assert (sent.method, sent.path) == ("PUT", f"{SCRIPT}/secrets")
    assert sent.body == {"name": "NEW", "text": SECRET, "type": "secret_text"}
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert not (project / ".dev.vars").exists()


def test_list_shows_names_as_json_without_more(api, send):
    assert send("list") == (0, '[\n  {\n    "name": "OLD",\n    "type": "secret_text"\n  }\n]\n', "")
    assert send("list", "--format", "pretty")[1] == "Secret Name: OLD\n\n"


def test_delete_encodes_the_name(api, send):
    api.workers["app"]["a/b é"] = "1"
    status, out, _ = send("delete", "a/b é")
    assert status == 0
    assert '? Are you sure you want to permanently delete the secret a/b é on the Worker "app"?\n🤖' in out
    assert out.endswith("✨ Success! Deleted secret a/b é\n")
    assert api.seen[-1].path == f"{SCRIPT}/secrets/a%2Fb%20%C3%A9?url_encoded=true"
    assert api.workers["app"] == {"OLD": "1"}


def test_bulk_is_one_request(api, send):
    status, out, _ = send("bulk", input=json.dumps({"A": SECRET, "OLD": None}))
    assert status == 0
    assert api.workers["app"] == {"A": SECRET}
    sent = api.seen[-1]
    assert (sent.method, sent.path) == ("PATCH", f"{SCRIPT}/secrets-bulk")
    assert sent.headers["Content-Type"] == "application/merge-patch+json"
    assert sent.body == {"secrets": {"A": {"name": "A", "text": SECRET, "type": "secret_text"}, "OLD": None}}
    assert "💥 Successfully deleted secret for key: OLD" in out


def test_more_secrets_than_the_api_takes_are_refused_before_any_request(api, send):
    status, _, err = send("bulk", input=json.dumps({f"K{number}": "1" for number in range(101)}))
    assert status == 1
    assert "up to 100 secrets at once, these are 101" in err
    assert api.seen == []


# ---- which Worker, which account


@pytest.mark.parametrize(
    ("words", "config", "worker"),
    [
        ((), {}, "app"),
        (("--name", "other"), {}, "other"),
        (("--env", "stage"), {"env": {"stage": {}}}, "app-stage"),
        (("--env", "stage"), {"env": {"stage": {"name": "own"}}}, "own"),
        (("--name", "other", "--env", "stage"), {"env": {"stage": {}}}, "other-stage"),
    ],
)
def test_the_worker_is_that_of_the_flags(api, send, project, words, config, worker):
    configure(project, **config)
    api.workers[worker] = {}
    assert send("put", "A", *words, input="1")[0] == 0
    assert api.workers[worker]["A"] == "1"


def test_with_a_name_no_config_is_needed(api, send, project):
    (project / "wrangler.jsonc").unlink()
    assert send("put", "A", "--name", "app", input="1")[0] == 0
    assert "No configuration found" in send("put", "A", input="1")[2]


def test_environments_without_a_choice_are_warned_about(send, project):
    configure(project, env={"stage": {}})
    status, _, err = send("put", "A", input="1")
    assert status == 0
    assert "Multiple environments are defined" in err
    assert send("put", "A", "--env", "", input="1")[2] == ""
    assert send("list")[2] == ""


def test_a_config_without_a_name_needs_the_flag(api, send, project):
    configure(project, name=None)
    (project / "wrangler.jsonc").write_text('{"main": "e.py", "compatibility_date": "2026-05-01"}')
    status, _, err = send("put", "A", input="1")
    assert status == 1
    assert "Required Worker name missing" in err
    assert api.seen == []


@pytest.mark.parametrize("source", ["config", "environment"])
def test_a_configured_account_is_not_looked_up(api, send, project, monkeypatch, source):
    if source == "config":
        configure(project, account_id=ACCOUNT)
        monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "b" * 32)
    else:
        monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
    assert send("list")[0] == 0
    assert [request.path for request in api.seen] == [f"{SCRIPT}/secrets"]


def test_several_accounts_have_to_be_chosen_from(api, send):
    api.accounts = [{"id": ACCOUNT, "name": "Mine"}, {"id": "b" * 32, "name": "Work"}]
    status, _, err = send("list")
    assert status == 1
    assert f"Mine: {ACCOUNT}" in err
    assert f"Work: {'b' * 32}" in err
    assert "account_id" in err


def test_no_account_is_an_error(api, send):
    api.accounts = []
    assert "Failed to automatically retrieve account IDs" in send("list")[2]


def test_the_token_may_stand_in_dot_env(api, send, project, monkeypatch):
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    (project / ".env").write_text(f"CLOUDFLARE_API_TOKEN={TOKEN}\n")
    assert send("list")[0] == 0


def test_old_names_work_with_a_warning(send, monkeypatch):
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    monkeypatch.setenv("CF_API_TOKEN", TOKEN)
    status, _, err = send("list")
    assert status == 0
    assert 'Using "CF_API_TOKEN" environment variable. This is deprecated.' in err


def test_key_and_email_are_sent_as_such(api, send, monkeypatch):
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    monkeypatch.setenv("CLOUDFLARE_API_KEY", "swordfish-key")
    monkeypatch.setenv("CLOUDFLARE_EMAIL", "me@example.com")
    send("list")
    assert api.seen[0].headers["X-Auth-Key"] == "swordfish-key"
    assert api.seen[0].headers["X-Auth-Email"] == "me@example.com"


# ---- a Worker that does not exist


@pytest.mark.parametrize(("words", "input"), [(("put", "A"), "1"), (("bulk",), '{"A": "1"}')])
def test_an_unknown_worker_is_created_empty(api, send, words, input):
    status, out, _ = send(*words, "--name", "fresh", input=input)
    assert status == 0
    assert 'There doesn\'t seem to be a Worker called "fresh".' in out
    assert api.workers["fresh"] == {"A": "1"}
    upload = next(request for request in api.seen if request.method == "PUT" and request.path.endswith("scripts/fresh"))
    metadata = json.loads(upload.body["metadata"])
    assert upload.body[metadata["main_module"]] == b"export default { fetch() {} }"


def test_listing_an_unknown_worker_is_an_error(send):
    status, out, err = send("list", "--name", "fresh")
    assert (status, out) == (1, "")
    assert '✘ [ERROR] Worker "fresh" not found.' in err


# ---- what goes wrong


def fault(status: int, *errors: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    return status, {"success": False, "errors": list(errors), "result": None}, headers


def test_errors_of_the_api_are_shown_each_on_a_line(api, send, project):
    configure(project, account_id=ACCOUNT)
    chain = [{"code": 2, "message": "below"}]
    api.faults.append(fault(200, {"code": 1, "message": "one", "error_chain": chain}, {"code": 3, "message": "two"}))
    status, out, err = send("list")
    assert (status, out) == (1, "")
    assert err == (
        f"✘ [ERROR] A request to the Cloudflare API ({SCRIPT}/secrets) failed.\n\n"
        "  one [code: 1]\n    below [code: 2]\n  two [code: 3]\n\n"
    )
    assert len(api.seen) == 1


def test_a_wrong_token_comes_with_advice(send, monkeypatch):
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "wrong-swordfish")
    status, _, err = send("list")
    assert status == 1
    assert "Authentication error [code: 10000]" in err
    assert "Workers Scripts > Edit" in err


def test_an_answer_that_is_no_json_is_shown_in_part(api, send, project):
    configure(project, account_id=ACCOUNT)
    api.faults.append((502, "<h1>bad gateway</h1>" + "x" * 5000, {}))
    status, _, err = send("list")
    assert status == 1
    assert "Received a malformed response from the API" in err
    assert "<h1>bad gateway</h1>" in err
    assert f"GET {SCRIPT}/secrets -> 502 Bad Gateway" in err
    assert len(err) < 1000


def test_a_server_that_sends_the_request_back_shows_no_secret(api, send, project):
    configure(project, account_id=ACCOUNT)
    api.faults.append((500, f"you sent ECHO with Bearer {TOKEN}", {}))
    assert "you sent" not in send("put", "A", input=SECRET)[2]
    api.faults.append((500, "x" * 290 + f"Bearer {TOKEN}", {}))
    assert "(hi" in send("list")[2]
    message = f"no room for {SECRET} ({json.dumps(SECRET)})"
    api.faults.append(fault(400, {"code": 5, "message": message}))
    assert "(hidden)" in send("bulk", input=json.dumps({"A": SECRET}))[2]


def test_too_many_requests_say_how_long_to_wait(api, send, project):
    configure(project, account_id=ACCOUNT)
    api.faults.append(fault(429, {"code": 971, "message": "slow down"}, **{"Retry-After": "7"}))
    assert "Too many requests: try again in 7 seconds." in send("list")[2]
    assert len(api.seen) == 1


def test_a_version_that_is_not_deployed_is_explained(api, send, project):
    configure(project, account_id=ACCOUNT)
    api.faults.append(fault(400, {"code": 10215, "message": "nope"}))
    assert "Secret edit failed" in send("put", "A", input="1")[2]


def test_a_redirect_is_not_followed(api, send, project):
    configure(project, account_id=ACCOUNT)
    api.faults.append((302, "elsewhere", {"Location": api.url + "/accounts?page=1"}))
    assert send("list")[0] == 1
    assert len(api.seen) == 1


def test_control_characters_of_the_server_do_not_reach_the_terminal(api, send, project):
    configure(project, account_id=ACCOUNT)
    api.faults.append(fault(400, {"code": 5, "message": "\x1b[2J red"}))
    assert "\x1b" not in send("list")[2]


def test_nobody_there_is_told(send, monkeypatch, project):
    configure(project, account_id=ACCOUNT)
    monkeypatch.setenv("CLOUDFLARE_API_BASE_URL", "http://127.0.0.1:1/client/v4")
    status, _, err = send("list")
    assert status == 1
    assert "The Cloudflare API cannot be reached" in err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"CLOUDFLARE_API_TOKEN": ""}, "necessary to set a CLOUDFLARE_API_TOKEN"),
        ({"CLOUDFLARE_API_TOKEN": "swordfish\nX: y"}, "no header may have"),
        ({"CLOUDFLARE_API_TOKEN": "swordfish é"}, "no header may have"),
        ({"CLOUDFLARE_API_BASE_URL": "http://api.example.com/v4"}, "plain http"),
        ({"CLOUDFLARE_API_BASE_URL": "http://127.0.0.1.example.com/v4"}, "plain http"),
        ({"CLOUDFLARE_API_BASE_URL": "ftp://localhost"}, "has to be an address"),
        ({"CLOUDFLARE_API_BASE_URL": "http://[::1"}, "has to be an address"),
    ],
)
def test_access_that_is_missing_or_unsafe_is_refused_before_any_request(api, send, monkeypatch, settings, message):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    status, _, err = send("put", "A", input=SECRET)
    assert status == 1
    assert message in err
    assert api.seen == []
