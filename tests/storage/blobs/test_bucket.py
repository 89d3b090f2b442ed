# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from snapshot.errors import ConfigurationError
from storage.blobs.bucket import Bucket, Credentials, read_address


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("s3://bucket", ("bucket", "")),
        ("s3://bucket/", ("bucket", "")),
        ("s3://my.bucket-1/a/b_c/", ("my.bucket-1", "a/b_c")),
    ],
)
def test_an_address_is_a_bucket_and_a_prefix(text: str, parts: tuple[str, str]) -> None:
    assert read_address(text) == parts


@pytest.mark.parametrize(
    "text",
    ["/srv/blobs", "s3://", "s3://B", "s3://bucket/../other", "s3://bucket/a//b", "s3://b/%41",
     "gs://bucket", "s3://user:secret@bucket"],
)  # fmt: skip
def test_another_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"server\.blobs: not the address of a bucket"):
        read_address(text)


def test_an_endpoint_is_http_or_https() -> None:
    with pytest.raises(ConfigurationError, match="blobs_endpoint"):
        Bucket("bucket", Credentials("key", "secret"), endpoint="ftp://example.org").open()


def test_nothing_that_is_printed_holds_the_secret() -> None:
    bucket = Bucket("bucket", Credentials("key", "the secret", "the token"), "prefix")
    assert "the secret" not in f"{bucket!r} {bucket}"
    assert "the token" not in f"{bucket!r} {bucket}"
    assert str(bucket) == "s3://bucket/prefix"
