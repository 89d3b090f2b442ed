# SPDX-License-Identifier: GPL-3.0-or-later
"""Four build records of other people's tools give the right list of what is needed."""

from __future__ import annotations

import pytest

from snapshot.buildinfo import BuildInfo
from snapshot.need import Need
from snapshot.record import Record, read_record
from snapshot.resolver import resolve
from tests.borrowed.conftest import SHARED


def read(name: str) -> Record:
    return read_record((SHARED / "buildinfo" / name).read_bytes(), name)


@pytest.mark.parametrize(
    ("name", "kind", "source", "version", "count", "first", "last"),
    [
        (
            "0xffff_0.8-1+b1_amd64.buildinfo", "deb", "0xffff", "0.8-1+b1", 140,
            Need("autoconf", "2.69-11"), Need("zlib1g", "1:1.2.11.dfsg-1+b1"),
        ),
        (
            "bash_5.1-3+b1_amd64.buildinfo", "deb", "bash", "5.1-3+b1", 165,
            Need("autoconf", "2.69-14"), Need("zlib1g", "1:1.2.11.dfsg-2"),
        ),
        (
            "mimalloc-1.6.1-4.BUILDINFO", "arch", "mimalloc", "1.6.1-4", 136,
            Need("acl", "2.2.53-2", "x86_64"), Need("zstd", "1.4.4-1", "x86_64"),
        ),
        (
            "qubes-core-agent-4.1.23-1.fc32.x86_64.buildinfo", "rpm", "qubes-core-agent",
            "4.1.23-1.fc32", 222,
            Need("acl", "2.2.53-5.fc32", "x86_64"), Need("zstd", "1.4.7-1.fc32", "x86_64"),
        ),
    ],
)  # fmt: skip
def test_an_empty_archive_misses_exactly_what_the_record_lists(
    name: str, kind: str, source: str, version: str, count: int, first: Need, last: Need
) -> None:
    record = read(name)
    assert (record.kind, record.source, record.version) == (kind, source, version)
    found = resolve(
        record.needs,
        [],
        near=record.build_date,
        build_architecture=record.build_architecture,
        kind=record.kind,
    )
    missing = [gap.need for gap in found.missing]
    assert len(missing) == count
    assert (missing[0], missing[-1]) == (first, last)
    assert found.environment is None


def test_the_signed_binary_only_rebuild_is_read_in_full() -> None:
    info = read("0xffff_0.8-1+b1_amd64.buildinfo").detail
    assert isinstance(info, BuildInfo)
    assert info.signed
    assert info.source_need == Need("0xffff", "0.8-1", kind="source")
    assert info.build_kind == "any"
    assert info.build_path == "/build/0xffff-6j3EkP/0xffff-0.8"
    assert info.tainted_by == ("usr-local-has-programs",)
    assert info.binary_only_changes == (
        "0xffff (0.8-1+b1) sid; urgency=low, binary-only=yes\n\n"
        "  * Binary-only non-maintainer upload for amd64; no source changes.\n"
        "  * rebuild on buildd\n\n"
        " -- amd64 / i386 Build Daemon (x86-csail-01) "
        "<buildd_amd64-x86-csail-01@buildd.debian.org>  Thu, 08 Aug 2019 04:36:59 +0000"
    )
    assert dict(info.environment)["SOURCE_DATE_EPOCH"] == "1565239019"
    assert [a.name for a in info.checksums] == [
        "0xffff-dbgsym_0.8-1+b1_amd64.deb",
        "0xffff_0.8-1+b1_amd64.deb",
    ]


def test_every_package_of_bash_is_compared() -> None:
    info = read("bash_5.1-3+b1_amd64.buildinfo").detail
    assert isinstance(info, BuildInfo)
    assert len(info.checksums) == 6
