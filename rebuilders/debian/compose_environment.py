# SPDX-License-Identifier: GPL-3.0-or-later
"""Which environment, variables and path a strategy builds with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rebuilders.debian.build import default_path
from rebuilders.debian.derive_environment import derive_environment
from rebuilders.debian.extra_packages import BUILDD_EXTRAS, FAKEROOT, with_packages
from rebuilders.debian.prepare_source import SourcePackage
from rebuilders.failure import RebuildFailure
from rebuilders.server_connection import ServerConnection
from rebuilders.task import Bench, Task
from snapshot.buildinfo import BuildInfo
from snapshot.environment import Environment
from snapshot.errors import InvalidInput, NotFound, Unsupported
from snapshot.verdict import Reason, Strategy

_EXTRAS = {"fakeroot": FAKEROOT, "buildd-extras": (*FAKEROOT, *BUILDD_EXTRAS)}
_KINDS = frozenset(("any", "all", "any,all"))


@dataclass(frozen=True, slots=True)
class Composed:
    """What a build runs with.

    Attributes:
        environment: The exact set.
        strategy: What was done to the recorded one.
        path: Build path.
        kind: For `--build`.
        variables: Environment variables, verbatim.
        tainted_by: `Build-Tainted-By` of the record.
        changes: Changelog entry of a binary-only rebuild.
        host_architecture: Set for a cross build.
    """

    environment: Environment
    strategy: Strategy
    path: str
    kind: str
    variables: Mapping[str, str]
    tainted_by: tuple[str, ...] = ()
    changes: str | None = None
    host_architecture: str | None = None


def read_build_record(path: Path, name: str) -> BuildInfo:
    """The build record of a task.

    Raises:
        RebuildFailure: `buildinfo-invalid` or `unsupported`.
    """
    try:
        return BuildInfo.parse(path.read_bytes(), name=name)
    except InvalidInput as error:
        raise RebuildFailure(Reason.BUILDINFO_INVALID, str(error)) from error
    except Unsupported as error:
        raise RebuildFailure(Reason.UNSUPPORTED, str(error)) from error


def compose_recorded(task: Task, strategy: str, architecture: str, bench: Bench) -> Composed:
    """What the record says, and what the strategy adds to it.

    Raises:
        RebuildFailure: `dependency-missing`, `unsupported`, `buildinfo-invalid`.
        NotApplicable: The strategy adds nothing here.
    """
    record = read_build_record(task.input_path, task.input_name)
    if record.build_architecture != architecture or record.build_kind == "source":
        raise RebuildFailure(
            Reason.UNSUPPORTED,
            f"{task.input_name}: {record.build_kind} on {record.build_architecture}; "
            f"this worker builds on {architecture}",
        )
    recorded = recorded_environment(task, bench.server)
    environment, added = recorded, tuple[str, ...]()
    if strategy in _EXTRAS:
        environment, added = with_packages(
            recorded,
            _EXTRAS[strategy],
            architecture=architecture,
            built=record.build_date,
            server=bench.server,
            cache=bench.cache,
        )
        _announce(environment, bench.server)
    cross = record.host_architecture != record.build_architecture
    return Composed(
        environment=environment,
        strategy=Strategy(strategy, added),
        path=record.build_path or default_path(record.source, record.version, record.build_date),
        kind=record.build_kind,
        variables=dict(record.environment),
        tainted_by=record.tainted_by,
        changes=record.binary_only_changes,
        host_architecture=record.host_architecture if cross else None,
    )


def compose_derived(
    task: Task, source: SourcePackage, architecture: str, bench: Bench, folder: Path
) -> Composed:
    """What apt chooses in the dated suites that the job names."""
    extension = task.assignment.extension
    if extension is None or extension.derive is None or extension.build not in _KINDS:
        raise RebuildFailure(
            Reason.UNSUPPORTED, "a source without a build record needs a dated suite to derive from"
        )
    environment = derive_environment(
        extension.derive,
        source.folder / source.dsc_name,
        build=extension.build,
        architecture=architecture,
        base_url=bench.server.base_url,
        folder=folder,
    )
    _announce(environment, bench.server)
    return Composed(
        environment=environment,
        strategy=Strategy("derived"),
        path=default_path(source.dsc.source, source.dsc.version, None),
        kind=extension.build,
        variables={
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "DEB_BUILD_OPTIONS": f"parallel={os.cpu_count() or 1}",
        },
    )


def recorded_environment(task: Task, server: ServerConnection) -> Environment:
    """The set that the server resolved, before or now.

    Raises:
        RebuildFailure: `dependency-missing` with all that the server does not know.
    """
    extension = task.assignment.extension
    known = extension.environment if extension else None
    if known is None:
        # 404 is the answer with the list of what is missing.
        record = task.input_path.read_bytes()
        answer = server.post_bytes(
            "/mr/buildinfo", record, "application/octet-stream", answers=(404,)
        )
        known_id = answer.get("environment")
        missing = [_words(item) for item in answer.get("missing", [])]
        if not known_id:
            raise RebuildFailure(
                Reason.DEPENDENCY_MISSING,
                f"the server knows no {', '.join(missing[:5]) or 'environment for the record'}",
                evidence="\n".join(missing) + "\n",
            )
    else:
        known_id = known.hex
    try:
        text = server.get_bytes(f"/environments/{known_id}", accept="text/plain")
        environment = Environment.from_text(text)
    except NotFound as error:
        raise RebuildFailure(Reason.DEPENDENCY_MISSING, error.message) from error
    except InvalidInput as error:
        raise RebuildFailure(Reason.ENVIRONMENT_SETUP, error.message) from error
    if environment.id.hex != known_id:
        raise RebuildFailure(
            Reason.ENVIRONMENT_MISMATCH,
            f"the server sent environment {environment.id} under the name {known_id}",
        )
    return environment


def _announce(environment: Environment, server: ServerConnection) -> None:
    """Give the server the text of a set that this worker composed."""
    server.post_bytes("/environments", environment.text(), "text/plain")


def _words(item: object) -> str:
    if isinstance(item, dict):
        parts = (item.get(key) for key in ("name", "architecture", "version"))
        return " ".join(str(part) for part in parts if part)
    return str(item)
