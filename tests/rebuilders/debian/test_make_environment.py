# SPDX-License-Identifier: GPL-3.0-or-later
"""When something is installed and when not; that dpkg installs is in tests/integration."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from rebuilders.capture_log import BoundedLog
from rebuilders.debian.identities import Identities
from rebuilders.debian.layers import LayerStore
from rebuilders.debian.make_environment import EnvironmentMaker
from rebuilders.debian.raw_packages import Recipe
from rebuilders.debian.workplace import Workplace
from rebuilders.failure import RebuildFailure
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.verdict import Reason

SET = Environment("deb", frozenset({Member("a", "all", "1", Digest.of(b"a"))}))


def refuse(environment: Environment) -> Mapping[Member, Path]:
    raise RebuildFailure(Reason.DEPENDENCY_MISSING, f"{len(environment.members)} are missing")


@pytest.mark.parametrize("taint", [(), ("merged-usr-via-symlinks",)])
def test_a_layer_that_is_there_needs_no_package(tmp_path: Path, taint: tuple[str, ...]) -> None:
    place = Workplace(tmp_path, tmp_path, Identities("root", None, 2952))
    store = LayerStore(place)
    variant = "m" if taint else ""
    layer = store.publish(SET, None, lambda folder: None, variant)
    maker = EnvironmentMaker(place, store)
    with BoundedLog(tmp_path / "log") as log, ExitStack() as using:
        recipe = Recipe("amd64", taint)
        assert maker.make(SET, refuse, recipe, log, using) == layer
        # Held until the build is over: nobody evicts it meanwhile.
        assert LayerStore(place, limit=-1).evict() == ()
    assert LayerStore(place, limit=-1).evict() == (layer.name,)


def test_an_older_set_merged_by_hand_is_another_layer(tmp_path: Path) -> None:
    place = Workplace(tmp_path, tmp_path, Identities("root", None, 2952))
    store = LayerStore(place)
    store.publish(SET, None, lambda folder: None, "")
    maker = EnvironmentMaker(place, store)
    with (
        BoundedLog(tmp_path / "log") as log,
        ExitStack() as using,
        pytest.raises(RebuildFailure, match="1 are missing"),
    ):
        maker.make(SET, refuse, Recipe("amd64", ("merged-usr-via-symlinks",)), log, using)
