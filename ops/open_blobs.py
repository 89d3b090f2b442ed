# SPDX-License-Identifier: GPL-3.0-or-later
"""Open the blob store that the settings name: a directory, or a bucket of an S3 service.

Who we are at the service is no setting: it is in the environment or in a file of the data
directory, in the same words.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ops.data_directory import DataDirectory
from ops.settings import Settings
from snapshot.errors import ConfigurationError
from storage.blobs import BlobStore, LocalBlobs

if TYPE_CHECKING:
    from storage.blobs.bucket import Credentials

KEY: Final = "AWS_ACCESS_KEY_ID"
SECRET: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105  the name of one
TOKEN: Final = "AWS_SESSION_TOKEN"  # noqa: S105  the name of one


def open_blobs(
    settings: Settings, data: DataDirectory, environ: Mapping[str, str] | None = None
) -> BlobStore:
    """Open the blob store.

    Args:
        settings: Complete settings.
        data: Their data directory.
        environ: Environment variables; default: the process's own.

    Returns:
        The store; a service is not asked anything yet.

    Raises:
        ConfigurationError: Not the address of a bucket, or nobody said who we are there.
    """
    server = settings.server
    if server.blobs is None:
        return LocalBlobs(data.blobs)
    # The client is compiled code of some size: only who uses it pays for it.
    from storage.blobs.bucket import Bucket, read_address  # noqa: PLC0415
    from storage.blobs.s3 import S3Blobs  # noqa: PLC0415

    environ = os.environ if environ is None else environ
    name, prefix = read_address(server.blobs)
    bucket = Bucket(
        name=name,
        prefix=prefix,
        credentials=read_credentials(data, environ),
        endpoint=server.blobs_endpoint or environ.get("AWS_ENDPOINT_URL") or None,
        region=server.blobs_region or environ.get("AWS_REGION") or "us-east-1",
    )
    return S3Blobs(bucket, data.spool)


def read_credentials(data: DataDirectory, environ: Mapping[str, str]) -> Credentials:
    """Find out who we are at the service.

    Args:
        data: The data directory; its file counts where the environment names no key.
        environ: Environment variables.

    Returns:
        The credentials.

    Raises:
        ConfigurationError: Neither the environment nor the file says it.
    """
    from storage.blobs.bucket import Credentials  # noqa: PLC0415

    said = environ if environ.get(KEY) else _read_file(data)
    if not said.get(KEY) or not said.get(SECRET):
        raise ConfigurationError(
            f"server.blobs: no credentials: neither {KEY} and {SECRET} in the environment nor "
            f"both in {data.s3_credentials}",
            advice=f"write lines `{KEY}=…` and `{SECRET}=…` into that file, mode 0640",
        )
    return Credentials(said[KEY], said[SECRET], said.get(TOKEN) or None)


def _read_file(data: DataDirectory) -> dict[str, str]:
    try:
        lines = data.s3_credentials.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{data.s3_credentials}: cannot be read: {problem}") from problem
    pairs = [line.partition("=") for line in lines if not line.lstrip().startswith("#")]
    return {name.strip(): value.strip() for name, mark, value in pairs if mark}
