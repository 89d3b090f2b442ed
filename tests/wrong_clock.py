# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's command on a machine whose clock is wrong by so many seconds."""

from __future__ import annotations

import time
from typing import Any

from ops import cli


def main(settings: dict[str, Any]) -> int:
    """Run `dejabuild <words>`; only this process believes the clock."""
    right = time.time
    time.time = lambda: right() + settings["seconds"]
    return cli.run(settings["words"])
