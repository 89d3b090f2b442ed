# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian rebuilder: environment, source, build, what was left behind.

The recorded environment is tried as it is. Where dpkg of the time asked for root and the record
does not hold what gave it, the strategies differ in how it is given; each is recorded.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from rebuilders.debian import build
from rebuilders.debian.compose_environment import (
    Composed,
    compose_derived,
    compose_recorded,
    read_build_record,
)
from rebuilders.debian.fetch_members import fetch_members
from rebuilders.debian.isolate import Area, Bind, Ending, Sandbox, run
from rebuilders.debian.layers import Layer, LayerStore
from rebuilders.debian.make_environment import EnvironmentMaker
from rebuilders.debian.prepare_source import SourcePackage, complete_source, source_of_record
from rebuilders.debian.raw_packages import Recipe
from rebuilders.debian.workplace import Workplace, WorkTree
from rebuilders.failure import NotApplicable, RebuildFailure
from rebuilders.left_behind import plain_names, read_below, take_files
from rebuilders.task import Bench, LeftBehind, Task
from snapshot.control import read_fields
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.errors import InvalidInput
from snapshot.reasons import find_reason
from snapshot.stanza import split_stanzas
from snapshot.verdict import Reason

LADDER = ("strict", "rules-requires-root", "fakeroot")
_WAYS_TO_ROOT = frozenset(("rules-requires-root", "fakeroot"))
_UNPACK_TIMEOUT = 1800.0
_LIMITS = {"CORE": 0, "NPROC": 16384, "MEMLOCK": 8 * 1024 * 1024}
_CHOWN = 0


class DebianRebuilder:
    """Rebuilds what dpkg built.

    Args:
        workplace: Where trees are.
        layers: The cache of environments.
        architecture: dpkg's name of this machine's.
    """

    kind = "deb"
    backends = ("debian",)

    def __init__(self, workplace: Workplace, layers: LayerStore, architecture: str) -> None:
        self._workplace = workplace
        self._layers = layers
        self._architecture = architecture
        self._derived: tuple[int, Composed] | None = None
        self._satisfied: int | None = None

    @property
    def works_in_memory(self) -> bool:
        """Whether a BAD must be judged again on disk before it stands."""
        return self._workplace.in_memory

    def accepts(self, task: Task) -> None:
        """Refuse what this rebuilder cannot read."""
        if not task.input_name.endswith((".buildinfo", ".dsc")):
            raise RebuildFailure(
                Reason.UNSUPPORTED, f"{task.input_name} is neither a .buildinfo nor a .dsc"
            )

    def needs(self) -> tuple[str, ...]:
        """Programs of this machine that are missing."""
        wanted = ("newuidmap", "newgidmap") if self._workplace.identities.id_map else ()
        return tuple(name for name in wanted if shutil.which(name) is None)

    def strategies(self, task: Task) -> Sequence[str]:
        """In the order they are tried."""
        if task.input_name.endswith(".dsc"):
            return ("derived",)
        asked = task.assignment.extension.strategies if task.assignment.extension else ()
        return asked or LADDER

    def attempt(self, task: Task, strategy: str, bench: Bench) -> LeftBehind:
        """Build once.

        Raises:
            RebuildFailure: It did not come to a build.
            NotApplicable: The strategy has nothing to offer here.
        """
        if strategy in _WAYS_TO_ROOT and self._satisfied == task.job_id:
            raise NotApplicable("the environment already gives dpkg what it asks for")
        tree = bench.using.enter_context(
            self._workplace.work_tree(f"job{task.job_id}", on_disk=bench.on_disk)
        )
        with bench.phases.measure("source"):
            source = self._source(task, bench, tree)
        with bench.phases.measure("resolve"):
            composed = self._compose(task, strategy, source, bench)
        layer = self._environment(composed, bench)
        plan = build.BuildPlan(
            dsc_name=source.dsc_name,
            path=composed.path,
            kind=composed.kind,
            variables=composed.variables,
            changes=composed.changes,
            host_architecture=composed.host_architecture,
        )
        sandbox = self._sandbox(plan, layer, tree)
        with bench.phases.measure("unpack"):
            self._unpack(plan, sandbox, bench)
        rules = _rules_requires_root(tree.area, plan.path)
        plan = _with_root(plan, composed, rules)
        if strategy == "strict":
            self._satisfied = task.job_id
        with bench.phases.measure("build"):
            ending = run(
                replace(sandbox, capabilities=()),
                [{"close": "/"}, *build.build_steps(plan)],
                bench.log,
                timeout=task.timeout,
                stop=bench.stop,
            )
        return _left_behind(task, composed, ending, tree, bench)

    def _source(self, task: Task, bench: Bench, tree: WorkTree) -> SourcePackage:
        folder = tree.path / "source"
        folder.mkdir(mode=0o755)
        if task.input_name.endswith(".dsc"):
            return complete_source(
                task.input_path, task.input_name, bench.server, bench.cache, folder
            )
        record = read_build_record(task.input_path, task.input_name)
        return source_of_record(record, bench.server, bench.cache, folder)

    def _compose(self, task: Task, strategy: str, source: SourcePackage, bench: Bench) -> Composed:
        if strategy != "derived":
            return compose_recorded(task, strategy, self._architecture, bench)
        # The second opinion on disk must be about the same environment.
        if self._derived is None or self._derived[0] != task.job_id:
            with self._workplace.kept(f"apt-{_suites_of(task)}") as folder:
                composed = compose_derived(task, source, self._architecture, bench, folder)
            self._derived = (task.job_id, composed)
        return self._derived[1]

    def _environment(self, composed: Composed, bench: Bench) -> Layer:
        maker = EnvironmentMaker(self._workplace, self._layers, bench.stop)
        recipe = Recipe(self._architecture, composed.tainted_by)

        def fetch(environment: Environment) -> Mapping[Member, Path]:
            with bench.phases.measure("fetch"):
                return fetch_members(environment, bench.server, bench.cache)

        with bench.phases.measure("environment"), ExitStack() as held:
            layer = maker.make(composed.environment, fetch, recipe, bench.log, held)
            bench.using.push(held.pop_all())
        return layer

    def _sandbox(self, plan: build.BuildPlan, layer: Layer, tree: WorkTree) -> Sandbox:
        identities = self._workplace.identities
        return Sandbox(
            root=str(tree.root),
            upper=str(tree.upper),
            scratch=str(tree.scratch),
            layers=str(self._workplace.layers),
            lowers=layer.lowers,
            binds=(Bind(str(tree.path / "source"), build.SOURCE),),
            build_area=Area(str(tree.area), build.build_area(plan.path)),
            tmpfs=("/var/tmp",),  # noqa: S108  # a private one
            uid=identities.build_uid,
            gid=identities.build_uid,
            capabilities=(_CHOWN,),
            limits=_LIMITS,
            id_map=identities.id_map,
        )

    def _unpack(self, plan: build.BuildPlan, sandbox: Sandbox, bench: Bench) -> None:
        accounts = build.account_steps(sandbox.uid, build.build_area(plan.path))
        steps = [*accounts, *build.unpack_steps(plan)]
        ending = run(sandbox, steps, bench.log, timeout=_UNPACK_TIMEOUT, stop=bench.stop)
        if ending.exit_code == 0:
            return
        own = ending.step < len(accounts)
        found = find_reason(
            bench.log.recent(), exit_code=ending.exit_code, timed_out=ending.timed_out
        )
        reason = Reason.ENVIRONMENT_SETUP if own else Reason.SOURCE_MISSING
        if found is not None and found.reason in (Reason.DISK_FULL, Reason.OUT_OF_MEMORY):
            reason = found.reason
        raise RebuildFailure(
            reason, f"dpkg-source could not unpack {plan.dsc_name} ({ending.exit_code})"
        )


def _suites_of(task: Task) -> str:
    """Names apt's lists: the same suites at the same date are the same lists."""
    extension = task.assignment.extension
    return Digest.of(repr(extension.derive if extension else None).encode()).hex[:16]


def _rules_requires_root(area: Path, path: str) -> str | None:
    data = read_below(area, Path(path).name, "debian", "control")
    stanzas = split_stanzas(data) if data else []
    if not stanzas:
        return None
    try:
        field = read_fields(stanzas[0], document="debian/control").find("Rules-Requires-Root")
    except InvalidInput:
        return None
    return field.text if field else None


def _with_root(plan: build.BuildPlan, composed: Composed, rules: str | None) -> build.BuildPlan:
    """Give dpkg what it asks for in the way of the strategy.

    Raises:
        NotApplicable: This strategy is of no use for this package.
    """
    versions = {member.name: member.version for member in composed.environment.members}
    lacking = build.needs_root(rules, versions.get("dpkg", "0")) and "fakeroot" not in versions
    name = composed.strategy.name
    if name == "strict" and lacking:
        raise NotApplicable("dpkg will ask for fakeroot, which the environment does not hold")
    if name == "rules-requires-root":
        if not lacking or rules is not None:
            raise NotApplicable("debian/control says itself whether it needs root")
        return replace(plan, declare_no_root=True)
    if name == "fakeroot" and not build.needs_root(rules, versions.get("dpkg", "0")):
        raise NotApplicable("the package needs no root")
    return plan


def _left_behind(
    task: Task, composed: Composed, ending: Ending, tree: WorkTree, bench: Bench
) -> LeftBehind:
    reason, detail, files = None, "", {}
    if ending.exit_code == 0:
        names = [artifact.name for artifact in task.expect]
        names += plain_names(tree.area, (".buildinfo", ".changes"))
        files = take_files(tree.area, names, tree.left)
    else:
        found = find_reason(
            bench.log.recent(),
            exit_code=ending.exit_code,
            phase="build",
            timed_out=ending.timed_out,
        )
        reason = found.reason if found else Reason.BUILD_FAILED
        detail = found.line if found else f"dpkg-buildpackage ended with {ending.exit_code}"
    return LeftBehind(
        files=files,
        exit_code=ending.exit_code,
        strategy=composed.strategy,
        reason=reason,
        detail=detail,
        environment=composed.environment,
    )
