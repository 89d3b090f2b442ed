# SPDX-License-Identifier: GPL-3.0-or-later
"""`/api/v1/builds`: attempts with their logs, artifacts and links; reports of new ones."""

from __future__ import annotations

from flask import Response

from api.encode_response import empty, json_response, no_content
from api.keep_environment import pin_environment
from api.rebuild_services import current_rebuild, require_worker
from api.rebuilderd.query import filter_of_request, page_of_request
from api.rebuilderd.records import artifact_json, build_json, page_json
from api.request_body import read_json, refuse_json
from api.send_evidence import send_evidence, send_link
from api.services import current_services
from orchestrator.accept_report import accept_report
from snapshot.errors import InvalidInput, NotFound
from snapshot.wire import RebuildReport
from storage.ledger.records import BuildArtifact


def list_builds() -> Response:
    """Attempts, the oldest first unless asked otherwise."""
    page = current_rebuild().ledger.builds.page(filter_of_request(), page_of_request())
    return json_response(page_json(page, [build_json(record) for record in page.records]))


def report_build() -> Response:
    """A worker's report. Late ones are accepted once; the same one twice changes nothing."""
    worker = require_worker()
    body = read_json(current_services().web.limits.report)
    try:
        report = RebuildReport.from_json(body)
    except InvalidInput as error:
        refuse_json(error)
    try:
        accepted = accept_report(current_rebuild().desk, worker, report)
    except NotFound:
        return empty(404)
    environment = None if report.extension is None else report.extension.environment
    if environment is not None and current_services().archive is not None:
        # The worker posted it as anybody may; now it is evidence.
        pin_environment(environment, f"attempt {accepted.attempt_id}")
    return no_content()


def get_build(build_id: int) -> Response:
    """One attempt."""
    build = current_rebuild().ledger.builds.get(build_id)
    return empty(404) if build is None else json_response(build_json(build))


def build_log(build_id: int) -> Response:
    """The build log as text."""
    services = current_rebuild()
    logs = services.ledger.attempts.evidence(build_id, "log")
    return send_evidence(services.blobs, logs[-1]) if logs else empty(404)


def list_artifacts(build_id: int) -> Response:
    """The judged artifacts of an attempt; empty when there are none."""
    artifacts = current_rebuild().ledger.builds.artifacts(build_id)
    return json_response([artifact_json(artifact) for artifact in artifacts])


def get_artifact(build_id: int, artifact_id: int) -> Response:
    """One judged artifact."""
    artifact = _find(build_id, artifact_id)
    return empty(404) if artifact is None else json_response(artifact_json(artifact))


def diffoscope(build_id: int, artifact_id: int) -> Response:
    """How the rebuilt file differs, as text."""
    artifact = _find(build_id, artifact_id)
    if artifact is None or artifact.diffoscope is None:
        return empty(404)
    return send_evidence(current_rebuild().blobs, artifact.diffoscope)


def attestation(build_id: int, artifact_id: int) -> Response:
    """The signed link of one artifact. Reading it writes nothing: it was signed when judged."""
    artifact = _find(build_id, artifact_id)
    if artifact is None or artifact.attestation is None:
        return empty(404)
    with current_rebuild().blobs.open(artifact.attestation.digest) as reader:
        return send_link(reader.read())


def _find(build_id: int, artifact_id: int) -> BuildArtifact | None:
    return current_rebuild().ledger.builds.artifact(build_id, artifact_id)
