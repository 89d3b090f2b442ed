# SPDX-License-Identifier: GPL-3.0-or-later
"""A record is recognised by its content, whatever it is called."""

from __future__ import annotations

import pytest

from snapshot.errors import InvalidInput
from snapshot.record import read_record
from tests.snapshot import test_arch_buildinfo, test_buildinfo, test_rpm_buildinfo


def test_each_format_is_recognised_by_content() -> None:
    debian = read_record(test_buildinfo.TEXT.encode(), "x")
    assert (debian.kind, debian.source, debian.source_version) == ("deb", "hello", "2:2.10-3")
    assert (debian.version, debian.build_architecture) == ("2:2.10-3+b9", "amd64")
    arch = read_record(test_arch_buildinfo.V2.encode(), "x")
    assert (arch.kind, arch.source, len(arch.needs)) == ("arch", "tools", 2)
    rpm = read_record(test_rpm_buildinfo.TEXT.encode(), "x")
    assert (rpm.kind, rpm.source, len(rpm.needs)) == ("rpm", "qubes-u2f", 2)


def test_a_signed_record_that_quotes_another_format_is_read_as_what_was_signed() -> None:
    signed = (
        "installed = x-1-1-any\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
        f"{test_buildinfo.TEXT}\n-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n"
    )
    record = read_record(signed.encode())
    assert record.kind == "deb"
    assert record.signed


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b\x08\x00", b"!<arch>\ndebian-binary", b"hello\n"])
def test_anything_else_is_refused_with_what_is_expected(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="x: not a build record") as caught:
        read_record(data, "x")
    assert "Debian .buildinfo" in caught.value.advice


def test_an_oversized_record_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(InvalidInput, match="x: 20 bytes, more than the 10"):
        read_record(b"Format: 1.0\n12345678", "x", limit=10)
