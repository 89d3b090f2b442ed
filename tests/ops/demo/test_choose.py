# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

from ops.demo import choose
from ops.demo.choose import Choice, Chooser, closure_of
from ops.demo.real_indices import Source
from ops.demo.worlds import Worlds
from tests.ops.demo.invented import InventedApt, binary, indices, source

NAMES = ("what-is-python", "base-files", "live-boot", "catdoc", "substitute", "rebuilt", "huge")
PACKAGES = [
    binary("what-is-python", "1+deb12u1"),
    binary("base-files", "1+deb12u1", arch="amd64"),
    binary("live-boot", "1:1+deb12u1"),
    binary("catdoc", "1:2~deb12u1", arch="amd64"),
    binary("substitute", "3+deb12u1"),
    binary("rebuilt", "4+deb12u1+b1", source="rebuilt (4+deb12u1)", arch="amd64"),
    binary("huge", "1+deb12u1"),
]
SOURCES = [
    source("what-is-python", "1+deb12u1"),
    source("base-files", "1+deb12u1"),
    source("live-boot", "1:1+deb12u1"),
    source("catdoc", "1:2~deb12u1"),
    source("substitute", "3+deb12u1"),
    source("rebuilt", "4+deb12u1", size=1),
    source("huge", "1+deb12u1", size=choose.MAX_SOURCE_BYTES + 1),
]


def chooser(folder: Path, *, changed: bool = True, lacking: tuple[str, ...] = ()) -> Any:
    def builds(tk: str) -> dict[str, dict[str, str]]:
        return {name: {"tk": tk} if name == "catdoc" else {} for name in (*NAMES, "xs")}

    new_perl = "5.36.0-8" if changed else "5.36.0-7"
    old: Any = InventedApt({"perl": "5.36.0-7"}, builds("1"))
    new: Any = InventedApt({"perl": new_perl}, builds("2" if changed else "1"))
    said: list[str] = []
    carrying = binary("xs", "1+b2", source="xs (1)", more="Depends: perl (>= 5.36.0-2)\n")
    known = indices(folder, [*PACKAGES, carrying], [*SOURCES, source("xs", "1")])

    def available(candidate: Source) -> bool:
        return candidate.name not in lacking

    worlds = Worlds(old, new, [])
    found = Chooser(known, worlds, available, said.append)
    return found, said, worlds


def roles(choices: tuple[Choice, ...]) -> dict[str, str]:
    return {choice.role: choice.source.name for choice in choices}


def test_each_role_is_filled_by_rule(tmp_path: Path) -> None:
    found, said, _ = chooser(tmp_path)
    assert roles(found.published()) == {
        "two-dates": "catdoc",
        "epoch": "live-boot",
        "all": "what-is-python",
        "any": "base-files",
    }
    assert said == []


def test_a_source_that_answers_404_is_replaced_and_named(tmp_path: Path) -> None:
    found, said, _ = chooser(tmp_path, lacking=("what-is-python",))
    assert roles(found.published())["all"] == "substitute"
    assert [line.split(":")[0] for line in said] == ["what-is-python"]


def test_what_nobody_prefers_is_only_counted_when_it_is_gone(tmp_path: Path) -> None:
    others = tuple(name for name in NAMES if name not in ("rebuilt", "huge"))
    found, said, _ = chooser(tmp_path, lacking=others)
    found.published()
    assert said[-1] == "1 more sources are listed, but the archive does not have them"
    assert len(said) == len(others)


def test_what_was_not_built_for_this_release_is_never_taken(tmp_path: Path) -> None:
    known = indices(tmp_path, [binary("ucf", "1")], [source("ucf", "1")])
    apt: Any = InventedApt({}, {"ucf": {}})
    chosen = Chooser(known, Worlds(apt, apt, []), lambda _: True, lambda _: None).published()
    assert chosen == ()


def test_a_rebuilt_or_huge_package_is_never_taken(tmp_path: Path) -> None:
    others = tuple(name for name in NAMES if name not in ("rebuilt", "huge"))
    found, _, _ = chooser(tmp_path, lacking=others)
    assert found.published() == ()


def test_without_changes_nothing_needs_two_dates(tmp_path: Path) -> None:
    found, _, _ = chooser(tmp_path, changed=False)
    assert "two-dates" not in roles(found.published())
    assert found.version_sensitive() is None


def test_a_source_whose_package_carries_a_changed_version_is_sensitive(tmp_path: Path) -> None:
    found, _, _ = chooser(tmp_path)
    sensitive = found.version_sensitive()
    assert (sensitive.source.name, sensitive.depends_on) == ("xs", "perl")


def test_the_closure_holds_both_states(tmp_path: Path) -> None:
    found, _, worlds = chooser(tmp_path)
    held = closure_of(found.published(), worlds)
    assert {p.version for p in held if p.name == "tk"} == {"1", "2"}
    assert {p.version for p in held if p.name == "perl"} == {"5.36.0-7", "5.36.0-8"}
