# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the integration tests."""

from __future__ import annotations

from tests.openpgp import throwaway_key

__all__ = ["throwaway_key"]
