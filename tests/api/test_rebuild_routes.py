# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from api.app import create_app
from api.rebuild_routes import blueprints
from api.services import Services, Web
from tests.api.rebuild_server import RebuildServer


def test_the_half_is_three_blueprints() -> None:
    assert [blueprint.name for blueprint in blueprints()] == ["rebuilderd", "dejabuild", "pages"]


def test_a_server_of_archives_only_has_none_of_them() -> None:
    client = create_app(Services(Web(clock=lambda: 0.0), archive=None)).test_client()
    for path in ("/api/v1/dashboard", "/api/dejabuild/v1/campaigns", "/campaigns"):
        assert client.get(path).status_code == 404


def test_clients_may_mount_us_per_architecture(lively: RebuildServer) -> None:
    client = lively.app.test_client()
    plain = client.get("/api/v0/pkgs/list").get_json()
    assert client.get("/amd64/api/v0/pkgs/list").get_json() == plain
    assert client.get("/all//api/v0/pkgs/list/").get_json() == plain
