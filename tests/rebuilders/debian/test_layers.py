# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
from pathlib import Path

import pytest

from rebuilders.debian.identities import Identities
from rebuilders.debian.layers import Layer, LayerStore
from rebuilders.debian.workplace import Workplace
from snapshot.digest import Digest
from snapshot.environment import Environment, Member

ROOT = Identities("root", None, 2952)


def environment(*names: str) -> Environment:
    return Environment(
        "deb", frozenset(Member(name, "all", "1", Digest.of(name.encode())) for name in names)
    )


@pytest.fixture
def store(tmp_path: Path) -> LayerStore:
    return LayerStore(Workplace(tmp_path, tmp_path, ROOT), limit=1_000_000_000)


def make(size: int = 0) -> object:
    def fill(folder: Path) -> None:
        (folder / "tree/data").write_bytes(b"x" * size)

    return fill


def publish(
    store: LayerStore, *names: str, below: Layer | None = None, size: int = 0, variant: str = ""
) -> Layer:
    return store.publish(environment(*names), below, make(size), variant)  # type: ignore[arg-type]


def test_a_layer_is_found_by_its_exact_set(store: LayerStore) -> None:
    layer = publish(store, "a", "b")
    assert store.find(environment("a", "b")) == layer
    assert store.find(environment("a")) is None
    assert layer.name.startswith(environment("a", "b").id.hex[:32])


def test_it_is_made_once_whoever_asks(store: LayerStore) -> None:
    made = []

    def slow(folder: Path) -> None:
        made.append(folder)
        (folder / "tree/x").touch()

    threads = [
        threading.Thread(target=store.publish, args=(environment("a"), None, slow))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_one_that_fails_while_it_is_made_is_not_there(store: LayerStore, tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "tree/half").touch()
        raise ValueError("dpkg")

    with pytest.raises(ValueError, match="dpkg"):
        store.publish(environment("a"), None, fail)
    assert store.find(environment("a")) is None
    assert list(tmp_path.rglob("half")) == []


def test_the_largest_subset_is_the_one_to_stand_on(store: LayerStore) -> None:
    publish(store, "a")
    best = publish(store, "a", "b")
    publish(store, "a", "b", "x")
    publish(store, "a", "b", "c", variant="m")
    assert store.largest_subset(environment("a", "b", "c")) == best
    assert store.largest_subset(environment("z")) is None


def test_a_stack_names_its_trees_from_the_top(store: LayerStore) -> None:
    base = publish(store, "a")
    top = publish(store, "a", "b", below=base)
    assert top.lowers == (f"{top.name}/tree", f"{base.name}/tree")


def test_eviction_spares_what_is_used_or_stood_on(tmp_path: Path) -> None:
    store = LayerStore(Workplace(tmp_path, tmp_path, ROOT), limit=1 << 40)
    base = publish(store, "a", size=50_000)
    top = publish(store, "a", "b", below=base, size=50_000)
    idle = publish(store, "c", size=50_000)
    small = LayerStore(Workplace(tmp_path, tmp_path, ROOT), limit=1)
    with small.held(top):
        assert small.evict() == (idle.name,)
    # The top goes first; only then does nothing stand on the base any more.
    assert small.evict() == (top.name,)
    assert small.evict() == (base.name,)
    assert small.find(environment("a")) is None
