# SPDX-License-Identifier: GPL-3.0-or-later
"""What is removed is gone under all its names, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.blobs import LocalBlobs
from storage.layout import Layout
from storage.prune_layout import keep_releases, placed_stamps, remove_run, unlink_file

ONE, TWO, ALIAS = (Timestamp.parse(f"2026010{n}T000000Z") for n in (1, 2, 3))
HELLO = "pool/main/h/hello/hello_1_amd64.deb"


class Bench:
    """Two runs over one pool."""

    def __init__(self, root: Path) -> None:
        self.blobs = LocalBlobs(root / "blobs")
        self.layout = Layout(root / "archive", root / "blobs")
        self.root, self.top = self.layout.root, self.layout.root / "debian"
        self.hello = self.put(b"hello")
        self.layout.link_files("debian", [(HELLO, self.hello)])
        self.releases = [self.release(ONE), self.release(TWO)]
        self.layout.place_run("debian", ONE, {"sid": self.releases[0]}, aliases=[ALIAS])
        self.layout.place_run("debian", TWO, {"sid": self.releases[1]})

    def put(self, data: bytes) -> Digest:
        return self.blobs.add([data]).digest

    def release(self, stamp: Timestamp) -> Digest:
        digest = self.put(str(stamp).encode())
        self.layout.place_release("debian", digest, {"InRelease": digest})
        return digest


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_removed_run_is_gone_under_all_its_stamps(bench: Bench) -> None:
    for _ in range(2):
        remove_run(bench.root, "debian", ONE, [ALIAS])
        left = {path.name for path in bench.top.iterdir()}
        assert left == {str(TWO), "pool", "releases", "runs"}
        assert [path.name.partition(".")[0] for path in (bench.top / "runs").iterdir()] == [
            str(TWO)
        ]
    assert (bench.top / str(TWO) / "dists/sid/InRelease").read_bytes() == str(TWO).encode()
    assert (bench.top / str(TWO) / HELLO).read_bytes() == b"hello"


def test_stamps_are_those_of_links_and_of_trees(bench: Bench) -> None:
    assert {str(ONE), str(TWO), str(ALIAS)} <= placed_stamps(bench.root, "debian")
    for stamp in (ONE, ALIAS):
        (bench.top / str(stamp)).unlink()
    placed = placed_stamps(bench.root, "debian")
    assert str(ONE) in placed  # its tree is there still
    assert str(ALIAS) not in placed
    assert placed_stamps(bench.root, "there-is-none") == set()


def test_an_alias_that_is_another_runs_own_stamp_stays(bench: Bench) -> None:
    bench.layout.place_run("debian", ALIAS, {"sid": bench.releases[1]})
    remove_run(bench.root, "debian", ONE, [ALIAS, TWO])
    for stamp in (ALIAS, TWO):
        assert (bench.top / str(stamp) / "dists/sid/InRelease").read_bytes() == str(TWO).encode()


def test_trees_of_releases_that_no_run_has_go(bench: Bench) -> None:
    assert keep_releases(bench.root, "debian", bench.releases[1:]) == 1
    assert keep_releases(bench.root, "debian", bench.releases[1:]) == 0
    assert [path.name for path in (bench.top / "releases").iterdir()] == [bench.releases[1].hex]
    assert keep_releases(bench.root, "nowhere", []) == 0


def test_a_name_goes_only_if_it_means_the_bytes_that_go(bench: Bench) -> None:
    assert not unlink_file(bench.root, "debian", HELLO, Digest.of(b"other"))
    assert not unlink_file(bench.root, "debian", "dists/sid/hello.deb", bench.hello)
    assert not unlink_file(bench.root, "debian", "pool/none.deb", bench.hello)
    assert (bench.top / HELLO).exists()
    assert unlink_file(bench.root, "debian", HELLO, bench.hello)
    assert not (bench.top / "pool").exists()
    assert bench.layout.link_files("debian", [(HELLO, bench.hello)]) == []
    assert (bench.top / HELLO).read_bytes() == b"hello"


def test_a_directory_with_other_names_stays(bench: Bench) -> None:
    other = "pool/main/h/other/other_1_amd64.deb"
    bench.layout.link_files("debian", [(other, bench.hello)])
    unlink_file(bench.root, "debian", HELLO, bench.hello)
    assert (bench.top / other).exists()
