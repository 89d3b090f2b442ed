# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever bytes arrive as a record, the answer is a record or one clear refusal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapshot.dsc import Dsc
from snapshot.errors import DejabuildError
from snapshot.packages import BinaryStanza
from snapshot.record import read_record
from snapshot.release import Release
from snapshot.sources import SourceStanza
from tests.snapshot import (
    test_arch_buildinfo,
    test_buildinfo,
    test_dsc,
    test_packages,
    test_release,
    test_rpm_buildinfo,
    test_sources,
)

SEEDS = [
    test_buildinfo.TEXT.encode(),
    test_arch_buildinfo.V2.encode(),
    test_rpm_buildinfo.TEXT.encode(),
    test_release.TEXT.encode(),
    test_dsc.SIGNED,
    test_packages.STANZA,
    test_sources.STANZA,
]
#: A year that no C library holds.
DATE = b"\nBuild-Date: Thu, 08 Aug 99999999999999999999 04:37:07 +0000\n"
READERS = [read_record, Release.parse, Dsc.parse, BinaryStanza.parse, SourceStanza.parse]


@settings(max_examples=60)
@given(
    seed=st.sampled_from(SEEDS),
    at=st.integers(0, 1200),
    gone=st.integers(0, 40),
    new=st.one_of(
        st.binary(max_size=8), st.sampled_from([b"\n\n", b"\0", b"../", b"(", b"9" * 30, DATE])
    ),
)
@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_file_is_read_or_refused_and_never_crashes(
    reader: object, seed: bytes, at: int, gone: int, new: bytes
) -> None:
    data = seed[:at] + new + seed[at + gone :]
    try:
        reader(data)  # type: ignore[operator]
    except DejabuildError as error:
        assert error.message  # noqa: PT017  # either outcome is right, a crash is not


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(DejabuildError):
        read_record(data, "x")
