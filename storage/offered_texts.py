# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that were named in an answer, in case somebody asks for them: cheap, bounded, not durable.

Every lookup of a build record names an environment, and few are ever asked for. Storing each as a
blob would cost four waits for the disk. Here a text is one small file that nobody syncs; what a
power cut tears is noticed when it is read, for a text is named by its digest. Who asks for one
takes it from here and stores it as a blob.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import zstandard

from snapshot.digest import Digest
from storage.blobs.disk_errors import disk_errors

#: A text in memory, in bytes; an environment of 50,000 members is below it.
_LARGEST = 16 << 20
#: So many new ones are written before somebody looks whether there are too many.
_BETWEEN_LOOKS = 200
#: Bytes of a file that count as one more text: a large one takes the place of several.
_LARGE = 64 << 10


class OfferedTexts:
    """Texts in a directory, shared by all processes of a host.

    Args:
        directory: Made when first written to.
        keep: How many, a large one counted as several; the longest not offered go first.
    """

    def __init__(self, directory: Path, keep: int) -> None:
        self._directory = directory
        self._keep = keep
        self._written = 0

    def offer(self, digest: Digest, text: bytes) -> None:
        """Keep a text for a while.

        Raises:
            StorageFull: No room.
        """
        path = self._directory / digest.hex
        with disk_errors(self._directory, "keeping a text for a while"):
            try:
                os.utime(path)  # it is here: now it is young again
            except FileNotFoundError:
                self._write(path, text)

    def take(self, digest: Digest) -> bytes | None:
        """A text that was offered; None: it was not, is gone again, or is damaged."""
        try:
            packed = (self._directory / digest.hex).read_bytes()
            text = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_LARGEST)
        except (OSError, zstandard.ZstdError):
            return None
        return text if Digest.of(text) == digest else None

    def _write(self, path: Path, text: bytes) -> None:
        draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        packed = zstandard.ZstdCompressor(level=1).compress(text)
        try:
            draft.write_bytes(packed)
        except FileNotFoundError:
            self._directory.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(packed)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        draft.rename(path)
        self._written += _places(len(packed))
        if self._written >= _BETWEEN_LOOKS:
            self._written = 0
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        with os.scandir(self._directory) as entries:
            found = []
            for entry in entries:
                with suppress(FileNotFoundError):
                    status = entry.stat()
                    found.append((status.st_mtime, entry.path, _places(status.st_size)))
        left = self._keep
        for _, path, places in sorted(found, reverse=True):
            left -= places
            if left < 0:
                Path(path).unlink(missing_ok=True)


def _places(size: int) -> int:
    return 1 + size // _LARGE
