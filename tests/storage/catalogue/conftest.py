# SPDX-License-Identifier: GPL-3.0-or-later
"""A fresh catalogue for each test, on both databases."""

from __future__ import annotations

import pytest

from storage.catalogue import Catalogue
from storage.database import Database


@pytest.fixture
def catalogue(catalogue_database: Database) -> Catalogue:
    return Catalogue(catalogue_database)
