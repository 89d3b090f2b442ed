# SPDX-License-Identifier: GPL-3.0-or-later
"""One package that a build record asks for."""

from __future__ import annotations

from typing import Literal, NamedTuple

NeedKind = Literal["binary", "source"]


class Need(NamedTuple):
    """An exact version of a package, wherever it may live.

    Attributes:
        name: Package name.
        version: Full version with epoch and revision.
        architecture: The one the record names; None: the build architecture or `all`.
        kind: A binary package, or the source (all its files).
    """

    name: str
    version: str
    architecture: str | None = None
    kind: NeedKind = "binary"

    def __str__(self) -> str:
        qualifier = f":{self.architecture}" if self.architecture else ""
        return f"{self.name}{qualifier} (= {self.version})"
