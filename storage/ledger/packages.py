# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading packages: rebuilderd's source and binary packages, with their newest verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, Select, and_, func, select

from snapshot.verdict import Status
from storage.database import Database
from storage.ledger import tables as t
from storage.ledger.match import has_status, in_component
from storage.ledger.page import FIRST_PAGE, NO_FILTER, Filter, Page, fetch_page
from storage.ledger.records import BinaryPackage, ResultPage, SourcePackage
from storage.ledger.rows import optional, reason_of, status_of


class Packages:
    """What releases list.

    Args:
        database: An upgraded ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def sources(
        self, filters: Filter = NO_FILTER, page: Page = FIRST_PAGE
    ) -> ResultPage[SourcePackage]:
        """One page of source packages: one record per release and target."""
        c, s = t.targets.c, t.target_suites.c
        query = _match_suite(_source_query(), filters)
        if filters.architecture is not None:
            query = query.where(c.architecture == filters.architecture)
        if filters.name is not None:
            query = query.where(c.source == filters.name)
        if filters.version is not None:
            query = query.where(c.version == filters.version)
        if filters.component is not None:
            query = query.where(in_component(filters.component))
        columns = {
            "id": s.id,
            "name": c.source,
            "version": c.version,
            "distribution": c.distribution,
            "release": s.release,
            "status": c.status,
            "build_id": c.newest_attempt,
            "last_seen": s.last_seen,
        }
        with self._database.read() as connection:
            total, rows = fetch_page(connection, query, page, columns=columns)
        return ResultPage(total, tuple(_source_of(row) for row in rows))

    def source(self, package_id: int) -> SourcePackage | None:
        """One source package."""
        query = _source_query().where(t.target_suites.c.id == package_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _source_of(row)

    def binaries(
        self, filters: Filter = NO_FILTER, page: Page = FIRST_PAGE
    ) -> ResultPage[BinaryPackage]:
        """One page of binary packages: one record per release, component and file."""
        query = _match_binary(_binary_query(), filters)
        columns = {
            "id": t.suite_artifacts.c.id,
            "name": t.target_artifacts.c.name,
            "version": t.target_artifacts.c.version,
            "architecture": t.target_artifacts.c.architecture,
            "distribution": t.targets.c.distribution,
            "release": t.target_suites.c.release,
            "component": t.suite_artifacts.c.component,
            "url": t.target_artifacts.c.url,
            "status": t.attempt_artifacts.c.status,
            "build_id": t.targets.c.newest_attempt,
            "artifact_id": t.attempt_artifacts.c.id,
            "last_seen": t.target_suites.c.last_seen,
        }
        with self._database.read() as connection:
            total, rows = fetch_page(connection, query, page, columns=columns)
        return ResultPage(total, tuple(_binary_of(row) for row in rows))

    def binary(self, package_id: int) -> BinaryPackage | None:
        """One binary package."""
        query = _binary_query().where(t.suite_artifacts.c.id == package_id)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _binary_of(row)

    def every_binary(self, filters: Filter = NO_FILTER) -> Iterator[BinaryPackage]:
        """All binary packages, by id, never all in memory."""
        query = _match_binary(_binary_query(), filters)
        key, last = t.suite_artifacts.c.id, 0
        while True:
            with self._database.read() as connection:
                rows = connection.execute(query.where(key > last).order_by(key).limit(2000)).all()
            if not rows:
                return
            yield from (_binary_of(row) for row in rows)
            last = rows[-1].id

    def distributions(self, *, seen_only: bool = False) -> tuple[str, ...]:
        """Distributions of all targets, sorted."""
        c, s = t.targets.c, t.target_suites.c
        query = select(c.distribution).distinct().order_by(c.distribution)
        if seen_only:
            query = query.join(t.target_suites, s.target_id == c.id).where(
                s.seen_in_last_sync.is_(True)
            )
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def releases(self, distribution: str, *, seen_only: bool = False) -> tuple[str | None, ...]:
        """Releases of a distribution, sorted; None stands for targets of no release."""
        query = self._scope(select(t.target_suites.c.release), distribution, seen_only=seen_only)
        with self._database.read() as connection:
            rows = connection.execute(query.distinct().order_by(t.target_suites.c.release))
            return tuple(optional(word) for word in rows.scalars())

    def architectures(
        self, distribution: str, release: str | None = None, *, seen_only: bool = False
    ) -> tuple[str, ...]:
        """Architectures of a distribution, or of one of its releases (`""`: of none)."""
        query = self._scope(select(t.targets.c.architecture), distribution, seen_only=seen_only)
        if release is not None:
            query = query.where(t.target_suites.c.release == release)
        with self._database.read() as connection:
            rows = connection.execute(query.distinct().order_by(t.targets.c.architecture))
            return tuple(rows.scalars())

    @staticmethod
    def _scope(query: Select[Any], distribution: str, *, seen_only: bool) -> Select[Any]:
        c, s = t.targets.c, t.target_suites.c
        query = query.select_from(t.targets.join(t.target_suites, s.target_id == c.id))
        query = query.where(c.distribution == distribution)
        return query.where(s.seen_in_last_sync.is_(True)) if seen_only else query


def _match_suite(query: Select[Any], filters: Filter) -> Select[Any]:
    c, s = t.targets.c, t.target_suites.c
    if filters.distribution is not None:
        query = query.where(c.distribution == filters.distribution)
    if filters.release is not None:
        query = query.where(s.release == filters.release)
    if filters.seen_only is not None:
        query = query.where(s.seen_in_last_sync.is_(filters.seen_only))
    if filters.status is not None:
        query = query.where(has_status(filters.status))
    return query


def _match_binary(query: Select[Any], filters: Filter) -> Select[Any]:
    a = t.target_artifacts.c
    status = filters.status
    query = _match_suite(query, _not_status(filters))
    if filters.architecture is not None:
        query = query.where(a.architecture == filters.architecture)
    if filters.name is not None:
        query = query.where(a.name == filters.name)
    if filters.version is not None:
        query = query.where(a.version == filters.version)
    if filters.source_name is not None:
        query = query.where(t.targets.c.source == filters.source_name)
    if filters.component is not None:
        query = query.where(t.suite_artifacts.c.component == filters.component)
    if status is Status.UNKNOWN:
        return query.where(func.coalesce(t.attempt_artifacts.c.status, "UNKNOWN") == "UNKNOWN")
    return query if status is None else query.where(t.attempt_artifacts.c.status == status.value)


def _not_status(filters: Filter) -> Filter:
    return Filter(
        distribution=filters.distribution, release=filters.release, seen_only=filters.seen_only
    )


def _source_query() -> Select[Any]:
    c, s = t.targets.c, t.target_suites.c
    return select(
        t.target_suites,
        c.source,
        c.version,
        c.distribution,
        c.architecture,
        c.status,
        c.reason,
        c.newest_attempt,
    ).join(t.targets, c.id == s.target_id)


def _source_of(row: Row[Any]) -> SourcePackage:
    return SourcePackage(
        id=row.id,
        target_id=row.target_id,
        name=row.source,
        version=row.version,
        distribution=row.distribution,
        release=optional(row.release),
        architecture=row.architecture,
        status=status_of(row.status),
        reason=reason_of(row.reason),
        build_id=row.newest_attempt,
        last_seen=row.last_seen,
        seen_in_last_sync=row.seen_in_last_sync,
    )


def _binary_query() -> Select[Any]:
    b, a, s, c = (
        t.suite_artifacts.c,
        t.target_artifacts.c,
        t.target_suites.c,
        t.targets.c,
    )
    r = t.attempt_artifacts.c
    diffoscope = (
        select(func.max(t.evidence.c.id))
        .where(
            t.evidence.c.attempt_id == c.newest_attempt,
            t.evidence.c.kind == "diffoscope-text",
            t.evidence.c.name.in_([a.file_name, a.name]),
        )
        .scalar_subquery()
    )
    return (
        select(
            b.id,
            b.component,
            c.id.label("target_id"),
            c.source,
            c.distribution,
            c.newest_attempt,
            c.newest_built_at,
            s.release,
            s.last_seen,
            s.seen_in_last_sync,
            a.name,
            a.version,
            a.architecture,
            a.file_name,
            a.url,
            a.sha256,
            r.status,
            r.id.label("artifact_id"),
            t.attestations.c.id.label("attestation_id"),
            diffoscope.label("diffoscope_id"),
        )
        .select_from(t.suite_artifacts)
        .join(t.target_artifacts, a.id == b.artifact_id)
        .join(t.target_suites, s.id == b.suite_id)
        .join(t.targets, c.id == s.target_id)
        .outerjoin(
            t.attempt_artifacts,
            and_(r.attempt_id == c.newest_attempt, r.artifact_id == a.id),
        )
        .outerjoin(t.attestations, t.attestations.c.attempt_artifact_id == r.id)
    )


def _binary_of(row: Row[Any]) -> BinaryPackage:
    return BinaryPackage(
        id=row.id,
        target_id=row.target_id,
        source=row.source,
        name=row.name,
        version=row.version,
        distribution=row.distribution,
        release=optional(row.release),
        component=optional(row.component),
        architecture=row.architecture,
        file_name=row.file_name,
        url=row.url,
        sha256=row.sha256,
        status=status_of(row.status),
        build_id=row.newest_attempt,
        artifact_id=row.artifact_id,
        diffoscope_id=row.diffoscope_id,
        attestation_id=row.attestation_id,
        built_at=row.newest_built_at,
        last_seen=row.last_seen,
        seen_in_last_sync=row.seen_in_last_sync,
    )
