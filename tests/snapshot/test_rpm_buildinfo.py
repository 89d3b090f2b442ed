# SPDX-License-Identifier: GPL-3.0-or-later
"""RPM build records."""

from __future__ import annotations

import pytest

from snapshot.errors import InvalidInput, Unsupported
from snapshot.need import Need
from snapshot.rpm_buildinfo import RpmBuildInfo
from snapshot.timestamp import Timestamp

TEXT = """Format: 0.2-rpm
Build-Architecture: x86_64
Source: qubes-u2f
Epoch: 2
Version: 1.2.8
Release: 1.fc32
Architecture: noarch
Build-Origin: fedora
Build-Date: Tue, 02 Feb 2021 16:50:19 +0100
Build-Path: /builddir/build/BUILD
Installed-Build-Depends:
 acl-2.2.53-5.fc32.x86_64
 1:dbus-libs-1.12.20-1.fc32.x86_64
 gpg-pubkey-12c944d0-5d5156ab.(none)
Environment:
 LANG="C.UTF-8"
"""


def test_packages_are_split_and_keys_left_out() -> None:
    info = RpmBuildInfo.parse(TEXT.encode())
    assert (info.format, info.source, info.version) == ("0.2-rpm", "qubes-u2f", "2:1.2.8-1.fc32")
    assert (info.architecture, info.build_architecture) == ("noarch", "x86_64")
    assert (info.build_origin, info.build_path) == ("fedora", "/builddir/build/BUILD")
    assert info.build_date == Timestamp.parse("20210202T155019Z")
    assert info.installed == (
        Need("acl", "2.2.53-5.fc32", "x86_64"),
        Need("dbus-libs", "1:1.12.20-1.fc32", "x86_64"),
    )


def test_without_an_epoch_there_is_none() -> None:
    assert RpmBuildInfo.parse(TEXT.replace("Epoch: 2\n", "").encode()).version == "1.2.8-1.fc32"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (" acl-2.2.53-5.fc32.x86_64", " acl (= 1)", "r, line 12: not an installed package"),
        ("Release: 1.fc32\n", "", "r: the field Release is missing"),
        (TEXT[TEXT.index("Installed") :], "", "r: the field Installed-Build-Depends is missing"),
    ],
)
def test_a_broken_record_is_refused_with_the_line(old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        RpmBuildInfo.parse(TEXT.replace(old, new).encode(), name="r")


def test_another_format_and_an_oversized_record_are_refused() -> None:
    with pytest.raises(Unsupported, match=r"9\.9-rpm"):
        RpmBuildInfo.parse(TEXT.replace("0.2-rpm", "9.9-rpm").encode())
    with pytest.raises(InvalidInput, match="accepted"):
        RpmBuildInfo.parse(b"a" * ((16 << 20) + 1))


def test_the_number_of_packages_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snapshot.rpm_buildinfo.MAX_DEPENDENCIES", 1)
    with pytest.raises(InvalidInput, match="more than 1 installed"):
        RpmBuildInfo.parse(TEXT.encode())
