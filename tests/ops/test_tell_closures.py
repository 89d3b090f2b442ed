# SPDX-License-Identifier: GPL-3.0-or-later
"""A closure is shown with what it lacks and what proves it."""

from __future__ import annotations

from mirror.fetch_closure import fetch_closure
from ops import tell_closures
from snapshot.digest import Digest
from tests.mirror.closure_bench import INSTALLED, ClosureBench


def test_a_closure_is_shown_with_what_it_lacks_and_what_proves_it(closures: ClosureBench) -> None:
    stores = closures.online.stores
    fetch_closure(stores, [closures.policy], "base", closures.define())
    lines = list(tell_closures.show(stores, "base"))
    assert lines[1] == "wanted: 1 records, 0 packages"
    assert "0 not here, 0.0 MB" in lines[2]
    assert lines[3].startswith("proved by debian 20260711T101637Z: bookworm main (amd64 source)")
    assert lines[-1].startswith("environment ")
    assert next(tell_closures.list_all(stores)).endswith("MB, complete")
    closures.online.blobs.delete(Digest.of(INSTALLED[0].data))
    assert next(tell_closures.list_all(stores)).endswith("MB, 1 not here")
