# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of one attempt: the verdict and everything that supports it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template

from api.environments.text import usage
from api.pages.attempt_rows import seconds_of
from api.pages.words import diff_kind, origin, sentence
from api.public_url import public_url
from api.rebuild_services import current_rebuild
from api.rebuilderd.records import file_url
from api.send_evidence import Excerpt, head_of, tail_of
from snapshot.errors import NotFound
from storage.ledger.records import Build, BuildArtifact, Evidence, Target

_LOG_LINES = 60
_DIFF_LINES = 160


@dataclass(frozen=True, slots=True)
class ShownDiff:
    """The beginning of a difference: pairs of kind and line, and whether there is more."""

    lines: tuple[tuple[str, str], ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class ShownArtifact:
    """An artifact with its difference and where the original's digest comes from."""

    row: BuildArtifact
    origin_words: str
    diff: ShownDiff | None


def attempt(attempt_id: int) -> str:
    """Verdict, digests, environment, phases, log and differences of one attempt."""
    ledger = current_rebuild().ledger
    build = ledger.builds.get(attempt_id)
    if build is None:
        raise NotFound(f"there is no attempt {attempt_id}")
    target = ledger.targets.get(build.target_id)
    evidence = ledger.attempts.evidence(build.id)
    worker = None if build.worker_id is None else ledger.workers.get(build.worker_id)
    return render_template(
        "attempt.html",
        build=build,
        target=target,
        sentence=sentence(build.verdict),
        artifacts=[_shown(artifact) for artifact in ledger.builds.artifacts(build.id)],
        input_url=_input_url(target),
        worker=worker,
        seconds=seconds_of(build),
        phases=_phases(build),
        apt_line=usage(build.environment) if build.environment else None,
        repository_key_url=f"{public_url()}/environments/key.asc",
        log=_log(evidence),
        evidence=evidence,
    )


def _shown(artifact: BuildArtifact) -> ShownArtifact:
    diff = None
    if artifact.diffoscope is not None:
        excerpt = _excerpt(artifact.diffoscope)
        lines = tuple((diff_kind(line), line) for line in excerpt.lines)
        diff = ShownDiff(lines, excerpt.cut)
    return ShownArtifact(artifact, origin(artifact.origin), diff)


def _excerpt(evidence: Evidence) -> Excerpt:
    blobs = current_rebuild().blobs
    try:
        return head_of(blobs, evidence, lines=_DIFF_LINES)
    except NotFound:
        return Excerpt(("(no longer stored)",), cut=False)


def _log(evidence: tuple[Evidence, ...]) -> Excerpt | None:
    logs = [item for item in evidence if item.kind == "log"]
    if not logs:
        return None
    try:
        return tail_of(current_rebuild().blobs, logs[-1], lines=_LOG_LINES)
    except NotFound:
        return Excerpt(("(no longer stored)",), cut=False)


def _input_url(target: Target) -> str:
    if target.input_digest is not None:
        return file_url(target.input_digest, target.input_name)
    return target.input_url


def _phases(build: Build) -> list[tuple[str, float, float]]:
    """Name, seconds and share of the longest in percent, in order."""
    longest = max(build.phases.values(), default=0.0) or 1.0
    return [(name, spent, 100 * spent / longest) for name, spent in build.phases.items()]
