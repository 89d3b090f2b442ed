# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of digests in eight bytes each, for telling what may be collected.

Only the first 64 bits of a digest are kept. Two digests that share them are taken for one: then
something is kept that need not be, never the other way round.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snapshot.digest import Digest


class Marks:
    """What is needed.

    Args:
        raws: Digests as 32 raw bytes each, in any order.
    """

    def __init__(self, raws: Iterable[bytes]) -> None:
        self._starts = array("Q", sorted({int.from_bytes(raw[:8], "big") for raw in raws}))

    def __contains__(self, digest: Digest) -> bool:
        start = int.from_bytes(digest.raw[:8], "big")
        place = bisect_left(self._starts, start)
        return place < len(self._starts) and self._starts[place] == start

    def __len__(self) -> int:
        """How many, digests that share their beginning counted once."""
        return len(self._starts)
