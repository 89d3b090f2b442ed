# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from ops.demo.curl import Curl
from ops.demo.narrator import Narrator
from snapshot.errors import DejabuildError
from tests.ops.demo.conftest import Small


def curl(small: Small) -> tuple[Curl, io.StringIO]:
    out = io.StringIO()
    return Curl(small.url, Narrator(lambda: 0.0, Console(file=out, width=200))), out


def test_the_reader_sees_the_command_and_the_answer(small: Small) -> None:
    asking, out = curl(small)
    answer = asking.get_json("/mr/timestamp/?archive=debian", show=5)
    assert "debian" in answer["result"]
    assert f"$ curl -s '{small.url}/mr/timestamp/?archive=debian'" in out.getvalue()
    assert '"result"' in out.getvalue()


def test_the_cookie_is_never_shown(small: Small, tmp_path: Path) -> None:
    cookie = tmp_path / "cookie"
    cookie.write_text("very-secret\n")
    asking, out = curl(small)
    asking = asking.as_administrator(cookie)
    asking.get("/mr/timestamp/", show=5)
    assert "very-secret" not in out.getvalue()
    assert "-H @admin-cookie" in out.getvalue()


def test_a_refusal_names_the_request_and_the_answer(small: Small) -> None:
    asking, _ = curl(small)
    with pytest.raises(DejabuildError, match=r"/archive/none.*404") as problem:
        asking.get("/archive/none")
    assert "404" in problem.value.advice


def test_json_is_posted_as_json(small: Small) -> None:
    asking, out = curl(small)
    with pytest.raises(DejabuildError, match="501"):
        asking.post_json("/x", {"a": 1}, show=1)
    assert json.dumps({"a": 1}) in out.getvalue()
