# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from rebuilders.compare import compare, describe, digest_file
from snapshot.digest import Digest
from snapshot.verdict import Status
from snapshot.wire import ExpectedArtifact


def expected(name: str, data: bytes) -> ExpectedArtifact:
    return ExpectedArtifact(name, Digest.of(data), len(data))


def test_the_same_bytes_are_good_other_bytes_bad_nothing_bad(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"same")
    (tmp_path / "b").write_bytes(b"other")
    files = {name: tmp_path / name for name in ("a", "b")}
    found = compare([expected("a", b"same"), expected("b", b"b"), expected("c", b"c")], files)
    assert [artifact.status for artifact in found] == [Status.GOOD, Status.BAD, Status.BAD]
    assert [artifact.sha256 for artifact in found] == [
        Digest.of(b"same"),
        Digest.of(b"other"),
        None,
    ]
    assert describe(found) == "differs: b; not built: c"


def test_the_digest_decides_not_the_size_an_original_is_said_to_have(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"same")
    wanted = ExpectedArtifact("a", Digest.of(b"same"), 0)
    assert compare([wanted], {"a": tmp_path / "a"})[0].status is Status.GOOD


def test_what_was_built_besides_is_not_looked_at(tmp_path: Path) -> None:
    assert compare([], {"extra": tmp_path / "does-not-exist"}) == ()
    assert describe([]) == ""


def test_a_large_file_is_hashed_in_pieces(tmp_path: Path) -> None:
    data = b"x" * (3 * 1024 * 1024 + 5)
    (tmp_path / "big").write_bytes(data)
    assert digest_file(tmp_path / "big") == (Digest.of(data), len(data))
