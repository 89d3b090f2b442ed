# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that only read a long past share one archive."""

from tests.api.pages.conftest import past, past_of

__all__ = ["past", "past_of"]
