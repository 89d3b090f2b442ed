# SPDX-License-Identifier: GPL-3.0-or-later
"""A suite's Release as we sign it again: today's apt refuses old signatures and what has expired.

Every line stays as it was, but that it is never out of date, and that it says of which document
it is. A Release from before SHA-256 gets the digests that a run was verified by: apt takes none
without.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snapshot.clearsign import signed_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snapshot.digest import Digest

#: Names the document that was verified; nobody else's field.
ORIGINAL = "X-Dejabuild-Original-SHA256"

_DROPPED = re.compile(
    rb"^(?:Valid-Until|" + ORIGINAL.encode() + rb"):.*\n(?:[ \t].*\n)*",
    re.MULTILINE | re.IGNORECASE,
)
_HAS_SHA256 = re.compile(rb"^SHA256:", re.MULTILINE | re.IGNORECASE)


def resigned_text(
    document: bytes, original: Digest, mirrored: Iterable[tuple[str, Digest, int]]
) -> bytes:
    """The text that we sign.

    Args:
        document: The InRelease or Release that was verified.
        original: Its digest.
        mirrored: Path, digest and size of what the run holds of it; used where the document
            names no SHA-256.

    Raises:
        InvalidInput: Not the text of one signed document.
    """
    text = signed_text(document, name="Release").strip(b"\n") + b"\n"
    kept = _DROPPED.sub(b"", text)
    head = f"{ORIGINAL}: {original}\n".encode("ascii")
    if _HAS_SHA256.search(kept):
        return head + kept
    rows = [f" {digest} {size:>10} {path}\n" for path, digest, size in sorted(mirrored)]
    return head + kept + b"SHA256:\n" + "".join(rows).encode()
