# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a blob that is stored already."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from snapshot.errors import PermanentError, VerificationError
from storage.blobs.blob import Blob, RunningHash

if TYPE_CHECKING:
    from collections.abc import Callable

    from snapshot.digest import Digest
    from storage.blobs.store import BlobStore

#: What a disk says of bytes that it has lost; all else is said of us or of the moment.
_LOST = {errno.EIO, errno.EBADMSG, errno.EUCLEAN}


def describe(
    store: BlobStore, digest: Digest, *, tell: Callable[[int], object] | None = None
) -> Blob:
    """Read a stored blob once and say what it is; finds damage as well.

    Args:
        store: Where it is.
        digest: Which one.
        tell: Is told the length of each piece that was read, and may take its time.

    Raises:
        NotFound: The store does not hold it.
        VerificationError: The bytes are no longer those of the name, or the disk lost them.
        PermanentError: They cannot be read for another reason, which says nothing about them.
    """
    running = RunningHash()
    try:
        with store.open(digest) as reader:
            for chunk in reader:
                running.update(chunk)
                if tell is not None:
                    tell(len(chunk))
    except OSError as error:
        what = f"blob {digest} cannot be read: {error.strerror}"
        if error.errno in _LOST:
            raise VerificationError(what) from error
        raise PermanentError(
            what, advice="its bytes may be sound: see to the rights and limits of this process"
        ) from error
    blob = running.blob()
    if blob.digest != digest:
        raise VerificationError(
            f"blob {digest} is damaged: its {blob.size:,} bytes hash to {blob.digest}",
            advice="remove it and fetch it again",
        )
    return blob
