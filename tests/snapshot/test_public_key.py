# SPDX-License-Identifier: GPL-3.0-or-later
"""Key forms, held to rebuilderd's own unit-test vector and to a golden one."""

import base64

import pytest

from snapshot.errors import InvalidInput
from snapshot.public_key import (
    keyid,
    private_der,
    public_from_pem,
    rebuilderd_pem,
    rfc8410_pem,
    seed_from_private_der,
)

PRIVATE = (
    "MFECAQEwBQYDK2VwBCIEINOWEV/DNN+AsZ+pLoixusXNmgS5x0TNXvkLQUnKz92k"
    "gSEAB5ySaw+WE9Ut06fYlPf2V4+5gbFHA5HZJK7n2WWAGvA="
)
PUBLIC = "MCwwBwYDK2VwBQADIQAHnJJrD5YT1S3Tp9iU9/ZXj7mBsUcDkdkkrufZZYAa8A=="
RAW = base64.b64decode(PUBLIC)[-32:]


def test_the_public_key_has_the_null_parameter_and_crlf_that_clients_need() -> None:
    expected = f"-----BEGIN PUBLIC KEY-----\r\n{PUBLIC}\r\n-----END PUBLIC KEY-----\r\n"
    assert rebuilderd_pem(RAW) == expected


def test_both_forms_read_back() -> None:
    assert public_from_pem(rebuilderd_pem(RAW)) == RAW
    assert public_from_pem(rfc8410_pem(RAW)) == RAW


def test_a_worker_key_file_reads_and_writes() -> None:
    der = base64.b64decode(PRIVATE)
    assert private_der(seed_from_private_der(der), RAW) == der


def test_the_key_id_is_the_one_rebuilderd_computes() -> None:
    golden = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    assert keyid(base64.b64decode(golden)).startswith("607f42135d7855e1145188a58aaf4c05")


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----",
        rfc8410_pem(RAW).replace("MCow", "MCoA"),
    ],
)
def test_other_keys_are_refused(bad: str) -> None:
    with pytest.raises(InvalidInput):
        public_from_pem(bad)


def test_a_truncated_private_key_is_refused() -> None:
    with pytest.raises(InvalidInput):
        seed_from_private_der(base64.b64decode(PRIVATE)[:-1])
    with pytest.raises(InvalidInput, match="32 bytes"):
        keyid(b"short")
