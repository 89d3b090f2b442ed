# SPDX-License-Identifier: GPL-3.0-or-later
"""All SQLite databases of a test process share the statements that SQLAlchemy translated.

A pytest plugin (loaded by `tests/conftest.py`). A program opens a database once; hundreds of tests
open one each, and translating the same statements for each of them took most of their time. What
is shared is text and how to read its rows: nothing of a database.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine, create_engine
from sqlalchemy.engine import URL

from storage import database


@cache
def _dialect() -> Dialect:
    engine = create_engine("sqlite://")
    engine.connect().close()  # it asks its first connection what the library can do
    engine.dispose()
    return engine.dialect


def pytest_configure() -> None:
    statements: dict[Any, Any] = {}
    open_one = database._sqlite

    def sharing(url: URL, *, small: bool) -> Engine:
        engine = open_one(url, small=small)
        # Statements are kept by the dialect they are for.
        engine.dialect = _dialect()
        engine.update_execution_options(compiled_cache=statements)
        return engine

    patch = pytest.MonkeyPatch()
    patch.setattr(database, "_sqlite", sharing)
