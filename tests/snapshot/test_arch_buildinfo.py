# SPDX-License-Identifier: GPL-3.0-or-later
"""Arch build records of all three formats."""

from __future__ import annotations

import pytest

from snapshot.arch_buildinfo import ArchBuildInfo
from snapshot.errors import InvalidInput, Unsupported
from snapshot.need import Need
from snapshot.timestamp import Timestamp

V2 = """format = 2
pkgname = tool
pkgbase = tools
pkgver = 1:1.6-4
pkgarch = x86_64
pkgbuild_sha256sum = 307f
packager = X <x@y.example>
builddate = 1588454625
builddir = /build
startdir = /startdir
buildtool = devtools
buildenv = !distcc
options =
installed = acl-2.2.53-2-x86_64
installed = gcc-libs-multi-1:1.8.4-1-any
"""


def test_names_with_dashes_and_versions_with_epochs_are_told_apart() -> None:
    info = ArchBuildInfo.parse(V2.encode())
    assert info.format == 2
    assert (info.name, info.base, info.version) == ("tool", "tools", "1:1.6-4")
    assert info.architecture == "x86_64"
    assert info.pkgbuild_sha256 == "307f"
    assert info.build_directory == "/build"
    assert info.build_date == Timestamp(1588454625)
    assert info.installed == (
        Need("acl", "2.2.53-2", "x86_64"),
        Need("gcc-libs-multi", "1:1.8.4-1", "any"),
    )


def test_the_oldest_format_names_no_architecture() -> None:
    text = "pkgname = st\npkgver = 1-1\nbuilddir = /b\ninstalled = gcc-libs-8.1-1\n"
    info = ArchBuildInfo.parse(text.encode())
    assert (info.format, info.base, info.build_date) == (0, "st", None)
    assert info.installed == (Need("gcc-libs", "8.1-1", None),)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("installed = acl-2.2.53-2-x86_64", "installed = acl", "b, line 14: not an installed"),
        ("installed = acl-2.2.53-2-x86_64", "rubbish", "b, line 14: not .key = value"),
        ("pkgname = tool\n", "", "b: no pkgname"),
        (V2[V2.index("installed") :], "", "b: 0 installed packages"),
        ("options =", "options =\x00", "b, line 13: a NUL byte"),
    ],
)
def test_a_broken_record_is_refused_with_the_line(old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        ArchBuildInfo.parse(V2.replace(old, new).encode(), name="b")


def test_a_later_format_is_not_guessed_at() -> None:
    with pytest.raises(Unsupported, match="format '3'"):
        ArchBuildInfo.parse(V2.replace("format = 2", "format = 3").encode())


def test_an_oversized_record_is_refused_unread() -> None:
    with pytest.raises(InvalidInput, match="accepted"):
        ArchBuildInfo.parse(b"a" * ((16 << 20) + 1))
