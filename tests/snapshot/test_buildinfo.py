# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian build records: read exactly, refused clearly."""

from __future__ import annotations

import pytest

from snapshot.buildinfo import BuildInfo
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, Unsupported
from snapshot.need import Need
from snapshot.timestamp import Timestamp

TEXT = f"""Format: 1.0
Source: hello (2:2.10-3)
Binary: hello hello-doc
Architecture: all amd64 source
Version: 2:2.10-3+b9
Binary-Only-Changes:
 hello (2:2.10-3+b9) sid; urgency=low, binary-only=yes
 .
   * Rebuild.
 .
  -- B <b@d.example>  Thu, 08 Aug 2019 04:36:59 +0000
Checksums-Sha1:
 {"d" * 40} 58844 hello_2.10-3+b9_amd64.deb
Checksums-Sha256:
 {"a" * 64} 58844 hello_2.10-3+b9_amd64.deb
 {"b" * 64} 1234 hello-dbgsym_2.10-3+b9_amd64.deb
Build-Origin: Debian
Build-Architecture: amd64
Build-Date: Thu, 08 Aug 2019 06:37:07 +0200
Build-Path: /build/reproducible-path/hello-2.10
Build-Tainted-By:
 usr-local-has-programs
 merged-usr-via-aliased-dirs
Installed-Build-Depends:
 base-files (= 11),
 libc6:i386 (= 1:2.28-10~x)
Environment:
 DEB_BUILD_OPTIONS="parallel=4"
 CFLAGS="-DX=\\"y\\" C:\\dir"
"""


def parse(old: str = "", new: str = "") -> BuildInfo:
    assert old in TEXT
    return BuildInfo.parse(TEXT.replace(old, new, 1).encode(), name="h.buildinfo")


def test_every_field_is_read() -> None:
    info = parse()
    assert (info.source, info.source_version) == ("hello", "2:2.10-3")
    assert info.version == "2:2.10-3+b9"
    assert info.binaries == ("hello", "hello-doc")
    assert info.architectures == ("all", "amd64", "source")
    assert (info.build_architecture, info.host_architecture) == ("amd64", "amd64")
    assert info.build_origin == "Debian"
    assert info.build_date == Timestamp.parse("20190808T043707Z")
    assert info.build_path == "/build/reproducible-path/hello-2.10"
    assert info.binary_only_changes is not None
    assert info.binary_only_changes.startswith("hello (2:2.10-3+b9) sid;")
    assert info.tainted_by == ("usr-local-has-programs", "merged-usr-via-aliased-dirs")
    assert info.installed == (Need("base-files", "11"), Need("libc6", "1:2.28-10~x", "i386"))
    assert [(a.name, a.checksums.size) for a in info.checksums] == [
        ("hello_2.10-3+b9_amd64.deb", 58844),
        ("hello-dbgsym_2.10-3+b9_amd64.deb", 1234),
    ]
    assert info.checksums[0].checksums.sha256 == Digest("a" * 64)
    assert info.checksums[0].checksums.sha1 == "d" * 40
    assert not info.signed
    assert info.source_need == Need("hello", "2:2.10-3", kind="source")


def test_a_backslash_in_the_environment_stands_for_itself_and_only_quotes_are_escaped() -> None:
    assert dict(parse().environment) == {
        "DEB_BUILD_OPTIONS": "parallel=4",
        "CFLAGS": '-DX="y" C:\\dir',
    }


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [("amd64", "any"), ("all", "all"), ("all amd64 source", "any,all"), ("source", "source")],
)
def test_what_was_built_decides_what_is_built(architecture: str, kind: str) -> None:
    assert parse("all amd64 source", architecture).build_kind == kind


def test_a_cross_build_shows_in_its_architecture_or_in_the_field() -> None:
    assert parse("all amd64 source", "armhf").host_architecture == "armhf"
    assert (
        parse("Build-Origin", "Host-Architecture: s390x\nBuild-Origin").host_architecture == "s390x"
    )


def test_optional_fields_may_be_absent() -> None:
    for gone in (
        "Binary-Only-Changes",
        "Build-Path",
        "Build-Date",
        "Environment",
        "Build-Tainted-By",
    ):
        start = TEXT.index(gone)
        end = start + next(
            (
                i
                for i in range(1, len(TEXT) - start)
                if TEXT[start + i - 1] == "\n" and TEXT[start + i] != " "
            ),
            len(TEXT) - start,
        )
        info = parse(TEXT[start:end], "")
        assert not (
            {
                "Binary-Only-Changes": info.binary_only_changes,
                "Build-Path": info.build_path,
                "Build-Date": info.build_date,
                "Environment": info.environment,
                "Build-Tainted-By": info.tainted_by,
            }[gone]
        )


def test_without_a_parenthesis_the_source_has_the_version_of_the_binaries() -> None:
    assert parse(" (2:2.10-3)", "").source_version == "2:2.10-3+b9"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Source: hello (2:2.10-3)", "Source: ../x", "line 2: Source: not .name"),
        ("Source: hello (2:2.10-3)", "Source: x ($(id))", "line 2: Source: not|not a version"),
        ("2:2.10-3+b9\n", "1;rm -rf\n", "not a version"),
        ("all amd64 source", "amd64 i386", "several architectures"),
        ("all amd64 source", "../x", "not an architecture"),
        ("Build-Architecture: amd64", "Build-Architecture: am/d", "not an architecture"),
        ("hello_2.10-3+b9_amd64.deb", "../../etc/cron.d/x", "line 13: not a safe file name"),
        ("hello_2.10-3+b9_amd64.deb", "a/b.deb", "line 13: a file name with a directory"),
        ("Build-Path: /build/", "Build-Path: /build/../", "line 20: a build path"),
        ("Build-Path: /build/", "Build-Path: build/", "line 20: a build path"),
        ("Build-Path: /build/", "Build-Path: /b$(id)/", "line 20: a build path"),
        ("Build-Path: /build/", "Build-Path: /b'/", "line 20: a build path"),
        ("Build-Path: /build/", "Build-Path: /b d/", "line 20: a build path"),
        ("base-files (= 11)", "base-files (>= 11)", "line 25: not an installed package"),
        ("base-files (= 11)", "base-files (= 11) | x (= 1)", "line 25: not an installed package"),
        ("base-files (= 11)", "base/files (= 11)", "line 25: not an installed package"),
        ("base-files (= 11)", "libc6:i386 (= 2)", "line 26: libc6:i386 .= 1:2.28-10~x. after"),
        ('DEB_BUILD_OPTIONS="parallel=4"', "A=1", "line 28: not one KEY"),
        ('DEB_BUILD_OPTIONS="parallel=4"', 'CFLAGS="x"', "line 29: not one KEY"),
        ("Thu, 08 Aug 2019 06:37:07", "yesterday", "Build-Date: not a date"),
        ("Installed-Build-Depends", "Installed", "Installed-Build-Depends is missing"),
        ("Format: 1.0\n", "", "the field Format is missing"),
    ],
)
def test_a_record_that_could_leave_its_place_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"h\.buildinfo.*({message})"):
        parse(old, new)


def test_a_truncated_record_is_never_read_as_one_that_needs_less() -> None:
    end_of_list = TEXT.index("Environment:")
    for length in range(len(TEXT)):
        if length >= end_of_list and TEXT[length - 1] == "\n":
            assert len(BuildInfo.parse(TEXT[:length].encode()).installed) == 2
            continue
        with pytest.raises(InvalidInput, match=r"h\.buildinfo"):
            BuildInfo.parse(TEXT[:length].encode(), name="h.buildinfo")


def test_a_later_format_is_not_guessed_at() -> None:
    with pytest.raises(Unsupported, match=r"Format '2\.0'"):
        parse("Format: 1.0", "Format: 2.0")


def test_size_and_number_of_packages_are_bounded() -> None:
    with pytest.raises(InvalidInput, match="more than the 100 accepted"):
        BuildInfo.parse(TEXT.encode(), max_size=100)
    with pytest.raises(InvalidInput, match="more than 1 installed packages"):
        BuildInfo.parse(TEXT.encode(), max_dependencies=1)


def test_only_signed_text_counts() -> None:
    signed = (
        "Source: evil\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
        f"{TEXT}\n-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n"
        "\nSource: evil\n"
    )
    info = BuildInfo.parse(signed.encode())
    assert info.source == "hello"
    assert info.signed


def test_lines_are_counted_in_the_file_and_not_in_its_signed_part() -> None:
    signed = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
        f"{TEXT.replace('base-files (= 11)', 'base-files (> 11)')}"
        "-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n"
    )
    with pytest.raises(InvalidInput, match="line 28: not an installed package"):
        BuildInfo.parse(signed.encode())
    with pytest.raises(InvalidInput, match="line 4: a NUL byte"):
        BuildInfo.parse(signed.replace("Format: 1.0", "Format: \0").encode())
