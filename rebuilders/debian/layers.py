# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact unpacked package sets, kept as the lower trees of overlays.

A layer is named by environment id and layer-maker version. It is published before any build
ran in it, and never changed afterwards: builds write to an upper tree of their own. A layer
may stand on others (its *stack*); what others stand on, or somebody uses, is not evicted.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rebuilders.debian.workplace import Workplace, claimed
from snapshot.environment import Environment

#: Changes whenever the same set would be unpacked differently.
MAKER_VERSION = 1
DEFAULT_LIMIT = 6 * 1024**3


@dataclass(frozen=True, slots=True)
class Layer:
    """A published layer.

    Attributes:
        name: Its directory below the workplace's `layers`.
        environment: The set it holds, together with its stack.
        stack: Names of the trees of an overlay, uppermost (its own) first.
        size: Bytes of its own tree.
    """

    name: str
    environment: Environment
    stack: tuple[str, ...]
    size: int

    @property
    def lowers(self) -> tuple[str, ...]:
        """Relative to the workplace's `layers`, uppermost first."""
        return tuple(f"{name}/tree" for name in self.stack)


class LayerStore:
    """The layers of a workplace.

    Args:
        workplace: Where they are.
        limit: Bytes of all trees; exceeded only while everything is in use.
    """

    def __init__(self, workplace: Workplace, limit: int = DEFAULT_LIMIT) -> None:
        self._workplace = workplace
        self._root = workplace.layers
        self._limit = limit

    def find(self, environment: Environment, variant: str = "") -> Layer | None:
        """The layer of exactly this set."""
        return self._read(_name(environment, variant))

    def largest_subset(self, environment: Environment, variant: str = "") -> Layer | None:
        """The layer with the most packages of this set and no others."""
        best: Layer | None = None
        for layer in self._all():
            fits = layer.name.endswith(_suffix(variant)) and (
                layer.environment.members < environment.members
            )
            more = best is None or len(layer.environment.members) > len(best.environment.members)
            if fits and more:
                best = layer
        return best

    @contextmanager
    def held(self, layer: Layer) -> Iterator[None]:
        """Use a layer: neither it nor its stack is evicted meanwhile."""
        with ExitStack() as locks:
            for name in layer.stack:
                locks.enter_context(self._lock(name, fcntl.LOCK_SH))
                os.utime(self._lock_path(name))
            yield

    def publish(
        self,
        environment: Environment,
        below: Layer | None,
        make: Callable[[Path], None],
        variant: str = "",
    ) -> Layer:
        """Make a layer once, whoever asks first; the others wait for it.

        Args:
            environment: The set that `below` and the new tree hold together.
            below: The layer it stands on, held by the caller.
            make: Fills a directory that holds empty `tree`, `scratch` and `root`.
            variant: What else decides how it is made, besides the set.
        """
        name = _name(environment, variant)
        with self._lock(name, fcntl.LOCK_EX):
            layer = self._read(name)
            if layer is not None:
                return layer
            making = self._root / f".making-{name}"
            self._workplace.remove(making)
            making.mkdir(mode=0o755)
            # Claimed, so that a worker that starts now does not sweep it away.
            with claimed(making):
                self._fill(making, environment, below, make)
        self.evict()
        layer = self._read(name)
        if layer is None:
            raise FileNotFoundError(f"layer {name} vanished while it was made")
        return layer

    def _fill(
        self,
        making: Path,
        environment: Environment,
        below: Layer | None,
        make: Callable[[Path], None],
    ) -> None:
        name = making.name.removeprefix(".making-")
        for folder in ("tree", "scratch", "root"):
            (making / folder).mkdir(mode=0o755)
        try:
            make(making)
            record = {
                "environment": environment.text().decode(),
                "stack": (name, *(below.stack if below else ())),
                "size": _tree_size(making / "tree"),
            }
            (making / "layer.json").write_text(json.dumps(record), encoding="utf-8")
            making.rename(self._root / name)
        finally:
            if making.exists():
                self._workplace.remove(making)

    def evict(self) -> tuple[str, ...]:
        """Remove unused layers, those unused for longest first, until the limit holds."""
        layers = sorted(self._all(), key=lambda layer: self._last_use(layer.name))
        total = sum(layer.size for layer in layers)
        removed: list[str] = []
        for layer in layers:
            if total <= self._limit:
                break
            standing = {
                name for other in layers if other.name not in removed for name in other.stack[1:]
            }
            if layer.name not in standing and self._remove(layer.name):
                total -= layer.size
                removed.append(layer.name)
        return tuple(removed)

    def _remove(self, name: str) -> bool:
        try:
            with self._lock(name, fcntl.LOCK_EX | fcntl.LOCK_NB):
                gone = self._root / f".making-gone-{name}"
                (self._root / name).rename(gone)
                self._workplace.remove(gone)
        except (BlockingIOError, FileNotFoundError):
            return False
        return True

    def _all(self) -> list[Layer]:
        names = (path.parent.name for path in self._root.glob("[0-9a-f]*/layer.json"))
        return [layer for name in sorted(names) if (layer := self._read(name)) is not None]

    def _read(self, name: str) -> Layer | None:
        try:
            value = json.loads((self._root / name / "layer.json").read_text("utf-8"))
        except FileNotFoundError:
            return None
        if not all((self._root / below).is_dir() for below in value["stack"]):
            return None
        environment = Environment.from_text(value["environment"].encode())
        return Layer(name, environment, tuple(value["stack"]), int(value["size"]))

    def _lock_path(self, name: str) -> Path:
        return self._root / f"{name}.lock"

    def _last_use(self, name: str) -> float:
        try:
            return self._lock_path(name).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    @contextmanager
    def _lock(self, name: str, how: int) -> Iterator[None]:
        descriptor = os.open(self._lock_path(name), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)


def _suffix(variant: str) -> str:
    return f"-v{MAKER_VERSION}{variant}"


def _name(environment: Environment, variant: str) -> str:
    # 128 bits keep the option string of an overlay with many lowers below a page.
    return f"{environment.id.hex[:32]}{_suffix(variant)}"


def _tree_size(path: Path) -> int:
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            total += Path(folder, name).lstat().st_blocks * 512
    return total
