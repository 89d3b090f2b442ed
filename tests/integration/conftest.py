# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the integration tests: the small signed archive that tests of `ops` have, too."""

from __future__ import annotations

from tests.openpgp import throwaway_key
from tests.ops.conftest import small_upstream

__all__ = ["small_upstream", "throwaway_key"]
