# SPDX-License-Identifier: GPL-3.0-or-later
"""What an object store answers, in the words of the house."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from snapshot.errors import (
    ConfigurationError,
    DejabuildError,
    Denied,
    NotFound,
    PermanentError,
    StorageFull,
    TransientError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_SAID = re.compile(r"<Message>([^<]{1,200})</Message>")
_NO_BUCKET = {"NoSuchBucket", "InvalidBucketName"}
_FULL = {
    "EntityTooLarge",
    "InsufficientStorage",
    "QuotaExceeded",
    "XAmzStorageFull",
    "XMinioStorageFull",
}
#: What the client says when no answer came, or it broke off.
_BROKEN = ("HTTP error", "error sending request", "error decoding response body", "timed out")


@contextmanager
def s3_errors(where: str, doing: str) -> Iterator[None]:
    """Turn the service's refusals inside the block into errors with advice.

    Args:
        where: The bucket, to name in the message.
        doing: What was tried, such as `uploading 12 MB`.

    Raises:
        NotFound: No such object (or no such bucket: some requests cannot tell).
        ConfigurationError: No such bucket.
        Denied: The credentials are wrong or not allowed to do this.
        StorageFull: A quota, or the service's disks.
        TransientError: It did not answer, or with 5xx, for as long as we are patient.
        PermanentError: Anything else.
    """
    try:
        yield
    except FileNotFoundError as error:  # obstore's own "not found" is Python's
        raise _translated(str(error), where, doing) or NotFound(f"{where}: not there") from error
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise _denied(str(error), where, doing) from error
    except BaseError as error:
        text = str(error)
        raise _translated(text, where, doing) or PermanentError(
            f"{where}: {_summary(text)} while {doing}"
        ) from error


def _translated(text: str, where: str, doing: str) -> DejabuildError | None:
    status = int(found[1]) if (found := _STATUS.search(text)) else 0
    code = found[1] if (found := _CODE.search(text)) else ""
    if code in _NO_BUCKET:
        return ConfigurationError(
            f"server.blobs: {where}: the service has no such bucket ({code})",
            advice="make the bucket with the service's own tools, or correct the name",
        )
    if status in {401, 403}:
        return _denied(text, where, doing)
    if status in {413, 507} or code in _FULL:
        return StorageFull(
            f"no room left in {where} while {doing}: {_summary(text)}",
            advice="raise the quota and run the same command again: what was stored is kept",
        )
    if status >= 500 or status in {408, 429} or (not status and _is_broken(text)):
        return TransientError(
            f"{where} does not answer while {doing}: {_summary(text)}",
            advice="what was stored is kept: run the same again when the service is up",
        )
    return None


def _denied(text: str, where: str, doing: str) -> Denied:
    return Denied(
        f"{where} refuses us while {doing}: {_summary(text)}",
        advice="check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the file s3-credentials in "
        "the data directory), and what the bucket allows that key",
    )


def _is_broken(text: str) -> bool:
    return any(words in text for words in _BROKEN)


def _summary(text: str) -> str:
    """The telling part: no address (it may be signed), no request headers."""
    status = found[1] if (found := _STATUS.search(text)) else ""
    code = found[1] if (found := _CODE.search(text)) else ""
    said = found[1].rstrip(".") if (found := _SAID.search(text)) else ""
    words = " ".join(filter(None, (status, code, f"({said})" if said else "")))
    if words:
        return words
    first = text.partition("\n")[0]
    return re.sub(r"https?://\S+", "", first.rpartition(" - ")[2] or first)[:200].strip()
