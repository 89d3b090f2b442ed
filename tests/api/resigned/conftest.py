# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests here share one catalogue a module."""

from tests.api.shared_catalogue import shared_database

__all__ = ["shared_database"]
