# SPDX-License-Identifier: GPL-3.0-or-later
"""Partial files on a disk: what is there is read again, and one writer has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapshot.digest import Checksums, Digest
from snapshot.errors import Busy, VerificationError
from storage.blobs import Blob
from storage.blobs.partial import PartialFile


class Settled:
    """Takes complete files away."""

    def __init__(self) -> None:
        self.taken: list[Blob] = []

    def __call__(self, path: Path, blob: Blob, durable: bool, modified: float | None) -> None:
        self.taken.append(blob)
        path.unlink()


@pytest.fixture
def settled() -> Settled:
    return Settled()


def opened(root: Path, settled: Settled) -> PartialFile:
    return PartialFile(root / "partial", "http://host/a file", settled)


def test_what_the_disk_holds_counts_not_what_was_meant(tmp_path: Path, settled: Settled) -> None:
    with opened(tmp_path, settled) as writer:
        writer.write(b"hello world")
    (file,) = (tmp_path / "partial").iterdir()
    file.write_bytes(b"hollo")  # torn by a power cut
    with opened(tmp_path, settled) as writer:
        assert writer.size == 5
        writer.write(b" world")
        with pytest.raises(VerificationError):
            writer.commit(Checksums(11, Digest.of(b"hello world")))
    assert settled.taken == []
    assert list((tmp_path / "partial").iterdir()) == []


def test_a_key_may_be_anything(tmp_path: Path, settled: Settled) -> None:
    for key in ("../../etc/passwd", "a" * 5000, "ü\n"):
        with PartialFile(tmp_path / "partial", key, settled) as writer:
            writer.write(b"x")
    assert len(list((tmp_path / "partial").iterdir())) == 3
    assert {path.name for path in tmp_path.iterdir()} == {"partial"}


def test_one_writer_at_a_time_the_next_one_after_it(tmp_path: Path, settled: Settled) -> None:
    first = opened(tmp_path, settled)
    with pytest.raises(Busy, match="a file"):
        opened(tmp_path, settled)
    first.write(b"x")
    first.commit()
    with opened(tmp_path, settled) as second:
        assert second.size == 0
    assert list((tmp_path / "partial").iterdir()) == []


def test_a_validator_belongs_to_bytes(tmp_path: Path, settled: Settled) -> None:
    with opened(tmp_path, settled) as writer:
        writer.validator = '"v1"'
    with opened(tmp_path, settled) as writer:
        assert writer.validator == ""
        writer.write(b"x")
        writer.validator = '"v2"'
    with opened(tmp_path, settled) as writer:
        assert writer.validator == '"v2"'


def test_a_validator_is_written_down_once_that_is_worth_it(
    tmp_path: Path, settled: Settled
) -> None:
    def names() -> list[str]:
        return sorted(path.name[40:] for path in (tmp_path / "partial").iterdir())

    with opened(tmp_path, settled) as writer:
        writer.validator = '"v1"'
        writer.write(b"x" * (1 << 20) + b"x")
        assert names() == ["", ".validator"]  # a process that is killed now leaves both
        writer.restart()
        assert names() == [""]
        writer.validator = '"v2"'
        writer.write(b"x")
        assert names() == [""]
    assert names() == ["", ".validator"]
    with opened(tmp_path, settled) as writer:
        assert (writer.size, writer.validator) == (1, '"v2"')
        writer.commit()
    assert names() == []


def test_a_note_that_a_full_disk_left_empty_goes_with_its_file(
    tmp_path: Path, settled: Settled
) -> None:
    with opened(tmp_path, settled) as writer:
        writer.validator = '"v1"'
        writer.write(b"x")
    (note,) = (tmp_path / "partial").glob("*.validator")
    note.write_text("")
    with opened(tmp_path, settled) as writer:
        assert (writer.size, writer.validator) == (1, "")
        writer.commit()
    assert list((tmp_path / "partial").iterdir()) == []


@pytest.mark.parametrize("torn", [b"\0" * 6, b"\xff\xfe", b'"v1"\r\nX: y'])
def test_a_torn_note_is_no_validator(tmp_path: Path, settled: Settled, torn: bytes) -> None:
    with opened(tmp_path, settled) as writer:
        writer.validator = '"v1"'
        writer.write(b"x")
    (note,) = (tmp_path / "partial").glob("*.validator")
    note.write_bytes(torn)
    with opened(tmp_path, settled) as writer:
        assert (writer.size, writer.validator) == (1, "")
        writer.commit()
    assert list((tmp_path / "partial").iterdir()) == []
