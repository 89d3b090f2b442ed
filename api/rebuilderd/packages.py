# SPDX-License-Identifier: GPL-3.0-or-later
"""`/api/v1/packages` and `/api/v1/meta`: what releases list, and with which verdict."""

from __future__ import annotations

from flask import Response, request

from api.encode_response import empty, json_response
from api.rebuild_services import current_rebuild
from api.rebuilderd.query import filter_of_request, page_of_request, seen_only_of_request
from api.rebuilderd.records import binary_json, page_json, source_json
from snapshot.public_key import rebuilderd_pem


def list_sources() -> Response:
    """Source packages: one record per release and build input."""
    page = current_rebuild().ledger.packages.sources(filter_of_request(), page_of_request())
    return json_response(page_json(page, [source_json(record) for record in page.records]))


def get_source(package_id: int) -> Response:
    """One source package."""
    package = current_rebuild().ledger.packages.source(package_id)
    return empty(404) if package is None else json_response(source_json(package))


def list_binaries() -> Response:
    """Binary packages: one record per release, component and file."""
    page = current_rebuild().ledger.packages.binaries(filter_of_request(), page_of_request())
    voting = _is_voting_client()
    records = [binary_json(record, voting_client=voting) for record in page.records]
    return json_response(page_json(page, records))


def get_binary(package_id: int) -> Response:
    """One binary package."""
    package = current_rebuild().ledger.packages.binary(package_id)
    if package is None:
        return empty(404)
    return json_response(binary_json(package, voting_client=_is_voting_client()))


def distributions() -> Response:
    """Names of distributions."""
    packages = current_rebuild().ledger.packages
    return json_response(list(packages.distributions(seen_only=seen_only_of_request() is True)))


def releases(distribution: str) -> Response:
    """Releases of a distribution; null stands for packages of no release."""
    packages = current_rebuild().ledger.packages
    seen_only = seen_only_of_request() is True
    return json_response(list(packages.releases(distribution, seen_only=seen_only)))


def architectures(distribution: str, release: str | None = None) -> Response:
    """Architectures of a distribution or of one of its releases (`-`: of none)."""
    packages = current_rebuild().ledger.packages
    wanted = "" if release == "-" else release
    seen_only = seen_only_of_request() is True
    return json_response(list(packages.architectures(distribution, wanted, seen_only=seen_only)))


def public_keys() -> Response:
    """The key that signs good statements, in the one form that clients accept."""
    key = current_rebuild().desk.keys.good.public
    return json_response({"current": [rebuilderd_pem(key)]})


def _is_voting_client() -> bool:
    return request.headers.get("User-Agent", "").startswith("repro-threshold/")
