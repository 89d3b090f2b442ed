# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reported artifact stands for which original.

Ours are reported by file name. Stock workers know only the binary package's name, which two
architectures of one package share; they report in the order in which the job listed them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from snapshot.wire import ArtifactReport
from storage.ledger.records import Artifact

#: An original and what was reported for it, if anything.
Pair: TypeAlias = tuple[Artifact, ArtifactReport | None]


def pair_artifacts(
    originals: Sequence[Artifact], reported: Sequence[ArtifactReport]
) -> tuple[Pair, ...]:
    """Pair every original: by file name, else with the next report of its package name.

    Reports that match no original are left out: nobody asked for them.
    """
    left = list(reported)
    files = {original.file_name for original in originals}
    pairs: list[Pair] = []
    for original in originals:
        found = next((r for r in left if r.name == original.file_name), None)
        if found is None:
            found = next((r for r in left if r.name == original.name and r.name not in files), None)
        if found is not None:
            # By identity: two equal reports of one name stand for two originals.
            left = [r for r in left if r is not found]
        pairs.append((original, found))
    return tuple(pairs)
