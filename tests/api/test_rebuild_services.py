# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from werkzeug.exceptions import HTTPException

from api.rebuild_services import current_rebuild, require_worker
from tests.api.lively_server import WORKER
from tests.api.rebuild_server import RebuildServer


def test_the_services_of_the_answering_application_are_found(lively: RebuildServer) -> None:
    with lively.app.test_request_context():
        assert current_rebuild() is lively.services
        assert current_rebuild().ledger is lively.services.desk.ledger
        assert current_rebuild().blobs is lively.services.desk.blobs


def test_a_registered_worker_is_known_by_its_key(lively: RebuildServer) -> None:
    with lively.app.test_request_context(headers={"X-Worker-Key": WORKER}):
        assert require_worker().name == "node-a"


@pytest.mark.parametrize("headers", [{}, {"X-Worker-Key": "unknown"}, {"X-Worker-Key": "  "}])
def test_anybody_else_is_refused(lively: RebuildServer, headers: dict[str, str]) -> None:
    with lively.app.test_request_context(headers=headers), pytest.raises(HTTPException) as caught:
        require_worker()
    assert caught.value.response is not None
    assert caught.value.response.status_code == 403
