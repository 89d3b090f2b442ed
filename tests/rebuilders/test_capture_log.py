# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from rebuilders.capture_log import BoundedLog


def test_a_short_log_is_kept_as_it_is(tmp_path: Path) -> None:
    with BoundedLog(tmp_path / "log", 100) as log:
        log.write(b"one\n")
        log.note("two")
    assert (tmp_path / "log").read_bytes() == b"one\ndejabuild: two\n"


@pytest.mark.parametrize("piece", [1, 7, 64, 1000])
def test_a_long_log_keeps_head_and_tail_and_says_how_much_is_missing(
    tmp_path: Path, piece: int
) -> None:
    data = b"".join(b"%06d\n" % number for number in range(1000))
    with BoundedLog(tmp_path / "log", 140) as log:
        for start in range(0, len(data), piece):
            log.write(data[start : start + piece])
    kept = (tmp_path / "log").read_bytes()
    assert kept.startswith(data[:70])
    assert kept.endswith(data[-70:])
    assert b"[... 6860 bytes left out" in kept


def test_the_last_bytes_can_be_read_while_it_is_open(tmp_path: Path) -> None:
    with BoundedLog(tmp_path / "log", 40) as log:
        log.write(b"a" * 30 + b"END")
        assert log.recent() == b"a" * 30 + b"END"
        assert log.recent(3) == b"END"
        log.write(b"b" * 1000 + b"LAST")
        assert log.recent().endswith(b"bLAST")
        assert len(log.recent(10)) == 10


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "log")
    log.write(b"x")
    log.close()
    log.close()
    assert (tmp_path / "log").read_bytes() == b"x"


def test_a_full_disk_does_not_end_the_one_who_tells() -> None:
    with BoundedLog(Path("/dev/full"), 10_000_000) as log:
        for _ in range(100):
            log.write(b"x" * 65536)
        log.note("done")
        assert log.recent(5) == b"done\n"
