# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ops.describe_settings import settings_reference
from tests.house import TOP


def test_the_reference_page_is_what_the_settings_say() -> None:
    page = (TOP / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert page == settings_reference(), (
        "run: .venv/bin/python -m ops.describe_settings > docs/reference/settings.md"
    )
