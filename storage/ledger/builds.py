# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading attempts: rebuilderd's builds with their artifacts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, func, select

from snapshot.digest import Digest
from snapshot.verdict import Original, Status
from storage.database import Database
from storage.ledger import tables as t
from storage.ledger.match import match_target
from storage.ledger.page import FIRST_PAGE, NO_FILTER, Filter, Page, fetch_page
from storage.ledger.records import Attestation, Build, BuildArtifact, Evidence, ResultPage
from storage.ledger.rows import (
    attestation_of,
    evidence_of,
    optional,
    phases_of,
    strategy_of,
    verdict_of,
)


class Builds:
    """The attempts, as lists and pages show them.

    Args:
        database: An upgraded ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, filters: Filter = NO_FILTER, page: Page = FIRST_PAGE) -> ResultPage[Build]:
        """One page of attempts. A `status` filter means the attempt's own status."""
        query = match_target(_build_query(), _without_status(filters))
        a, c = t.attempts.c, t.targets.c
        if filters.status is not None:
            query = query.where(a.status == filters.status.value)
        columns = {
            "id": a.id,
            "name": c.source,
            "version": c.version,
            "distribution": c.distribution,
            "architecture": c.architecture,
            "backend": c.backend,
            "retries": c.retries,
            "started_at": a.started_at,
            "built_at": a.built_at,
            "status": a.status,
        }
        with self._database.read() as connection:
            total, rows = fetch_page(connection, query, page, columns=columns)
        return ResultPage(total, tuple(_build_of(row) for row in rows))

    def get(self, build_id: int) -> Build | None:
        """One attempt."""
        with self._database.read() as connection:
            row = connection.execute(_build_query().where(t.attempts.c.id == build_id)).first()
        return None if row is None else _build_of(row)

    def of_target(self, target_id: int) -> tuple[Build, ...]:
        """Every attempt of a target, the newest first."""
        a = t.attempts.c
        query = _build_query().where(a.target_id == target_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(a.built_at.desc(), a.id.desc()))
            return tuple(_build_of(row) for row in rows)

    def recent(self, limit: int = 20) -> tuple[Build, ...]:
        """The attempts received last, the newest first."""
        query = _build_query().order_by(t.attempts.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return tuple(_build_of(row) for row in connection.execute(query))

    def newest_built_at(self) -> float | None:
        """When the newest attempt of all was built."""
        with self._database.read() as connection:
            newest: float | None = connection.execute(
                select(func.max(t.attempts.c.built_at))
            ).scalar_one()
        return newest

    def artifacts(self, build_id: int) -> tuple[BuildArtifact, ...]:
        """The judged artifacts of an attempt."""
        r = t.attempt_artifacts.c
        query = (
            select(
                t.attempt_artifacts,
                t.target_artifacts.c.sha256.label("original"),
                t.target_artifacts.c.origin,
            )
            .outerjoin(t.target_artifacts, t.target_artifacts.c.id == r.artifact_id)
            .where(r.attempt_id == build_id)
            .order_by(r.id)
        )
        links = (
            select(t.attestations)
            .join(t.attempt_artifacts, r.id == t.attestations.c.attempt_artifact_id)
            .where(r.attempt_id == build_id)
        )
        texts = select(t.evidence).where(
            t.evidence.c.attempt_id == build_id, t.evidence.c.kind == "diffoscope-text"
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            link_of = {
                row.attempt_artifact_id: attestation_of(row) for row in connection.execute(links)
            }
            diffs = {row.name: evidence_of(row) for row in connection.execute(texts)}
        return tuple(_artifact_of(row, link_of, diffs) for row in rows)

    def artifact(self, build_id: int, artifact_id: int) -> BuildArtifact | None:
        """One judged artifact of an attempt."""
        return next((a for a in self.artifacts(build_id) if a.id == artifact_id), None)

    def with_product(self, digest: Digest) -> tuple[Build, ...]:
        """Attempts that built a file with this digest, the newest first."""
        made = select(t.attempt_artifacts.c.attempt_id).where(
            t.attempt_artifacts.c.sha256 == digest
        )
        query = _build_query().where(t.attempts.c.id.in_(made)).order_by(t.attempts.c.id.desc())
        with self._database.read() as connection:
            return tuple(_build_of(row) for row in connection.execute(query))


def _without_status(filters: Filter) -> Filter:
    return Filter(
        distribution=filters.distribution,
        release=filters.release,
        component=filters.component,
        architecture=filters.architecture,
        name=filters.name,
        version=filters.version,
        source_name=filters.source_name,
        seen_only=filters.seen_only,
    )


def _build_query() -> Select[Any]:
    release = (
        select(t.target_suites.c.release)
        .where(t.target_suites.c.target_id == t.targets.c.id)
        .order_by(t.target_suites.c.id)
        .limit(1)
        .scalar_subquery()
    )
    c = t.targets.c
    return select(
        t.attempts,
        func.coalesce(release, "").label("release"),
        c.source,
        c.version,
        c.distribution,
        c.architecture,
        c.backend,
        c.retries,
    ).join(t.targets, t.targets.c.id == t.attempts.c.target_id)


def _build_of(row: Row[Any]) -> Build:
    return Build(
        id=row.id,
        job_id=row.job_id,
        target_id=row.target_id,
        worker_id=row.worker_id,
        name=row.source,
        version=row.version,
        distribution=row.distribution,
        release=optional(row.release),
        architecture=row.architecture,
        backend=row.backend,
        retries=row.retries,
        started_at=row.started_at,
        built_at=row.built_at,
        received_at=row.received_at,
        late=row.late,
        verdict=verdict_of(row),
        reported_status=Status(row.reported_status),
        environment=row.environment,
        strategy=strategy_of(row),
        phases=phases_of(row.phases),
        worker_version=row.worker_version,
    )


def _artifact_of(
    row: Row[Any], links: dict[int, Attestation], diffs: dict[str, Evidence]
) -> BuildArtifact:
    return BuildArtifact(
        id=row.id,
        attempt_id=row.attempt_id,
        name=row.name,
        file_name=row.file_name,
        status=Status(row.status),
        sha256=row.sha256,
        size=row.size,
        detail=row.detail,
        original=row.original,
        origin=None if row.origin is None else Original(row.origin),
        attestation=links.get(row.id),
        diffoscope=diffs.get(row.file_name) or diffs.get(row.name),
    )
