# SPDX-License-Identifier: GPL-3.0-or-later
"""A package by its name: what its records installed, else what its source says it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mirror.package_closure import package_definition
from snapshot.closure import Definition
from snapshot.errors import NotFound
from snapshot.need import Need
from tests.mirror.closure_bench import FIRST, RECORD, ClosureBench
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, Source

HELLO = Source("hello", "2.10", build_depends="debhelper (>= 13), texinfo [arm64], tex <cross>")
WORLD = replace(
    FIRST,
    sources=(HELLO, Source("lost", "1", build_depends="nowhere, debhelper")),
    debs=(
        Deb("hello", "2.10-1", source="hello"),
        Deb("greeter", "2.10", source="hello"),
        Deb("base", "1", fields="Essential: yes\nDepends: libc\n"),
        Deb("libc", "2"),
        Deb("build-essential", "12", fields="Depends: gcc, libc\n"),
        Deb("gcc", "12"),
        Deb("debhelper", "13.1", "all", fields="Depends: perl\n"),
        Deb("perl", "5"),
        Deb("texinfo", "1"),
    ),
)


@pytest.fixture
def bench(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[ClosureBench]:
    made = ClosureBench(tmp_path, throwaway_key)
    made.sync(WORLD)
    yield made
    made.close()


def define(bench: ClosureBench, name: str, version: str = "") -> Definition:
    return package_definition(bench.online.stores, name, version, "amd64", sources=True)


@pytest.mark.parametrize(("name", "version"), [("hello", ""), ("hello", "2.10"), ("greeter", "")])
def test_without_a_record_its_build_dependencies_are_followed(
    bench: ClosureBench, name: str, version: str
) -> None:
    found = define(bench, name, version)
    wanted = {"base", "libc", "build-essential", "gcc", "debhelper", "perl"}
    assert {one.name for one in found.needs if one.kind == "binary"} == wanted
    assert Need("hello", "2.10", kind="source") in found.needs
    assert bench.fetch("hello", found).complete


def test_records_come_first(closures: ClosureBench) -> None:
    named = closures.keep(RECORD)
    found = package_definition(closures.online.stores, "package000", "", "amd64", sources=True)
    assert found == Definition(frozenset({named}))


def test_what_nobody_knows_is_refused_with_what_is_known(bench: ClosureBench) -> None:
    with pytest.raises(NotFound, match="has the package unheard-of"):
        define(bench, "unheard-of")
    with pytest.raises(NotFound, match=r"Known versions: 2\.10"):
        define(bench, "hello", "3")


def test_a_dependency_that_no_index_has_is_named(bench: ClosureBench) -> None:
    with pytest.raises(NotFound, match="does not have: nowhere"):
        define(bench, "lost")
