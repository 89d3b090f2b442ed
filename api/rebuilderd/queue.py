# SPDX-License-Identifier: GPL-3.0-or-later
"""`/api/v1/queue` and `POST /api/v1/packages`: what is to be built, who takes it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.auth import require_admin
from api.encode_response import empty, json_response, no_content
from api.rebuild_services import current_rebuild, require_worker
from api.rebuilderd.query import filter_of_request, page_of_request
from api.rebuilderd.records import assignment, page_json, wire_job
from api.request_body import read_json, refuse_json
from api.services import current_services
from orchestrator import import_packages as importing
from orchestrator import lease
from snapshot.errors import InvalidInput
from snapshot.wire import PackageReport, PopRequest, QueueRequest
from storage.ledger import Filter

#: Priority of what a person pushes, when the request names none.
_MANUAL = 0


def import_packages() -> Response:
    """Everything in one (distribution, release, architecture), as `rebuildctl pkgs sync` sends."""
    services = current_rebuild()
    require_admin(services.secrets)
    try:
        report = PackageReport.from_json(_read())
    except InvalidInput as error:
        refuse_json(error)
    desk = services.desk
    importing.import_packages(desk.ledger, report, clock=desk.clock, spread=desk.spread)
    return no_content()


def list_queue() -> Response:
    """Open jobs by id."""
    page = current_rebuild().ledger.queue.page(filter_of_request(), page_of_request())
    return json_response(page_json(page, [wire_job(job).to_json() for job in page.records]))


def get_job(job_id: int) -> Response:
    """One open job; the peer takes the number for a package's."""
    job = current_rebuild().ledger.queue.get(job_id, open_only=True)
    return empty(404) if job is None else json_response(wire_job(job).to_json())


def push_queue() -> Response:
    """Queue what matches, or move it forward."""
    services = current_rebuild()
    require_admin(services.secrets)
    try:
        wanted = QueueRequest.from_json(_read())
    except InvalidInput as error:
        refuse_json(error)
    affected = services.ledger.queue.push(
        Filter(
            distribution=wanted.distribution,
            release=wanted.release,
            component=wanted.component,
            architecture=wanted.architecture,
            name=wanted.name,
            version=wanted.version,
            status=wanted.status,
        ),
        priority=_MANUAL if wanted.priority is None else wanted.priority,
        now=services.desk.clock(),
        spread=services.desk.spread,
    )
    return json_response({"affected": affected})


def drop_queue() -> Response:
    """Drop what matches; without a filter, everything."""
    services = current_rebuild()
    require_admin(services.secrets)
    services.ledger.queue.drop(filter_of_request(), now=services.desk.clock())
    return no_content()


def drop_job(job_id: int) -> Response:
    """Drop one job."""
    services = current_rebuild()
    require_admin(services.secrets)
    dropped = services.ledger.queue.drop_one(job_id, now=services.desk.clock())
    return no_content() if dropped else empty(404)


def pop_queue() -> Response:
    """Hand out the next job that this worker can take, or the word `Nothing`."""
    worker = require_worker()
    try:
        wanted = PopRequest.from_json(_read())
    except InvalidInput as error:
        refuse_json(error)
    services = current_rebuild()
    claim = lease.claim(services.dispatcher, worker, wanted)
    if claim is None:
        return json_response("Nothing")
    answer = assignment(claim, extended=wanted.extended, timeout=services.build_timeout)
    return json_response(answer.to_json())


def ping_job(job_id: int) -> Response:
    """Keep a claim alive. 404: it is gone, or somebody else's."""
    worker = require_worker()
    alive = lease.ping(current_rebuild().dispatcher, job_id, worker)
    return no_content() if alive else empty(404)


def _read() -> Any:
    return read_json(current_services().web.limits.report)
