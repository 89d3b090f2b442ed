# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests here share one catalogue a module; those that only read a long past share one archive."""

from tests.api.pages.conftest import past, past_of
from tests.api.shared_catalogue import shared_database

__all__ = ["past", "past_of", "shared_database"]
