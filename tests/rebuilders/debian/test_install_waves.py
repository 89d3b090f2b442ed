# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from rebuilders.debian.deb_file import Control
from rebuilders.debian.install_waves import Relations


def package(
    name: str,
    *,
    pre: tuple[str, ...] = (),
    depends: tuple[str, ...] = (),
    essential: bool = False,
    provides: tuple[str, ...] = (),
    architecture: str = "amd64",
) -> Control:
    clauses = (
        tuple(tuple(word.split("|")) for word in pre),
        tuple(tuple(word.split("|")) for word in depends),
    )
    return Control(name, architecture, "1", essential, *clauses, provides)


def names(waves: object) -> list[tuple[list[str], list[str]]]:
    assert isinstance(waves, tuple)
    return [(list(wave.configure), [c.name for c in wave.unpack]) for wave in waves]


def test_without_pre_depends_everything_is_one_wave() -> None:
    a, b = package("a", depends=("b",)), package("b")
    assert names(Relations([a, b]).waves([a, b])) == [([], ["a", "b"])]


def test_what_a_pre_depends_names_is_configured_before_with_all_it_needs() -> None:
    minimal = package("python3-minimal", pre=("python3.11-minimal",))
    interpreter = package("python3.11-minimal", depends=("libpython",))
    library = package("libpython", depends=("libc6",))
    libc = package("libc6")
    relations = Relations([minimal, interpreter, library, libc])
    assert names(relations.waves([minimal, interpreter, library])) == [
        ([], ["libpython", "python3.11-minimal"]),
        (["libpython:amd64", "python3.11-minimal:amd64"], ["python3-minimal"]),
    ]


def test_nothing_is_configured_twice() -> None:
    base = package("base", architecture="all")
    one = package("one", pre=("base",))
    two = package("two", pre=("one",))
    assert names(Relations([base, one, two]).waves([base, one, two])) == [
        ([], ["base"]),
        (["base"], ["one"]),
        (["one:amd64"], ["two"]),
    ]


def test_a_circle_of_pre_depends_ends() -> None:
    a, b = package("a", pre=("b",)), package("b", pre=("a",))
    waves = names(Relations([a, b]).waves([a, b]))
    assert sorted(name for _, unpacked in waves for name in unpacked) == ["a", "b"]


def test_the_base_is_closed_under_its_relations_and_virtual_names() -> None:
    dash = package("dash", essential=True, pre=("libc6|libc6.1",), depends=("awk",))
    mawk = package("mawk", provides=("awk",))
    libc = package("libc6")
    essential = package("build-essential", depends=("gcc",))
    gcc = package("gcc")
    other = package("other", depends=("dash",))
    relations = Relations([dash, mawk, libc, essential, gcc, other])
    assert {c.name for c in relations.essential()} == {"dash", "mawk", "libc6"}
    assert {c.name for c in relations.base()} == {
        "dash",
        "mawk",
        "libc6",
        "build-essential",
        "gcc",
    }


def test_one_name_in_two_architectures_is_two_packages() -> None:
    native, foreign = package("libc6"), package("libc6", architecture="i386")
    user = package("wine", pre=("libc6",))
    waves = names(Relations([native, foreign, user]).waves([native, foreign, user]))
    assert waves[1][0] == ["libc6:amd64", "libc6:i386"]
