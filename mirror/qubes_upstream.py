# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories in the shape of Qubes OS's: Debian-shaped, with two habits of their own.

Nothing is ever taken out: the index holds all versions of a package at once. And the build record
of a package lies beside it, where no index names it: the directory's page does.
"""

from __future__ import annotations

from dataclasses import dataclass

from mirror.debian_upstream import LiveDebian


@dataclass(frozen=True, slots=True)
class QubesDebian(LiveDebian):
    """A mirror of now whose package directories hold build records, too."""
