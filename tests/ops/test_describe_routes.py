# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.describe_routes import routes_reference
from tests.house import TOP


@pytest.mark.programs
def test_the_reference_page_is_what_the_routes_say(tmp_path: Path) -> None:
    page = (TOP / "docs/reference/http.md").read_text(encoding="utf-8")
    assert page == routes_reference(tmp_path), (
        "run: .venv/bin/python -m ops.describe_routes > docs/reference/http.md"
    )
