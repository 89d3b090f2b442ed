# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of whole syncs."""

from __future__ import annotations

from tests.in_memory import memory_path
from tests.openpgp import throwaway_key

__all__ = ["memory_path", "throwaway_key"]
