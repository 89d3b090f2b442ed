# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.demo.private_apt import Package
from ops.demo.real_indices import package_of
from tests.ops.demo.invented import binary, indices, source


def test_the_newest_source_is_newest_by_debian_order(tmp_path: Path) -> None:
    found = indices(tmp_path, [], [source("a", v) for v in ("1.9", "1.10", "1.10~rc1")])
    newest = found.newest_source("a")
    assert newest is not None
    assert newest.version == "1.10"
    assert found.newest_source("b") is None


def test_only_binaries_of_exactly_this_source_version_are_its(tmp_path: Path) -> None:
    packages = [
        binary("one", "3", source="a (1)"),
        binary("two", "1", source="a"),
        binary("three", "2", source="a"),
        binary("two", "1+b1", source="a (1)"),
    ]
    found = indices(tmp_path, packages, [source("a", "1")])
    newest = found.newest_source("a")
    assert newest is not None
    names = [(b.name, b.version) for b in found.made_by(newest)]
    assert names == [("one", "3"), ("two", "1"), ("two", "1+b1")]


def test_a_stanza_is_kept_as_the_archives_bytes(tmp_path: Path) -> None:
    text = binary("one", "3", more="X-Unknown: kept\n")
    found = indices(tmp_path, [text], [])
    entry = found.binary(Package("one", "3", "all"))
    assert entry.stanza == text.strip().encode()
    assert package_of(entry) == Package("one", "3", "all")
    with pytest.raises(KeyError):
        found.binary(Package("one", "4", "all"))


def test_sources_of_stable_updates_come_smallest_first(tmp_path: Path) -> None:
    sources = [
        source("large", "1-2+deb12u1", size=99),
        source("small", "1-2~deb12u3", size=9),
        source("plain", "1-2"),
    ]
    assert indices(tmp_path, [], sources).updated_in_stable() == ("small", "large")


def test_a_dependency_on_a_full_version_is_found(tmp_path: Path) -> None:
    packages = [
        binary("x", "1", source="carries", more="Depends: libc6, perl (>= 5.36.0-4), y\n"),
        binary("y", "1", source="upstream", more="Depends: perl (>= 5.36.0)\n"),
        binary("z", "1", source="other", more="Depends: superperl (>= 5.36.0-4)\n"),
    ]
    found = indices(tmp_path, packages, [])
    assert found.carrying_versions([Package("perl", "5.36.0-7", "amd64")]) == {"carries": "perl"}
    assert found.carrying_versions([]) == {}
