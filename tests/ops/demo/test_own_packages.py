# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.demo.own_packages import binary_stanza, own_source_stanza, pool_directory
from ops.demo.own_sources import UNPUBLISHED_DEPENDENCY, make_package, write_source
from snapshot.packages import BinaryStanza
from snapshot.timestamp import Timestamp
from tests.ops.demo.small_archive import digest


@pytest.mark.programs
def test_a_packages_stanza_says_what_the_file_is(tmp_path: Path) -> None:
    deb = make_package("tool", "1", "all", tmp_path)
    stanza = BinaryStanza.parse(binary_stanza(deb, "pool/main/t/tool/tool_1_all.deb"))
    assert (stanza.name, stanza.version, stanza.architecture) == ("tool", "1", "all")
    assert stanza.checksums.size == deb.stat().st_size
    assert str(stanza.checksums.sha256) == digest(deb)


@pytest.mark.programs
def test_a_sources_stanza_names_the_dsc_and_its_parts(tmp_path: Path) -> None:
    dsc = write_source(UNPUBLISHED_DEPENDENCY, Timestamp.parse("20260101"), tmp_path)
    source = own_source_stanza(dsc)
    assert source.name == UNPUBLISHED_DEPENDENCY.name
    assert source.parsed.directory == pool_directory(source.name)
    for file in source.parsed.files:
        assert str(file.checksums.sha256) == digest(tmp_path / file.name)
    assert source.parsed.dsc is not None


def test_libraries_have_their_own_directories() -> None:
    assert pool_directory("libfoo") == "pool/main/libf/libfoo"
    assert pool_directory("foo") == "pool/main/f/foo"
