# SPDX-License-Identifier: GPL-3.0-or-later
"""From an environment to a stack of layers that holds exactly its packages.

The base that most environments share becomes a layer of its own, so that the next environment
only adds its few packages to it. Nothing is ever upgraded or removed to get somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rebuilders.capture_log import BoundedLog
from rebuilders.debian.isolate import Bind, Ending, Sandbox, run
from rebuilders.debian.layers import Layer, LayerStore
from rebuilders.debian.raw_packages import PACKAGES, RawPackages, Recipe
from rebuilders.debian.verify_environment import read_status, verify_installed
from rebuilders.debian.workplace import Workplace
from rebuilders.failure import RebuildFailure
from snapshot.environment import Environment, Member
from snapshot.reasons import find_reason
from snapshot.verdict import Reason

_INSTALL_TIMEOUT = 1800.0


@dataclass(frozen=True, slots=True)
class _Work:
    """What one installation goes by: its recipe, where it logs, what it holds meanwhile."""

    recipe: Recipe
    variant: str
    log: BoundedLog
    meanwhile: ExitStack


class EnvironmentMaker:
    """Makes layers, or finds them made.

    Args:
        workplace: Where trees are.
        layers: The cache of layers.
        stop: True when the worker ends at once.
    """

    def __init__(
        self, workplace: Workplace, layers: LayerStore, stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._workplace = workplace
        self._layers = layers
        self._stop = stop

    def make(
        self,
        environment: Environment,
        fetch: Callable[[Environment], Mapping[Member, Path]],
        recipe: Recipe,
        log: BoundedLog,
        using: ExitStack,
    ) -> Layer:
        """A layer that holds exactly the environment; held until `using` closes.

        Args:
            environment: The set.
            fetch: Gives files for members; called only when something must be installed.
            recipe: How it is unpacked.
            log: Takes dpkg's output.
            using: Keeps the layer from eviction.

        Raises:
            RebuildFailure: `environment-setup`, `environment-mismatch`, `dependency-missing`.
        """
        variant = _variant(environment, recipe)
        found = self._layers.find(environment, variant)
        if found is None:
            with ExitStack() as meanwhile:
                raw = RawPackages(self._workplace, fetch(environment), meanwhile)
                work = _Work(recipe, variant, log, meanwhile)
                found = self._install(environment, work, raw)
                using.enter_context(self._layers.held(found))
        else:
            using.enter_context(self._layers.held(found))
        return found

    def _install(self, environment: Environment, work: _Work, raw: RawPackages) -> Layer:
        below = self._layers.largest_subset(environment, work.variant)
        if below is not None:
            work.meanwhile.enter_context(self._layers.held(below))
        base = raw.base_of(environment)
        have = len(below.environment.members) if below else 0
        if have < len(base.members) < len(environment.members):
            below = self._add(base, below, work, raw)
            work.meanwhile.enter_context(self._layers.held(below))
        return self._add(environment, below, work, raw)

    def _add(
        self, environment: Environment, below: Layer | None, work: _Work, raw: RawPackages
    ) -> Layer:
        def make(folder: Path) -> None:
            present = below.environment.members if below else frozenset()
            steps = raw.steps(environment, present, work.recipe, folder / "tree")
            sandbox = Sandbox(
                root=str(folder / "root"),
                upper=str(folder / "tree"),
                scratch=str(folder / "scratch"),
                layers=str(self._workplace.layers),
                lowers=below.lowers if below else (),
                binds=(Bind(str(raw.folder), PACKAGES),),
                id_map=self._workplace.identities.id_map,
            )
            ending = run(sandbox, steps, work.log, timeout=_INSTALL_TIMEOUT, stop=self._stop)
            if ending.exit_code != 0:
                _check_machine(ending, work.log)
                if "extract" in steps[min(ending.step, len(steps) - 1)]:
                    raise RebuildFailure(
                        Reason.ENVIRONMENT_SETUP,
                        "the essential packages could not be unpacked; the log says why",
                    )
            verify_installed(environment, read_status(folder / "tree/var/lib/dpkg/status"))
            if ending.exit_code != 0:
                raise RebuildFailure(
                    Reason.ENVIRONMENT_SETUP,
                    f"dpkg ended with {ending.exit_code} after installing all; the log says why",
                )

        return self._layers.publish(environment, below, make, work.variant)


def _check_machine(ending: Ending, log: BoundedLog) -> None:
    """Tell what this machine ran out of from what is wrong with the set itself.

    Raises:
        RebuildFailure: `disk-full`, `out-of-memory`, or time ran out (`environment-setup`).
    """
    found = find_reason(log.recent(), exit_code=ending.exit_code, timed_out=ending.timed_out)
    if ending.timed_out:
        raise RebuildFailure(Reason.ENVIRONMENT_SETUP, "dpkg took longer than half an hour")
    if found is not None and found.reason in {Reason.DISK_FULL, Reason.OUT_OF_MEMORY}:
        raise RebuildFailure(found.reason, found.line or "while installing the environment")


def _variant(environment: Environment, recipe: Recipe) -> str:
    # Only before bookworm does the record's taint decide what the set alone does not.
    names = {member.name for member in environment.members}
    if names & {"usr-is-merged", "usrmerge"}:
        return ""
    return "m" if any(t.startswith("merged-usr-via-") for t in recipe.tainted_by) else ""
