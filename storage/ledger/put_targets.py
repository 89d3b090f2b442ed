# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing targets down, in short transactions: what is new, what is seen, what is queued.

Everything here is idempotent: the same targets twice change nothing but `last_seen`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from snapshot.digest import Digest
from snapshot.verdict import Original
from storage.ledger import tables as t
from storage.ledger.place_jobs import place_jobs
from storage.ledger.rows import derived_text
from storage.ledger.values import NewTarget, Placement

#: Targets per transaction: some 5,000 rows, far below a second of write lock.
CHUNK = 400


@dataclass(frozen=True, slots=True)
class PutReport:
    """What writing targets down did.

    Attributes:
        ids: Target ids in the order given; equal targets have equal ids.
        created: How many of them nobody knew before.
        queued: Jobs that were made.
    """

    ids: tuple[int, ...]
    created: int
    queued: int


def chunks(items: Sequence[NewTarget], size: int = CHUNK) -> Iterator[Sequence[NewTarget]]:
    """Bounded parts of a list."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def put_chunk(
    connection: Connection,
    targets: Sequence[NewTarget],
    placement: Placement | None,
    *,
    now: float,
    spread: Callable[[], int],
) -> PutReport:
    """Write one bounded list of targets inside the caller's transaction.

    Args:
        connection: Open write transaction.
        targets: At most some hundred.
        placement: How to queue those that have nothing to wait for; None queues nothing.
        now: Seconds since 1970.
        spread: A random number below 2**31 for each job, so that one letter of the alphabet
            does not fill a day.
    """
    first: dict[Digest, NewTarget] = {}
    for target in targets:
        first.setdefault(target.identity, target)
    known = _target_ids(connection, first)
    fresh = [target for identity, target in first.items() if identity not in known]
    if fresh:
        connection.execute(insert(t.targets), [_target_row(target, now) for target in fresh])
        known = _target_ids(connection, first)
    _learn_environments(connection, first, known)
    artifacts = _put_artifacts(connection, targets, known)
    suites = _put_suites(connection, targets, known, now)
    _put_listings(connection, targets, known, artifacts, suites)
    ids = tuple(known[target.identity] for target in targets)
    queued = 0
    if placement is not None:
        lanes = {known[identity]: target.lane for identity, target in first.items()}
        queued = place_jobs(connection, lanes, placement, now=now, spread=spread)
    return PutReport(ids, len(fresh), queued)


def _target_ids(connection: Connection, identities: Iterable[Digest]) -> dict[Digest, int]:
    query = select(t.targets.c.identity, t.targets.c.id).where(
        t.targets.c.identity.in_(list(identities))
    )
    return {row.identity: row.id for row in connection.execute(query)}


def _target_row(target: NewTarget, now: float) -> dict[str, Any]:
    return {
        "identity": target.identity,
        "kind": target.kind,
        "distribution": target.distribution,
        "source": target.source,
        "version": target.version,
        "architecture": target.architecture,
        "backend": target.backend or target.distribution,
        "build": target.build,
        "input_name": target.input_name,
        "input_digest": target.input_digest,
        "input_url": target.input_url,
        "environment": target.environment,
        "tags": ",".join(sorted(target.tags)),
        "created_at": now,
        "retries": 0,
        **derived_text(target.derive),
    }


def _learn_environments(
    connection: Connection, targets: Mapping[Digest, NewTarget], ids: Mapping[Digest, int]
) -> None:
    """A record may be resolved later than it was first seen: packages were missing then."""
    c = t.targets.c
    for identity, target in targets.items():
        if target.environment is not None:
            connection.execute(
                update(t.targets)
                .where(c.id == ids[identity], c.environment.is_(None))
                .values(environment=target.environment)
            )


def _put_artifacts(
    connection: Connection, targets: Sequence[NewTarget], ids: dict[Digest, int]
) -> dict[tuple[int, str], int]:
    """Make the artifacts known; answers their ids by (target, file name)."""
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for target in targets:
        for artifact in target.artifacts:
            key = (ids[target.identity], artifact.file_name)
            rows.setdefault(
                key,
                {
                    "target_id": key[0],
                    "file_name": artifact.file_name,
                    "name": artifact.name,
                    "version": artifact.version,
                    "architecture": artifact.architecture,
                    "sha256": artifact.sha256,
                    "size": artifact.size,
                    "url": artifact.url,
                    "origin": artifact.origin.value,
                },
            )
    known = _known_artifacts(connection, ids.values())
    fresh = [row for key, row in rows.items() if key not in known]
    if fresh:
        connection.execute(insert(t.target_artifacts), fresh)
    _improve_artifacts(connection, rows, known)
    if fresh:
        known = _known_artifacts(connection, ids.values())
    return {key: row.id for key, row in known.items()}


def _known_artifacts(
    connection: Connection, target_ids: Iterable[int]
) -> dict[tuple[int, str], Any]:
    c = t.target_artifacts.c
    query = select(c.id, c.target_id, c.file_name, c.sha256, c.origin).where(
        c.target_id.in_(set(target_ids))
    )
    return {(row.target_id, row.file_name): row for row in connection.execute(query)}


def _improve_artifacts(
    connection: Connection,
    rows: dict[tuple[int, str], dict[str, Any]],
    known: dict[tuple[int, str], Any],
) -> None:
    """A digest that nobody knew, or that only a record vouched for, may come later.

    A digest once known is never replaced by another: what was judged stays judged.
    """
    for key in sorted(known.keys() & rows.keys()):
        old, new = known[key], rows[key]
        if new["sha256"] is None or old.sha256 not in (None, new["sha256"]):
            continue
        if old.sha256 is not None and (
            old.origin == new["origin"] or old.origin == Original.INDEX.value
        ):
            continue
        connection.execute(
            update(t.target_artifacts)
            .where(t.target_artifacts.c.id == old.id)
            .values(sha256=new["sha256"], size=new["size"], origin=new["origin"])
        )


def _put_suites(
    connection: Connection, targets: Sequence[NewTarget], ids: dict[Digest, int], now: float
) -> dict[tuple[int, str], int]:
    """Point releases to targets; answers pointer ids by (target, release)."""
    wanted = list(dict.fromkeys((ids[x.identity], x.release) for x in targets))
    known = _known_suites(connection, wanted)
    fresh = [key for key in wanted if key not in known]
    if fresh:
        connection.execute(
            insert(t.target_suites),
            [
                {"target_id": i, "release": r, "last_seen": now, "seen_in_last_sync": True}
                for i, r in fresh
            ],
        )
    if known:
        connection.execute(
            update(t.target_suites)
            .where(t.target_suites.c.id.in_(sorted(known.values())))
            .values(last_seen=now, seen_in_last_sync=True)
        )
    return _known_suites(connection, wanted) if fresh else known


def _known_suites(
    connection: Connection, wanted: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], int]:
    c = t.target_suites.c
    # A list of pairs would be searched without an index by PostgreSQL.
    query = select(c.id, c.target_id, c.release).where(c.target_id.in_({i for i, _ in wanted}))
    pairs = set(wanted)
    found = {(row.target_id, row.release): row.id for row in connection.execute(query)}
    return {key: found[key] for key in found.keys() & pairs}


def _put_listings(
    connection: Connection,
    targets: Sequence[NewTarget],
    ids: dict[Digest, int],
    artifacts: dict[tuple[int, str], int],
    suites: dict[tuple[int, str], int],
) -> None:
    """Say which component of which release lists which file."""
    wanted = dict.fromkeys(
        (
            suites[(ids[target.identity], target.release)],
            artifacts[(ids[target.identity], artifact.file_name)],
            artifact.component,
        )
        for target in targets
        for artifact in target.artifacts
    )
    c = t.suite_artifacts.c
    query = select(c.suite_id, c.artifact_id, c.component).where(
        c.suite_id.in_({suite for suite, _, _ in wanted})
    )
    known = {tuple(row) for row in connection.execute(query)}
    fresh = [key for key in wanted if key not in known]
    if fresh:
        connection.execute(
            insert(t.suite_artifacts),
            [{"suite_id": s, "artifact_id": a, "component": comp} for s, a, comp in fresh],
        )
