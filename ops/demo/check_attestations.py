# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads links and package files of GOOD results and has in-toto's own tools verify them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from ops.demo.verify_links import Attested, verify_link
from snapshot.public_key import public_from_pem
from snapshot.verdict import Status

if TYPE_CHECKING:
    from ops.demo.curl import Curl
    from ops.demo.final_table import Result

ATTEMPTS = "/api/dejabuild/v1/attempts"


def server_key(curl: Curl) -> bytes:
    """The key the server publishes for good statements."""
    keys = curl.get_json("/api/v1/meta/public-keys", show=3)
    return public_from_pem(keys["current"][0])


def check_attestations(curl: Curl, result: Result, public: bytes) -> Result:
    """Verify every link of a result.

    Returns:
        The result, with what was verified and what is missing.
    """
    if result.status != Status.GOOD.value or not result.attempt:
        return result
    attempt = curl.get_json(f"{ATTEMPTS}/{result.attempt}")
    verified: set[str] = set()
    complaints = list(result.complaints)
    for artifact in attempt["artifacts"]:
        name = artifact["file_name"]
        if artifact["origin"] != "index":
            continue  # nothing is signed that a verified index does not name
        if not artifact["attestation"]:
            complaints.append(f"{name}: no link")
            continue
        link = curl.get(artifact["attestation"].removeprefix(curl.base))
        content = curl.get(f"/file/{artifact['sha256']}/{quote(name)}")
        verification = verify_link(Attested(name, content, link), public)
        if verification.holds:
            verified.add(name)
        else:
            complaints.append(f"{name}: in-toto-verify: {verification.said}")
    return replace(result, verified=frozenset(verified), complaints=tuple(complaints))
