# SPDX-License-Identifier: GPL-3.0-or-later
"""The rebuilds of the demo: what is built for a record, and which verdict each must get."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.demo.fixture import Artifact, Case
from snapshot.buildinfo import BuildInfo
from snapshot.verdict import Reason, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ops.demo.choose import Choice
    from ops.demo.official_builds import OfficialBuild, Record
    from snapshot.packages import BinaryStanza

TWO_DATES = "needs two dates at once"
NEWEST = "with the newest suite alone"


@dataclass(frozen=True, slots=True)
class Planned:
    """A build whose record becomes a case.

    Attributes:
        build: What is built for the record.
        version: Source version, with epoch.
        expected: Verdict of the rebuild from the record.
        reason: With FAIL only.
        label: Said behind the package's name; may be empty.
        why: One line for the reader.
        published: What Debian publishes from the same source.
        listed: (package, version) pairs of each date, none of which may hold the whole record;
            empty when that is not the point.
        carries: (package, version) that the .deb's `Depends` must carry, when that is the point.
    """

    build: OfficialBuild
    version: str
    expected: Status
    reason: Reason | None
    label: str
    why: str
    published: tuple[BinaryStanza, ...] = ()
    listed: tuple[frozenset[tuple[str, str]], ...] = ()
    carries: tuple[str, str] | None = None


def published_cases(choices: Iterable[Choice]) -> tuple[Case, ...]:
    """Sources that Debian published, rebuilt in an environment derived from the newest date."""
    return tuple(
        Case(
            name=choice.source.name,
            package=choice.source.name,
            version=choice.source.version,
            record="",
            expected=Status.GOOD,
            reason=None,
            why=f"published by Debian; {choice.why}",
            artifacts=tuple(
                Artifact(b.path.rpartition("/")[2], str(b.checksums.sha256), "debian")
                for b in choice.published
            ),
        )
        for choice in choices
        if choice.role != "two-dates"
    )


def recorded_cases(
    planned: Iterable[Planned], records: Mapping[str, Record], folder: Path, notes: list[str]
) -> tuple[Case, ...]:
    """Rebuilds from the records of the demo's own builds.

    Args:
        planned: What was built.
        records: What each build left.
        folder: Receives the records.
        notes: Receives a line for each build that did not show what it was meant to show.
    """
    folder.mkdir(exist_ok=True)
    cases = []
    for plan in planned:
        record = records[plan.build.name]
        problem = _problem(plan, record)
        if problem:
            notes.append(f"{plan.build.name}: {problem}, left out")
            continue
        shutil.copy(record.buildinfo, folder)
        case = Case(
            name=f"{plan.build.name} {plan.label}".strip(),
            package=plan.build.name,
            version=plan.version,
            record=record.buildinfo.name,
            expected=plan.expected,
            reason=plan.reason,
            why=plan.why,
            artifacts=_artifacts(plan, record),
        )
        cases.append(case)
        if plan.carries:
            cases.append(_newest_alone(case, plan))
    return tuple(cases)


def to_publish(plan: Planned, record: Record) -> tuple[Path, ...]:
    """The .debs of a build that the demo's archive must list, since Debian's does not."""
    published = {binary.path.rpartition("/")[2] for binary in plan.published}
    return tuple(
        deb for deb in record.debs if deb.name not in published and "-dbgsym_" not in deb.name
    )


def _newest_alone(case: Case, plan: Planned) -> Case:
    return Case(
        name=f"{case.package} {NEWEST}",
        package=case.package,
        version=case.version,
        record="",
        expected=Status.BAD,
        reason=None,
        why=f"the same source, but {plan.carries[0] if plan.carries else ''} of the newest date",
        artifacts=tuple(a for a in case.artifacts if "-dbgsym_" not in a.name),
    )


def _artifacts(plan: Planned, record: Record) -> tuple[Artifact, ...]:
    published = {str(binary.checksums.sha256) for binary in plan.published}
    found = []
    for deb in record.debs:
        sha256 = hashlib.sha256(deb.read_bytes()).hexdigest()
        found.append(Artifact(deb.name, sha256, "debian" if sha256 in published else "demo"))
    return tuple(found)


def _problem(plan: Planned, record: Record) -> str:
    """Why a build does not show what it was meant to show; empty when it does."""
    digests = {deb.name: hashlib.sha256(deb.read_bytes()).hexdigest() for deb in record.debs}
    for binary in plan.published:
        name = binary.path.rpartition("/")[2]
        if digests.get(name, str(binary.checksums.sha256)) != str(binary.checksums.sha256):
            return f"{name} did not come out as Debian published it"
    if plan.listed:
        parsed = BuildInfo.parse(record.buildinfo.read_bytes(), name=record.buildinfo.name)
        needed = {(need.name, need.version) for need in parsed.installed}
        if any(needed <= listed for listed in plan.listed):
            return "one date has all that its record names"
    if plan.carries:
        name, version = plan.carries
        if not any(f"{name} (>= {version})" in _depends(deb) for deb in record.debs):
            return f"its Depends does not carry {name} {version}"
    return ""


def _depends(deb: Path) -> str:
    command = ["dpkg-deb", "--field", str(deb), "Depends"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
