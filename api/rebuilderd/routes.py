# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuilderd's routes in one table: method, path, view."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from api.encode_response import empty, encode
from api.error_response import error_response
from api.limit_ids import refuse_large_ids
from api.rebuilderd import builds, packages, queue, v0, workers
from snapshot.errors import DejabuildError

_V1: tuple[tuple[str, str, Callable[..., Response]], ...] = (
    ("GET", "/builds", builds.list_builds),
    ("POST", "/builds", builds.report_build),
    ("GET", "/builds/<int:build_id>", builds.get_build),
    ("GET", "/builds/<int:build_id>/log", builds.build_log),
    ("GET", "/builds/<int:build_id>/artifacts", builds.list_artifacts),
    ("GET", "/builds/<int:build_id>/artifacts/<int:artifact_id>", builds.get_artifact),
    (
        "GET",
        "/builds/<int:build_id>/artifacts/<int:artifact_id>/diffoscope",
        builds.diffoscope,
    ),
    (
        "GET",
        "/builds/<int:build_id>/artifacts/<int:artifact_id>/attestation",
        builds.attestation,
    ),
    ("POST", "/packages", queue.import_packages),
    ("GET", "/packages/source", packages.list_sources),
    ("GET", "/packages/source/<int:package_id>", packages.get_source),
    ("GET", "/packages/binary", packages.list_binaries),
    ("GET", "/packages/binary/<int:package_id>", packages.get_binary),
    ("GET", "/queue", queue.list_queue),
    ("POST", "/queue", queue.push_queue),
    ("DELETE", "/queue", queue.drop_queue),
    ("POST", "/queue/pop", queue.pop_queue),
    ("GET", "/queue/<int:job_id>", queue.get_job),
    ("DELETE", "/queue/<int:job_id>", queue.drop_job),
    ("POST", "/queue/<int:job_id>/ping", queue.ping_job),
    ("GET", "/dashboard", workers.dashboard),
    ("GET", "/meta/distributions", packages.distributions),
    ("GET", "/meta/distributions/<distribution>/releases", packages.releases),
    ("GET", "/meta/distributions/<distribution>/architectures", packages.architectures),
    (
        "GET",
        "/meta/distributions/<distribution>/releases/<release>/architectures",
        packages.architectures,
    ),
    ("GET", "/meta/public-keys", packages.public_keys),
    ("GET", "/workers", workers.list_workers),
    ("POST", "/workers", workers.register_worker),
    ("GET", "/workers/<int:worker_id>", workers.get_worker),
    ("DELETE", "/workers/<int:worker_id>", workers.delete_worker),
)

_V0: tuple[tuple[str, str, Callable[..., Response]], ...] = (
    ("GET", "/workers", v0.list_workers),
    ("GET", "/pkgs/list", v0.list_packages),
    ("POST", "/queue/list", v0.list_queue),
    ("GET", "/builds/<int:build_id>/log", v0.build_log),
    ("GET", "/builds/<int:build_id>/attestation", v0.attestation),
    ("GET", "/builds/<int:build_id>/diffoscope", v0.diffoscope),
    ("GET", "/dashboard", v0.dashboard),
    ("GET", "/public-keys", packages.public_keys),
    ("POST", "/pkgs/sync", v0.not_implemented),
    ("POST", "/queue/push", v0.not_implemented),
    ("POST", "/queue/pop", v0.not_implemented),
    ("POST", "/queue/drop", v0.not_implemented),
    ("POST", "/pkg/requeue", v0.not_implemented),
    ("POST", "/build/ping", v0.not_implemented),
    ("POST", "/build/report", v0.not_implemented),
)


def make_blueprint() -> Blueprint:
    """Every route above, with empty errors as the peer's programs expect them."""
    blueprint = Blueprint("rebuilderd", __name__, url_prefix="/api")
    for version, table in (("v1", _V1), ("v0", _V0)):
        for method, path, view in table:
            blueprint.add_url_rule(
                f"/{version}{path}",
                endpoint=f"{version}_{view.__name__}",
                view_func=view,
                methods=[method],
            )
    blueprint.add_url_rule("/<path:rest>", "unknown", _unknown, methods=_EVERY_METHOD)
    blueprint.register_error_handler(DejabuildError, error_response)
    blueprint.before_request(refuse_large_ids)
    blueprint.after_request(encode)
    return blueprint


_EVERY_METHOD = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def _unknown(rest: str) -> Response:  # noqa: ARG001  # the route's shape
    """Anything else, a wrong method on a known path too: an empty 404, as the peer answers."""
    return empty(404)
