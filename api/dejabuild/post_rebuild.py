# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST /api/dejabuild/v1/rebuilds`: a build record, or the name of a published source."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from api.archive_services import current_archive
from api.auth import require_admin
from api.dejabuild.listings import SourceListing, run_of
from api.encode_response import json_response
from api.keep_environment import keep_environment, pin_environment
from api.public_url import public_url
from api.rebuild_services import current_rebuild
from api.request_body import read_body, read_json
from api.resolve_record import resolve_record
from api.services import current_services
from orchestrator.record_target import target_from_buildinfo
from orchestrator.select_targets import RunSelection, targets_from_run
from snapshot.buildinfo import BuildInfo
from snapshot.digest import Digest
from snapshot.errors import NotFound, Unsupported
from snapshot.record import read_record
from snapshot.wire import Fields
from storage.keep_record import keep_record
from storage.ledger.values import OPEN_STATES, NewTarget

#: What a person asks for goes before what a sync found.
_PRIORITY = 0


def post_rebuild() -> Response:
    """Queue a rebuild; 202 with the target, its job and its page."""
    services = current_rebuild()
    require_admin(services.secrets)
    if request.mimetype == "application/json":
        targets = _from_names(Fields(read_json(1 << 20)))
    else:
        limit = current_services().web.limits.buildinfo
        targets = (_from_record(read_body(limit, what="build record")),)
    desk = services.desk
    now = desk.clock()
    placed = desk.ledger.targets.put(targets, now=now, spread=desk.spread)
    # Somebody waits for it: built again even if it was GOOD, at once even if a retry was
    # planned for another day.
    desk.ledger.queue.hurry(placed.ids, priority=_PRIORITY, now=now, spread=desk.spread)
    made = [_placed(target_id) for target_id in placed.ids]
    return json_response({**made[0], "targets": made}, 202)


def _from_record(data: bytes) -> NewTarget:
    """Keep a record and describe what must come out of it."""
    record = read_record(data, limit=current_services().web.limits.buildinfo)
    if not isinstance(record.detail, BuildInfo):
        raise Unsupported(
            f"records of the kind {record.kind!r} are not rebuilt yet",
            advice="POST it to /mr/buildinfo to see what it needs and where that is",
        )
    digest, name = Digest.of(data), record.file_name
    environment = resolve_record(record).environment
    if environment is not None:
        keep_environment(environment)
        pin_environment(environment.id, f"record {digest}")
    target = target_from_buildinfo(
        record.detail,
        name=name,
        digest=digest,
        originals=current_rebuild().desk.originals,
        environment=environment.id if environment else None,
    )
    archive = current_archive()
    keep_record(archive.catalogue, archive.blobs, record, data, name=name, origin="posted")
    return target


def _from_names(wanted: Fields) -> tuple[NewTarget, ...]:
    """Targets of one published source, to be built in an environment derived from its suite."""
    source, version = wanted.text("source"), wanted.text("version")
    archive, suite = wanted.text("archive"), wanted.text("suite")
    catalogue = current_archive().catalogue
    run = run_of(catalogue, archive, wanted.optional_text("timestamp"))
    listing = SourceListing(catalogue, run, source, version)
    found: list[NewTarget] = []
    reasons: list[str] = []
    for component in listing.components(archive, run.timestamp, suite):
        selection = RunSelection(
            archive=archive,
            stamp=run.timestamp,
            suite=suite,
            component=component,
            architectures=wanted.texts("architectures") or listing.architectures(),
            names={source: version},
            derive_suites=_derive_suites(wanted, suite, component),
            distribution=wanted.optional_text("distribution") or "debian",
        )
        selected = targets_from_run(listing, selection)
        found += selected.targets
        reasons += [skipped.why for skipped in selected.skipped]
    if not found:
        why = f": {'; '.join(sorted(set(reasons)))}" if reasons else ""
        raise NotFound(
            f"{source} {version} cannot be rebuilt from {archive} {suite} at {run.timestamp}{why}",
            advice=f"/mr/package/{source}/ lists the versions that are mirrored",
        )
    return tuple(found)


def _derive_suites(wanted: Fields, suite: str, component: str) -> tuple[tuple[str, str], ...]:
    """Where apt may take build dependencies from: as asked, else main and the own component."""
    asked = wanted.objects("suites")
    if asked:
        return tuple((pair.text("suite"), pair.text("component")) for pair in asked)
    return tuple((suite, name) for name in dict.fromkeys(("main", component)))


def _placed(target_id: int) -> dict[str, Any]:
    ledger = current_rebuild().ledger
    target = ledger.targets.get(target_id)
    jobs = [job for job in ledger.queue.of_target(target_id) if job.state in OPEN_STATES]
    return {
        "target": target_id,
        "job": jobs[0].id if jobs else None,
        "source": target.source,
        "version": target.version,
        "architecture": target.architecture,
        "environment": target.environment.hex if target.environment else None,
        "url": public_url()
        + url_for("pages.package", distribution=target.distribution, source=target.source),
    }
