# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ops.demo.worlds import Worlds
from snapshot.errors import NotFound
from tests.ops.demo.invented import InventedApt


def worlds(new_perl: str = "2", **builds: dict[str, dict[str, str]]) -> Worlds:
    old: Any = InventedApt({"perl": "1", "dash": "1"}, builds.get("old", {}))
    new: Any = InventedApt({"perl": new_perl, "dash": "1"}, builds.get("new", {}))
    return Worlds(old, new, [])


def test_what_the_new_state_replaces_in_the_chroot_is_known() -> None:
    assert [(p.name, p.version) for p in worlds().changed_in_base()] == [("perl", "2")]
    assert worlds(new_perl="1").changed_in_base() == ()


def test_a_build_adds_only_what_the_chroot_lacks() -> None:
    found = worlds(new={"a": {"tk": "1"}})
    assert [p.name for p in found.additions("a")] == ["tk"]


def test_a_source_spans_when_something_it_adds_changed_too() -> None:
    found = worlds(
        old={"a": {"tk": "1"}, "b": {"tk": "1"}}, new={"a": {"tk": "2"}, "b": {"tk": "1"}}
    )
    assert found.spans("a")
    assert not found.spans("b")


def test_nothing_spans_when_the_chroot_did_not_change() -> None:
    found = worlds(new_perl="1", old={"a": {"tk": "1"}}, new={"a": {"tk": "2"}})
    assert not found.spans("a")


def test_a_source_that_only_the_new_state_can_build_counts_there() -> None:
    found = worlds(new={"a": {"tk": "2"}})
    assert not found.spans("a")
    assert {p.version for p in found.everything("a") if p.name == "tk"} == {"2"}
    with pytest.raises(NotFound):
        found.additions("unknown")
