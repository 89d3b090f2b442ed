# SPDX-License-Identifier: GPL-3.0-or-later
"""Each answer of a service has one meaning for the rest of the house."""

from __future__ import annotations

import pytest
from obstore.exceptions import GenericError, PermissionDeniedError

from snapshot.errors import (
    ConfigurationError,
    DejabuildError,
    Denied,
    NotFound,
    PermanentError,
    StorageFull,
    TransientError,
)
from storage.blobs.s3_errors import s3_errors

URL = "http://127.0.0.1:9/bucket/key?X-Amz-Signature=0123"


def answered(status: str, code: str = "", said: str = "") -> str:
    body = f"<Error><Code>{code}</Code><Message>{said}</Message></Error>" if code else ""
    return (
        f"Generic S3 error: Error performing PUT {URL} in 3ms - Server returned non-2xx status "
        f"code: {status}: {body}\n\nDebug source:\nGeneric {{ uri: {URL} }}"
    )


BROKEN = (
    f"Generic S3 error: Error performing HEAD {URL} in 12ms, after 2 retries, max_retries: 2, "
    "retry_timeout: 5s  - HTTP error: error sending request\n\nDebug source: …"
)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (FileNotFoundError(answered("404 Not Found", "NoSuchKey")), NotFound, "not there"),
        (FileNotFoundError(answered("404 Not Found", "NoSuchBucket")), ConfigurationError, "such"),
        (GenericError(answered("400 Bad Request", "InvalidBucketName")), ConfigurationError, "no"),
        (PermissionDeniedError(answered("403 Forbidden")), Denied, "AWS_SECRET_ACCESS_KEY"),
        (GenericError(answered("403 Forbidden", "AccessDenied")), Denied, "refuses us"),
        (GenericError(answered("507 Insufficient Storage")), StorageFull, "no room left"),
        (GenericError(answered("403 Forbidden", "QuotaExceeded")), Denied, "refuses us"),
        (GenericError(answered("400 Bad Request", "QuotaExceeded")), StorageFull, "no room left"),
        (GenericError(answered("503 Service Unavailable", "SlowDown")), TransientError, "503"),
        (GenericError(answered("429 Too Many Requests")), TransientError, "429"),
        (GenericError(BROKEN), TransientError, "error sending request"),
        (GenericError(answered("400 Bad Request", "Odd", "No.")), PermanentError, r"Odd \(No\)"),
    ],
)
def test_an_answer_means(error: Exception, kind: type[DejabuildError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught, s3_errors("s3://bucket", "trying"):
        raise error
    assert type(caught.value) is kind
    assert "trying" in str(caught.value) or kind in {NotFound, ConfigurationError}
    assert "Signature" not in str(caught.value)


def test_what_is_not_the_services_passes() -> None:
    with pytest.raises(ZeroDivisionError), s3_errors("s3://bucket", "trying"):
        raise ZeroDivisionError
