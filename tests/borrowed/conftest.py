# SPDX-License-Identifier: GPL-3.0-or-later
"""Data of other projects is read where it lies and never copied."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

collect_ignore_glob = [] if SHARED.is_dir() else ["test_*.py"]
