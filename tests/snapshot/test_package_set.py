# SPDX-License-Identifier: GPL-3.0-or-later
"""A package set holds what its words mean, and with it what that depends on."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from snapshot.errors import ConfigurationError
from snapshot.package_set import Chooser, PackageSet
from snapshot.packages import BinaryStanza


def binary(name: str, version: str = "1", fields: str = "", source: str = "") -> BinaryStanza:
    made = f"Source: {source}\n" if source else ""
    return BinaryStanza.parse(
        (
            f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n{made}{fields}"
            f"Filename: pool/{name}_{version}.deb\nSize: 1\nSHA256: {'0' * 64}\n"
        ).encode()
    )


INDEX = [
    binary("base", fields="Essential: yes\nPriority: required\nPre-Depends: libc (>= 2)\n"),
    binary("libc", "1"),
    binary("libc", "2", "Section: libs\n"),
    binary("libc", "3", "Section: non-free/libs\n"),
    binary(
        "tool", fields="Priority: important\nDepends: none-such | editor, helper\n", source="tools"
    ),
    binary("tool-doc", source="tools"),
    binary("vim", fields="Provides: editor, vi (= 9)\n"),
    binary("nano", fields="Provides: editor\n"),
    binary("helper", fields="Depends: tool, lost\n"),
    binary("needs-vi", fields="Depends: vi (>= 8)\n"),
    binary("cc", fields="Build-Essential: yes\n"),
]


def choose(
    words: Iterable[str], *, exclude: tuple[str, ...] = (), depends: bool = False, build: str = ""
) -> tuple[list[str], set[str]]:
    chooser = Chooser(PackageSet(tuple(words), exclude, depends), "amd64")
    for one in INDEX:
        chooser.take(one)
    chooser.require(build)
    found = chooser.finish()
    return [f"{one.name}={one.version}" for one in found], chooser.unmet


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["tool"], ["tool=1"]),
        (["tools"], ["tool-doc=1", "tool=1"]),
        (["lib*"], ["libc=1", "libc=2", "libc=3"]),
        (["@essential"], ["base=1"]),
        (["@required"], ["base=1"]),
        (["@important"], ["base=1", "tool=1"]),
        (["@build-essential"], ["cc=1"]),
        (["@section:libs"], ["libc=2", "libc=3"]),
        (["nothing"], []),
    ],
)
def test_each_word_means_its_packages(words: list[str], found: list[str]) -> None:
    assert choose(words) == (found, set())


def test_what_is_excluded_is_not_meant() -> None:
    assert choose(["tools"], exclude=("*-doc",))[0] == ["tool=1"]
    assert choose(["tool*"], exclude=("tools",))[0] == []


def test_dependencies_come_in_their_newest_version_that_fits() -> None:
    assert choose(["base"], depends=True)[0] == ["base=1", "libc=3"]
    assert choose([], depends=True, build="libc (<< 3)")[0] == ["libc=2"]


def test_a_provider_stands_in_and_loops_end() -> None:
    found, unmet = choose(["tool"], depends=True)
    assert found == ["helper=1", "nano=1", "tool=1"]
    assert unmet == {"lost"}


def test_a_versioned_dependency_needs_a_versioned_provider() -> None:
    assert choose(["needs-vi"], depends=True) == (["needs-vi=1", "vim=1"], set())
    assert choose([], depends=True, build="editor (>= 1)") == ([], {"editor"})


def test_a_provider_that_is_wanted_anyway_is_not_joined_by_another() -> None:
    assert choose(["tool", "vim"], depends=True)[0] == ["helper=1", "tool=1", "vim=1"]


@pytest.mark.parametrize("word", ["@", "@esential", "@section:", "@optional"])
def test_a_set_that_nobody_knows_is_refused(word: str) -> None:
    with pytest.raises(ConfigurationError, match="no such package set"):
        PackageSet((word,))


def test_sets_cannot_be_excluded() -> None:
    with pytest.raises(ConfigurationError, match="only names"):
        PackageSet(("*",), ("@essential",))
