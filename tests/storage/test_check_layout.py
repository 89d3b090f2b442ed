# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in which a link can be astray has a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.blobs import LocalBlobs
from storage.check_layout import LayoutCheck
from storage.layout import Layout

STAMP, ALIAS = Timestamp.parse("20260711T101637Z"), Timestamp.parse("20260711T120000Z")
POOL = "pool/main/h/hello.deb"
TOP = "releases"


class Tree:
    """A small sound tree."""

    def __init__(self, root: Path) -> None:
        self.blobs = LocalBlobs(root / "blobs")
        self.layout = Layout(root / "archive", root / "blobs")
        self.release = self.blobs.add([b"InRelease"]).digest
        self.index = self.blobs.add([b"Packages"]).digest
        self.deb = self.blobs.add([b"hello"]).digest
        self.other = self.blobs.add([b"another"]).digest
        self.files = {"InRelease": self.release, "main/binary-amd64/Packages": self.index}
        self.layout.place_release("debian", self.release, self.files)
        self.layout.link_files("debian", [(POOL, self.deb)])
        self.layout.place_run("debian", STAMP, {"sid": self.release}, aliases=[ALIAS])
        self.top = root / "archive/debian"
        self.check = LayoutCheck(self.layout, "debian")

    def faults(self) -> list[tuple[str, str]]:
        found = [
            *self.check.run(STAMP, {"sid": self.release}, [ALIAS]),
            *self.check.release(self.release, self.files),
            *self.check.stray_runs([STAMP, ALIAS]),
            *self.check.pool({POOL: {self.deb.hex: True}}),
        ]
        return [(fault.path, fault.fault) for fault in found]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def point(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


def blob(tree: Tree, digest: Digest) -> Path:
    path = tree.blobs.local_path(digest)
    assert path is not None
    return path


def test_a_sound_tree_has_no_fault(tree: Tree) -> None:
    assert tree.faults() == []


INDEX = "main/binary-amd64/Packages"


@pytest.mark.parametrize(
    ("break_it", "path", "fault"),
    [
        (lambda t: (t.top / str(STAMP)).unlink(), str(STAMP), "missing"),
        (lambda t: point(t.top / str(STAMP), "runs/none"), str(STAMP), "dangling"),
        (lambda t: (t.top / str(ALIAS)).unlink(), str(ALIAS), "missing"),
        (lambda t: point(t.top / str(STAMP) / "dists/sid", "../x"), f"{STAMP}/dists/sid", "wrong"),
        (lambda t: (t.top / str(STAMP) / "pool").unlink(), f"{STAMP}/pool", "missing"),
        (lambda t: point(t.top / str(STAMP) / "pool", "x"), f"{STAMP}/pool", "wrong"),
        (lambda t: (t.top / "29990101T000000Z").symlink_to("x"), "29990101T000000Z", "extra"),
        (lambda t: (t.top / TOP / t.release.hex / INDEX).unlink(), INDEX, "missing"),
        (lambda t: (t.top / TOP / t.release.hex / "new").symlink_to("x"), "new", "extra"),
        (
            lambda t: point(t.top / TOP / t.release.hex / INDEX, str(blob(t, t.other))),
            INDEX,
            "wrong",
        ),
        (lambda t: (t.top / POOL).unlink(), POOL, "missing"),
        (lambda t: point(t.top / POOL, f"../../../../x/{t.deb.hex}"), POOL, "wrong"),
        (lambda t: point(t.top / POOL, t.other.hex), POOL, "wrong"),
        (lambda t: (t.top / "pool/new.deb").symlink_to("x"), "pool/new.deb", "extra"),
        (lambda t: blob(t, t.deb).unlink(), POOL, "dangling"),
    ],
)
def test_a_broken_link_is_named_with_its_fault(
    tree: Tree, break_it: Callable[[Tree], object], path: str, fault: str
) -> None:
    break_it(tree)
    found = tree.faults()
    assert found
    assert {one for _, one in found} == {fault}
    assert any(name.endswith(path) for name, _ in found)


def test_a_name_that_is_used_again_may_have_no_link_or_one_to_what_is_not_stored(
    tree: Tree,
) -> None:
    absent = Digest.of(b"absent")
    assert list(tree.check.pool({POOL: {tree.deb.hex: True, absent.hex: False}})) == []
    (tree.top / POOL).unlink()
    assert list(tree.check.pool({POOL: {tree.deb.hex: True, absent.hex: False}})) == []
    tree.layout.link_files("debian", [(POOL, absent)])
    assert list(tree.check.pool({POOL: {tree.deb.hex: True, absent.hex: False}})) == []


@pytest.mark.parametrize("name", [STAMP, ALIAS])
def test_a_stamp_that_leads_to_another_run_is_wrong(tree: Tree, name: Timestamp) -> None:
    """The other one may have the very same suites."""
    later = Timestamp(STAMP.epoch + 86400)
    tree.layout.place_run("debian", later, {"sid": tree.release})
    target = (tree.top / str(later)).readlink() if name == STAMP else later
    point(tree.top / str(name), str(target))
    faults = list(tree.check.run(STAMP, {"sid": tree.release}, [ALIAS]))
    assert [(fault.path, fault.fault) for fault in faults] == [(str(name), "wrong")]


def test_an_alias_that_is_another_runs_own_stamp_is_as_it_should_be(tree: Tree) -> None:
    tree.layout.place_run("debian", ALIAS, {"sid": tree.release})
    assert tree.faults() == []


def test_only_a_link_is_ever_removed(tree: Tree) -> None:
    (tree.top / POOL).unlink()
    (tree.top / POOL).write_text("somebody's file")
    for fault in tree.check.pool({POOL: {tree.deb.hex: True}}):
        tree.check.remove(fault)
    assert (tree.top / POOL).read_text() == "somebody's file"


def test_names_that_mean_something_else_in_a_run_are_checked_there(tree: Tree) -> None:
    tree.layout.link_files("debian", [(POOL, tree.other)])
    meaning = {POOL: tree.other}.get
    tree.layout.place_run("debian", STAMP, {"sid": tree.release}, meaning=meaning)
    assert list(tree.check.run(STAMP, {"sid": tree.release}, [], meaning)) == []
    point(tree.top / str(STAMP) / POOL, str(blob(tree, tree.deb)))
    (fault,) = tree.check.run(STAMP, {"sid": tree.release}, [], meaning)
    assert (fault.path, fault.fault) == (f"{STAMP}/{POOL}", "wrong")
    tree.check.remove_run(STAMP)
    tree.layout.place_run("debian", STAMP, {"sid": tree.release}, meaning=meaning)
    assert list(tree.check.run(STAMP, {"sid": tree.release}, [], meaning)) == []


def test_a_flat_repository_is_checked_file_by_file(tree: Tree) -> None:
    suites = {"flat/": tree.release}
    tree.layout.place_run("debian", STAMP, suites, beside={"flat/hello.deb": tree.deb})
    assert list(tree.check.run(STAMP, suites, [])) == []
    metadata = tree.top / str(STAMP) / "flat/InRelease"
    point(metadata, "elsewhere")
    (fault,) = tree.check.run(STAMP, suites, [])
    assert (fault.path, fault.fault) == (f"{STAMP}/flat/InRelease", "wrong")
    metadata.unlink()
    (fault,) = tree.check.run(STAMP, suites, [])
    assert (fault.path, fault.fault) == (f"{STAMP}/flat/InRelease", "missing")
    tree.check.remove_run(STAMP)
    tree.layout.place_run("debian", STAMP, suites, beside={"flat/hello.deb": tree.deb})
    assert list(tree.check.run(STAMP, suites, [])) == []
