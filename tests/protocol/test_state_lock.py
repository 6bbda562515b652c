from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.protocol.state_lock import Holder, decode, encode, lock_path
from pywrangler.runtime.state_lock import StateLock
from pywrangler.session.state_locks import StateLocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = ("worker", "unix:/run/ours.sock", "http://localhost:1")
THEIRS = ("worker", "unix:/run/theirs.sock", "http://localhost:2")


@pytest.fixture
def sessions() -> Iterator[list[StateLocks]]:
    made = [StateLocks(), StateLocks()]
    yield made
    for session in made:
        session.close()


def _lock(session: StateLocks, root: Path, who: tuple[str, str, str]) -> StateLock:
    descriptor = session.descriptor(0, root, "worker")
    assert descriptor is not None
    return StateLock(descriptor, *who)


@given(st.binary())
def test_any_bytes_are_a_holder_or_none(content: bytes) -> None:
    assert isinstance(decode(content), Holder | None)


@given(st.builds(Holder, st.text(), st.text(), st.integers(0, 2**31)), st.binary())
def test_a_holder_is_read_back_whatever_an_earlier_one_left_behind_it(holder: Holder, rest: bytes) -> None:
    assert decode(encode(holder) + rest) == holder


def test_one_session_owns_the_state_and_the_other_hears_who_does(tmp_path: Path, sessions: list[StateLocks]) -> None:
    ours, theirs = _lock(sessions[0], tmp_path, OURS), _lock(sessions[1], tmp_path, THEIRS)
    assert theirs.holder() is None
    assert ours.take()
    assert not theirs.take()
    assert theirs.holder() == Holder(OURS[1], OURS[2], os.getpid())
    entry = theirs.entry()
    assert entry is not None
    assert (entry.name, entry.address) == ("worker", OURS[1])


def test_hosts_of_one_session_own_it_together(tmp_path: Path, sessions: list[StateLocks]) -> None:
    predecessor, successor = _lock(sessions[0], tmp_path, OURS), _lock(sessions[0], tmp_path, OURS)
    assert predecessor.take()
    assert successor.take()
    assert successor.holder() is None  # nobody else


def test_the_state_is_free_when_its_session_is_gone(tmp_path: Path, sessions: list[StateLocks]) -> None:
    ours, theirs = _lock(sessions[0], tmp_path, OURS), _lock(sessions[1], tmp_path, THEIRS)
    heard: list[str] = []
    ours.take()
    theirs.when_taken(lambda: heard.append("taken"))
    assert not heard
    sessions[0].close()
    assert theirs.take()
    assert heard == ["taken"]
    assert theirs.take()
    assert heard == ["taken"]


def test_a_session_opens_another_file_for_another_name_and_for_state_that_was_removed(
    tmp_path: Path, sessions: list[StateLocks]
) -> None:
    session = sessions[0]
    first = session.descriptor(0, tmp_path, "one")
    assert first is not None
    assert session.descriptor(0, tmp_path, "one") == first
    lock_path(tmp_path, "one").unlink()
    again = session.descriptor(0, tmp_path, "one")
    assert again is not None
    assert os.path.samestat(os.fstat(again), lock_path(tmp_path, "one").stat())
    session.descriptor(0, tmp_path, "two")
    with lock_path(tmp_path, "one").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("kind", ["a directory that cannot be made", "a FIFO", "a link"])
def test_what_is_no_lock_file_gives_none_and_does_not_block(
    tmp_path: Path, sessions: list[StateLocks], kind: str
) -> None:
    path = lock_path(tmp_path, "worker")
    if kind == "a directory that cannot be made":
        path.parent.write_text("in the way")
    else:
        path.parent.mkdir()
        if kind == "a FIFO":
            os.mkfifo(path)
        else:
            path.symlink_to(tmp_path / "elsewhere")
    descriptor = sessions[0].descriptor(0, tmp_path, "worker")
    assert descriptor is None
