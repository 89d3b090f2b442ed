# SPDX-License-Identifier: GPL-3.0-or-later
"""`/openapi.json` holds: what it allows or forbids is answered as it says, never by a crash.

schemathesis reads the document, makes requests that fit it and requests that do not, and judges
each answer by it: status, media type, headers, and the JSON member by member. A name in a path is
one that the server knows every other time, so that answers are judged and not only refusals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as judge

from snapshot.digest import Digest
from storage.database import Database
from tests.api.archive_server import ArchiveServer, deb
from tests.api.mr.archive import DSC, STAMPS, filled_server
from tests.drill_figures import FIGURE

_CHECKS = [
    # A status that is not told, 500 among them, is a fault.
    judge.status_code_conformance,
    judge.content_type_conformance,
    judge.response_headers_conformance,
    judge.response_schema_conformance,
]
_DEB = Digest.of(deb("libtor", "1.0-1+b1", source="tor (1.0-1)")).hex
_ENVIRONMENT = f"dejabuild-environment 1 deb\nlibtor amd64 1.0-1+b1 {_DEB}\n"
_RECORD = """\
Format: 1.0
Source: hello
Binary: hello
Architecture: amd64
Version: 1.0
Checksums-Sha256:
 %s 3 hello_1.0_amd64.deb
Build-Architecture: amd64
Build-Date: Sun, 01 Mar 2026 12:00:00 +0000
Installed-Build-Depends:
 libtor (= 1.0-1+b1)
""" % ("a" * 64)
#: What this server knows of each name in a path or query.
_KNOWN: dict[str, list[str]] = {
    "archive": ["debian", "security"],
    "binary": ["libtor"],
    "date": [STAMPS[0], "20260215", "now", "latest"],
    "digest": [Digest.of(DSC["1.0-1"]).hex, _DEB],
    "identity": [Digest.of(_ENVIRONMENT.encode()).hex],
    "name": ["tor", "libtor"],
    "own": ["1.0-1", "1.0-1+b1"],
    "path": ["dists/sid/InRelease", "dists", "pool/main/t", f"pool/{_DEB}/libtor.deb"],
    "version": ["1.0-1", "1.0-1", "1.0-1+b1"],
    "timestamps": ["debian"],
    "after": [STAMPS[0]],
    "before": [STAMPS[2]],
    "suite": ["sid"],
    "from": [STAMPS[0]],
    "to": [STAMPS[2], "now"],
    "architecture": ["amd64"],
    "component": ["main"],
    "hash": ["sha256"],
    "fileinfo": ["1"],
    "year": ["2026"],
    "month": ["1"],
}
#: What this server has not got: a key, a token, records, removals, sources of an environment, a
#: flat suite; and what no generated word hits: the name of a page's file.
_LACKING = {
    "DELETE /environments/{identity}/pins/{token}",
    "GET /environments/key.asc",
    "GET /environments/key.gpg",
    "GET /environments/{identity}/source/{package}/{path}",
    "GET /mr/buildinfo/{digest}",
    "GET /mr/buildinfos/{name}",
    "GET /mr/buildinfos/{name}/{version}",
    "GET /mr/diff/{archive}",
    "GET /mr/file/{digest}/buildinfos",
    "GET /pages/{path}",
    "GET /removal/{number}",
    "GET /resigned/key.asc",
    "GET /resigned/key.gpg",
    "PUT /environments/{identity}/pins/{token}",
}
#: Media type and body that an address understands.
_BODIES: dict[str, tuple[str, Any]] = {
    "POST /cgi-bin/api": (
        "application/x-www-form-urlencoded",
        {"archive": "debian", "arch": "amd64", "pkgs": "libtor:amd64=1.0-1"},
    ),
    "POST /environments": ("text/plain", _ENVIRONMENT),
    "POST /mr/buildinfo": ("text/plain", _RECORD),
}


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    made = filled_server(shared_database)
    posted = made.client.post("/environments", data=_ENVIRONMENT, content_type="text/plain")
    assert posted.status_code == 201
    assert posted.get_json()["id"] == _KNOWN["identity"][0]
    return made


def _operations(server: ArchiveServer) -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(server.client.get("/openapi.json").get_json())
    schema.app = server.app
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        yield result.ok()


def _modes(operation: Any) -> Iterator[schemathesis.GenerationMode]:
    """Requests that do not fit can be made where something is forbidden."""
    yield schemathesis.GenerationMode.POSITIVE
    told = operation.definition.raw
    forbidding = [one for one in told["parameters"] if {"pattern", "enum"} & one["schema"].keys()]
    if forbidding or "requestBody" in told:
        yield schemathesis.GenerationMode.NEGATIVE


def _ask(operation: Any, mode: schemathesis.GenerationMode, cases: int) -> Counter[str]:
    """Ask one operation many things; every answer is judged."""
    counted: Counter[str] = Counter()

    @seed(20261128)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), strategies.randoms())
    def ask(case: Any, chance: Random) -> None:
        for part in (case.path_parameters, case.query):
            for name in _KNOWN.keys() & part.keys():
                if chance.random() < 0.8:
                    part[name] = chance.choice(_KNOWN[name])
        body = _BODIES.get(case.operation.label)
        if body is not None and chance.random() < 0.5:
            case.media_type, case.body = body
        accept = chance.choice(["*/*", "application/json", "text/html"])
        # Without it, it is asked for zstd, which it cannot read from an application.
        answer = case.call(headers={"Accept": accept, "Accept-Encoding": "identity"})
        case.validate_response(answer, checks=_CHECKS)
        counted["requests"] += 1
        counted["answered" if answer.status_code < 400 else "refused"] += 1

    ask()
    return counted


@pytest.mark.parametrize("cases", [3, pytest.param(150, marks=pytest.mark.drill)])
def test_every_answer_is_as_the_document_says(
    server: ArchiveServer, cases: int, record_property: Callable[[str, object], None]
) -> None:
    only_refused = set()
    for operation in _operations(server):
        counted: Counter[str] = Counter()
        for mode in _modes(operation):
            counted += _ask(operation, mode, cases)
        record_property(FIGURE, ("fuzzing of /openapi.json", dict(counted)))
        assert counted["requests"]
        if not counted["answered"]:
            only_refused.add(operation.label)
    if cases > 3:
        assert only_refused <= _LACKING
