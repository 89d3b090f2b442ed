# SPDX-License-Identifier: GPL-3.0-or-later
"""`/api/v0`, read only: what debian-repro-status, arch-repro-status and the websites still use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Response, request

from api.auth import is_admin
from api.encode_response import empty, json_response
from api.public_url import public_url
from api.rebuild_services import current_rebuild
from api.rebuilderd.records import file_url, time_or_null, wire_artifact, wire_job
from api.request_body import read_json, refuse_json
from api.send_evidence import send_evidence, send_link
from snapshot.errors import InvalidInput
from snapshot.verdict import Status
from snapshot.wire import Fields, naive_time
from storage.ledger import Filter, Page
from storage.ledger.records import BinaryPackage, BuildArtifact, QueuedJob

#: Records per piece of a streamed list: one write to the socket each.
_BATCH = 500

#: The website asks for 25 jobs; each costs two look-ups, so nobody gets the whole queue here.
_MAX_QUEUE = 1000


def list_workers() -> Response:
    """Workers that were heard lately; with their keys, so only for the operator."""
    services = current_rebuild()
    if not is_admin(services.secrets):
        return Response("Authentication failed\n", status=403, mimetype="text/plain")
    now = services.desk.clock()
    workers = services.ledger.workers.page(Page(limit=100_000)).records
    return json_response(
        [
            {
                "id": worker.id,
                "name": worker.name,
                "key": worker.key,
                "address": worker.address,
                "status": worker.status,
                "last_ping": naive_time(worker.last_ping),
                "online": True,
            }
            for worker in workers
            if worker.online(now)
        ]
    )


def list_packages() -> Response:
    """Every binary package with its verdict, as one JSON array, streamed."""
    ledger = current_rebuild().ledger
    newest = ledger.builds.newest_built_at()
    since = request.if_modified_since
    if newest is not None and since is not None and since.timestamp() >= int(newest):
        return empty(304)
    status = request.args.get("status")
    packages = ledger.packages.every_binary(
        Filter(
            name=request.args.get("name"),
            distribution=request.args.get("distro"),
            component=request.args.get("suite"),
            architecture=request.args.get("architecture"),
            status=None if status is None else Status.from_wire(status),
        )
    )
    # Addresses are made from the request: while streaming there is none any more.
    response = Response(_array(packages, public_url()), mimetype="application/json")
    if newest is not None:
        response.last_modified = datetime.fromtimestamp(int(newest), tz=UTC)
    return response


def list_queue() -> Response:
    """The first jobs of the queue."""
    try:
        limit = Fields(read_json(1 << 16)).optional_integer("limit")
    except InvalidInput as error:
        refuse_json(error)
    wanted = _MAX_QUEUE if limit is None else max(0, min(limit, _MAX_QUEUE))
    services = current_rebuild()
    page = Page(limit=wanted, sort="priority")
    jobs = services.ledger.queue.page(page=page).records
    now = naive_time(services.desk.clock())
    return json_response({"now": now, "queue": [_queue_item(job) for job in jobs]})


def dashboard() -> Response:
    """Verdicts by component and what is being built."""
    services = current_rebuild()
    components = services.ledger.dashboard.components()
    running = services.ledger.queue.running(_MAX_QUEUE)
    return json_response(
        {
            "suites": {
                component: {"good": count.good, "unknown": count.unknown, "bad": count.bad}
                for component, count in components.items()
            },
            "active_builds": [_queue_item(job) for job in running],
            "queue_length": len(running),
            "now": naive_time(services.desk.clock()),
        }
    )


def build_log(build_id: int) -> Response:
    """The log of a build."""
    services = current_rebuild()
    logs = services.ledger.attempts.evidence(build_id, "log")
    return send_evidence(services.blobs, logs[-1]) if logs else _not_found()


def diffoscope(build_id: int) -> Response:
    """The first diffoscope output of a build."""
    services = current_rebuild()
    for artifact in _artifacts(build_id):
        if artifact.diffoscope is not None:
            return send_evidence(services.blobs, artifact.diffoscope)
    return _not_found()


def attestation(build_id: int) -> Response:
    """The first signed link of a build."""
    for artifact in _artifacts(build_id):
        if artifact.attestation is not None:
            with current_rebuild().blobs.open(artifact.attestation.digest) as reader:
                return send_link(reader.read())
    return _not_found()


def not_implemented() -> Response:
    """Writing through v0 ended with rebuilderd 0.26."""
    read_json(1 << 20)
    return empty(501)


def _artifacts(build_id: int) -> tuple[BuildArtifact, ...]:
    return current_rebuild().ledger.builds.artifacts(build_id)


def _not_found() -> Response:
    return Response("Not found\n", status=404, mimetype="text/plain")


def _array(packages: Iterator[BinaryPackage], base: str) -> Iterator[bytes]:
    head, batch = b"[", []
    for package in packages:
        batch.append(orjson.dumps(_package(package, base)))
        if len(batch) == _BATCH:
            yield head + b",".join(batch)
            head, batch = b",", []
    yield (head if batch or head == b"[" else b"") + b",".join(batch) + b"]"


def _package(package: BinaryPackage, base: str) -> dict[str, Any]:
    # A literal FAIL would make clients refuse the whole list.
    status = package.status if package.status in (Status.GOOD, Status.BAD) else Status.UNKNOWN
    return {
        "name": package.name,
        "version": package.version,
        "status": status.wire,
        "distro": package.distribution,
        "suite": package.component or "",
        "architecture": package.architecture,
        "artifact_url": package.url or file_url(package.sha256, package.file_name, base=base),
        "build_id": package.build_id,
        "built_at": time_or_null(package.built_at),
        "has_diffoscope": package.diffoscope_id is not None,
        "has_attestation": package.attestation_id is not None,
    }


def _queue_item(job: QueuedJob) -> dict[str, Any]:
    ledger = current_rebuild().ledger
    wire = wire_job(job)
    artifacts = [wire_artifact(a).to_json() for a in ledger.targets.artifacts(job.target_id)]
    lease = ledger.leases.newest(job.id, job.worker_id) if job.worker_id is not None else None
    return {
        "id": job.id,
        "pkgbase": {
            "name": job.name,
            "version": job.version,
            "distro": job.distribution,
            "suite": "",
            "architecture": job.architecture,
            "input_url": wire.url,
            "artifacts": [{k: a[k] for k in ("name", "version", "url")} for a in artifacts],
        },
        "version": job.version,
        "queued_at": naive_time(job.queued_at),
        "worker_id": job.worker_id,
        "started_at": time_or_null(job.started_at),
        "last_ping": time_or_null(lease.last_ping if lease else None),
    }
