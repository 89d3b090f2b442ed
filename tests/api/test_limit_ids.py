# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from flask import Flask

from api.limit_ids import refuse_large_ids


@pytest.mark.parametrize(
    ("path", "status"),
    [("/7", 200), ("/2147483647", 200), ("/2147483648", 404), (f"/{10**30}", 404), ("/x/9", 200)],
)
def test_a_number_beyond_32_bits_is_no_id(path: str, status: int) -> None:
    app = Flask(__name__)
    app.before_request(refuse_large_ids)
    app.add_url_rule("/<int:number>", "number", lambda number: f"{number}")
    app.add_url_rule("/x/<name>", "name", lambda name: name)
    answer = app.test_client().get(path)
    assert answer.status_code == status
    assert status == 200 or answer.data == b""
