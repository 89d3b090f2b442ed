# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from api.dejabuild.routes import make_blueprint
from tests.api.rebuild_server import RebuildServer


def test_every_route_has_a_name_and_lies_under_its_version(lively: RebuildServer) -> None:
    rules = [r for r in lively.app.url_map.iter_rules() if r.endpoint.startswith("dejabuild.")]
    assert {rule.rule.split("<")[0].rstrip("/") for rule in rules} == {
        "/api/dejabuild/v1/rebuilds",
        "/api/dejabuild/v1/campaigns",
        "/api/dejabuild/v1/jobs",
        "/api/dejabuild/v1/targets",
        "/api/dejabuild/v1/attempts",
    }
    assert make_blueprint().name == "dejabuild"


def test_an_unknown_path_is_an_empty_404(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    for method, path in (("GET", "nope"), ("DELETE", "campaigns"), ("POST", "targets/1")):
        answer = client.open(f"/api/dejabuild/v1/{path}", method=method)
        assert (answer.status_code, answer.data) == (404, b""), path
