"""Who consumes a queue, as the registry tells (spec/registry.md, section 7)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.protocol import registry
from pywrangler.runtime.channels.consumers import Consumers
from pywrangler.runtime.channels.router import ChannelRouter

if TYPE_CHECKING:
    from pathlib import Path


def write(directory: Path, name: str, *queues: str, pid: int | None = None) -> None:
    entry = registry.Entry(
        name=name,
        pid=os.getpid() if pid is None else pid,
        started=0.0,
        instance="i",
        address="unix:/nowhere",
        url="",
        queue_consumers=queues,
    )
    temporary = directory / ".new"
    temporary.write_bytes(registry.encode(entry))
    temporary.replace(directory / name)


@pytest.fixture
def consumers(tmp_path: Path) -> Consumers:
    return Consumers(tmp_path, "own")


def test_the_worker_that_lists_the_queue_is_found(tmp_path, consumers):
    write(tmp_path, "a", "other")
    write(tmp_path, "b", "jobs", "more")
    assert consumers.find("jobs") == "b"
    assert consumers.find("nobody's") is None


def test_changes_are_seen_at_the_next_call(tmp_path, consumers):
    assert consumers.find("jobs") is None
    write(tmp_path, "b", "jobs")
    assert consumers.find("jobs") == "b"
    (tmp_path / "b").unlink()
    assert consumers.find("jobs") is None
    write(tmp_path, "c", "jobs")
    assert consumers.find("jobs") == "c"


def test_an_entry_that_was_changed_in_place_is_seen_too(tmp_path, consumers):
    write(tmp_path, "a", "jobs", "more")
    write(tmp_path, "b", "other")
    assert consumers.find("more") == "a"
    (tmp_path / "b").write_bytes((tmp_path / "a").read_bytes().replace(b'"a"', b'"b"').replace(b"jobs", b"mails"))
    assert consumers.find("mails") == "b"


def test_of_several_the_first_by_name_gets_the_messages(tmp_path, consumers):
    write(tmp_path, "z", "jobs")
    write(tmp_path, "b", "jobs")
    assert consumers.find("jobs") == "b"


def test_a_session_that_died_is_passed_over(tmp_path, consumers):
    write(tmp_path, "a", "jobs", pid=2**22 + 1)
    write(tmp_path, "b", "jobs")
    assert consumers.find("jobs") == "b"


def test_the_own_entry_is_no_source(tmp_path, consumers):
    write(tmp_path, "own", "jobs")
    assert consumers.find("jobs") is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"debugPortAddress": "x", "queueConsumers": ["jobs"]}'])
def test_other_files_are_passed_over(tmp_path, consumers, content):
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "folder").mkdir()
    write(tmp_path, "b", "jobs")
    (tmp_path / "copy").write_bytes((tmp_path / "b").read_bytes())
    (tmp_path / "b").unlink()
    assert consumers.find("jobs") is None


def test_a_directory_that_is_not_there_has_no_consumers(tmp_path):
    assert Consumers(tmp_path / "missing", "own").find("jobs") is None


def test_the_own_worker_comes_first(tmp_path):
    receiver: Any = None
    router = ChannelRouter("own", receiver, tmp_path, lambda *_told: None, queues={"jobs"})
    write(tmp_path, "a", "jobs", "mails")
    assert [router.consumer(queue) for queue in ("jobs", "mails", "none")] == ["own", "a", None]
