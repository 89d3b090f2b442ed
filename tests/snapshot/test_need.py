# SPDX-License-Identifier: GPL-3.0-or-later
"""How a need reads in messages."""

from __future__ import annotations

from snapshot.need import Need


def test_a_need_reads_as_in_a_build_record() -> None:
    assert str(Need("libc6", "2.36-9")) == "libc6 (= 2.36-9)"
    assert str(Need("libc6", "2.36-9", "i386")) == "libc6:i386 (= 2.36-9)"
