# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from rebuilders.debian.deb_file import inspect, read_control, unpack_data
from rebuilders.failure import RebuildFailure
from tests.rebuilders.deb_files import make_deb

CONTROL = """\
Package: tiny
Version: 1:2.0-3
Architecture: amd64
Essential: yes
Pre-Depends: libc6 (>= 2.36), debconf (>= 0.5) | debconf-2.0
Depends: perl:any, libx11-6 (>= 2)
Provides: virtual (= 1), other
"""


@pytest.mark.programs
@pytest.mark.parametrize("suffix", ["xz", "gz", "zst", ""])
def test_the_copy_is_a_package_of_the_same_content_uncompressed(
    tmp_path: Path, suffix: str
) -> None:
    source = make_deb(
        tmp_path / "a.deb", {"./usr/x": b"data" * 999}, control=CONTROL, suffix=suffix
    )
    raw = unpack_data(source, tmp_path / "raw.deb")
    fields = subprocess.run(
        ["dpkg-deb", "-f", str(raw.path), "Package", "Version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert fields == "Package: tiny\nVersion: 1:2.0-3\n"
    with raw.path.open("rb") as stream:
        stream.seek(raw.data_offset)
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            member = archive.extractfile("./usr/x")
            assert member
            assert member.read() == b"data" * 999
    listed = subprocess.run(["dpkg-deb", "-c", str(raw.path)], capture_output=True, check=True)
    assert b"./usr/x" in listed.stdout


def test_relations_are_names_since_the_set_fixes_the_versions() -> None:
    control = read_control(CONTROL.encode())
    assert control.essential
    assert control.pre_depends == (("libc6",), ("debconf", "debconf-2.0"))
    assert control.depends == (("perl",), ("libx11-6",))
    assert control.provides == ("virtual", "other")


def test_the_control_file_is_read_without_the_data(tmp_path: Path) -> None:
    source = make_deb(tmp_path / "a.deb", {}, control=CONTROL)
    data = source.read_bytes()
    (tmp_path / "cut.deb").write_bytes(data)
    assert inspect(tmp_path / "cut.deb").version == "1:2.0-3"


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", b"!<arch>\n", b"!<arch>\n" + b"x" * 60, b"!<arch>\nshort"]
)
def test_what_is_no_package_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.deb").write_bytes(content)
    with pytest.raises(RebuildFailure, match=r"bad\.deb is not a Debian package"):
        unpack_data(tmp_path / "bad.deb", tmp_path / "raw.deb")


def test_a_truncated_package_is_refused(tmp_path: Path) -> None:
    data = make_deb(tmp_path / "a.deb", {"./x": bytes(range(256)) * 100}).read_bytes()
    (tmp_path / "cut.deb").write_bytes(data[:-400])
    with pytest.raises(RebuildFailure):
        unpack_data(tmp_path / "cut.deb", tmp_path / "raw.deb")


@pytest.mark.parametrize(("links", "merges"), [({"./bin": "usr/bin"}, True), ({}, False)])
def test_base_files_of_the_merged_kind_is_recognised(
    tmp_path: Path, links: dict[str, str], merges: bool
) -> None:
    control = CONTROL.replace("Package: tiny", "Package: base-files")
    source = make_deb(tmp_path / "a.deb", {"./etc/x": b""}, control=control, links=links)
    assert unpack_data(source, tmp_path / "raw.deb").merges_usr is merges
