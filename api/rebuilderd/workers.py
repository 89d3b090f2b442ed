# SPDX-License-Identifier: GPL-3.0-or-later
"""`/api/v1/workers` and `/api/v1/dashboard`."""

from __future__ import annotations

from flask import Response, request

from api.auth import is_admin, require_signup
from api.encode_response import empty, json_response, no_content
from api.rebuild_services import current_rebuild, require_worker
from api.rebuilderd.query import filter_of_request, page_of_request
from api.rebuilderd.records import page_json, worker_json
from api.request_body import read_json, refuse_json
from api.services import current_services
from snapshot.errors import InvalidInput
from snapshot.wire import Fields

_MAX_NAME = 200


def list_workers() -> Response:
    """Every worker that registered."""
    page = current_rebuild().ledger.workers.page(page_of_request())
    now = current_services().web.clock()
    return json_response(page_json(page, [worker_json(record, now) for record in page.records]))


def get_worker(worker_id: int) -> Response:
    """One worker."""
    worker = current_rebuild().ledger.workers.get(worker_id)
    if worker is None:
        return empty(404)
    return json_response(worker_json(worker, current_services().web.clock()))


def register_worker() -> Response:
    """Register a machine under its key, or refresh what is known about it."""
    services = current_rebuild()
    key = require_signup(services.secrets)
    try:
        name = Fields(read_json(1 << 16)).text("name")
    except InvalidInput as error:
        refuse_json(error)
    services.ledger.workers.register(
        key, name[:_MAX_NAME], request.remote_addr or "", now=current_services().web.clock()
    )
    return no_content()


def delete_worker(worker_id: int) -> Response:
    """Remove a worker: the operator may, and a worker itself; at the peer any worker may."""
    services = current_rebuild()
    if not is_admin(services.secrets) and require_worker().id != worker_id:
        return empty(403)
    return no_content() if services.ledger.workers.remove(worker_id) else empty(404)


def dashboard() -> Response:
    """Counts of verdicts and jobs."""
    now = current_services().web.clock()
    counts = current_rebuild().ledger.dashboard.counts(filter_of_request(), now=now)
    return json_response(
        {
            "rebuilds": {
                "good": counts.good,
                "bad": counts.bad,
                "fail": counts.fail,
                "unknown": counts.unknown,
            },
            "jobs": {
                "running": counts.running,
                "available": counts.available,
                "pending": counts.pending,
            },
        }
    )
