"""When a save is over, and whether it changed anything."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pywrangler.session.settle import ABSENCE_SECONDS, BURST_SECONDS, QUIET_SECONDS, Settler, digest

A, B = Path("/a.py"), Path("/b.py")


class Disk:
    """Contents by path."""

    def __init__(self, **files: str) -> None:
        self.files = {Path(f"/{name}.py"): text for name, text in files.items()}

    def read(self, path: Path):
        text = self.files.get(path)
        return None if text is None else (len(text), hash(text))


def settler(disk: Disk, *known: Path) -> Settler:
    made = Settler(disk.read)
    made.learn(known)
    return made


def test_a_change_is_reported_when_it_has_been_quiet():
    disk = Disk(a="1")
    it = settler(disk, A)
    disk.files[A] = "2"
    it.add([A], 0.0)
    assert it.poll(0.0) == (frozenset(), QUIET_SECONDS)
    assert it.poll(QUIET_SECONDS) == (frozenset({A}), None)
    assert it.poll(1.0) == (frozenset(), None)


def test_a_file_written_with_the_same_content_is_no_change():
    disk = Disk(a="1")
    it = settler(disk, A)
    it.add([A], 0.0)
    assert it.poll(1.0) == (frozenset(), None)


def test_a_burst_is_reported_once():
    disk = Disk(a="1", b="1")
    it = settler(disk, A, B)
    disk.files.update({A: "2", B: "2"})
    it.add([A], 0.0)
    it.add([B], 0.002)
    assert it.poll(0.003)[0] == frozenset()
    assert it.poll(0.006)[0] == {A, B}


def test_an_endless_burst_is_reported_at_the_limit():
    disk = Disk(a="1")
    it = settler(disk, A)
    disk.files[A] = "2"
    now = 0.0
    while now < BURST_SECONDS:
        it.add([A], now)
        assert it.poll(now)[0] == frozenset()
        now += 0.002
    assert it.poll(now)[0] == {A}


def test_a_file_that_comes_back_was_not_removed():
    disk = Disk(a="1")
    it = settler(disk, A)
    del disk.files[A]
    it.add([A], 0.0)
    changed, again = it.poll(0.01)
    assert not changed
    assert again is not None
    disk.files[A] = "2"
    it.add([A], 0.02)
    assert it.poll(0.03) == (frozenset({A}), None)


def test_a_file_that_stays_away_is_reported():
    disk = Disk(a="1")
    it = settler(disk, A)
    del disk.files[A]
    it.add([A], 0.0)
    it.poll(0.01)
    assert it.poll(ABSENCE_SECONDS + 0.01) == (frozenset({A}), None)


def test_a_missing_file_does_not_hold_up_the_others():
    disk = Disk(a="1", b="1")
    it = settler(disk, A, B)
    del disk.files[A]
    disk.files[B] = "2"
    it.add([A, B], 0.0)
    assert it.poll(0.01)[0] == {B}


def test_an_unknown_file_counts_as_changed():
    it = settler(Disk(a="1"))
    it.add([A], 0.0)
    assert it.poll(1.0)[0] == {A}


def test_an_unknown_file_that_is_gone_is_reported_at_once():
    it = settler(Disk())
    it.add([A], 0.0)
    assert it.poll(QUIET_SECONDS)[0] == {A}


@given(st.lists(st.sampled_from(["", "x", "y", None]), min_size=1, max_size=8))
def test_what_is_reported_last_is_what_the_disk_holds(contents):
    disk = Disk(a="start")
    it = settler(disk, A)
    seen = disk.read(A)
    now = 0.0
    for text in contents:
        disk.files.pop(A, None)
        if text is not None:
            disk.files[A] = text
        it.add([A], now)
        now += 1.0
        changed, _ = it.poll(now)
        assert bool(changed) == (disk.read(A) != seen)
        seen = disk.read(A)


def test_a_digest_tells_contents_apart(tmp_path):
    path = tmp_path / "x"
    assert digest(path) is None
    path.write_text("a")
    first = digest(path)
    path.write_text("b")
    assert digest(path) != first
    path.write_text("a")
    assert digest(path) == first


def test_accepted_files_are_known_as_they_are_and_their_news_is_void():
    contents = {Path("/a.py"): "old"}
    settler = Settler(contents.get)
    settler.learn(contents)
    settler.add(contents, 1.0)
    contents[Path("/a.py")] = "new"
    settler.accept([Path("/a.py")])
    assert settler.poll(10.0) == (frozenset(), None)
    contents[Path("/a.py")] = "newer"
    settler.add(contents, 11.0)
    assert settler.poll(20.0)[0] == {Path("/a.py")}
