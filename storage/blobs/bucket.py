# SPDX-License-Identifier: GPL-3.0-or-later
"""A place in an S3-compatible object store, and who we are there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.store import S3Store

from snapshot.errors import ConfigurationError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/-]*))?")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks. Never printed.

    Attributes:
        key: Access key id.
        secret: Secret access key.
        token: Session token of temporary credentials.
    """

    key: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request is tried before it is a `TransientError`.

    Attributes:
        retries: Further tries of one request that did not come through or met a 5xx.
        first_pause: Seconds before the first of them; doubled each time, with jitter.
        longest: Seconds after which no further try begins.
        silence: Seconds without a byte after which a connection is given up.
    """

    retries: int = 6
    first_pause: float = 0.2
    longest: float = 90.0
    silence: float = 60.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where blobs lie.

    Attributes:
        name: The bucket.
        credentials: Who we are.
        prefix: Put before every key, without slashes at its ends; may be empty.
        endpoint: Base address of the service; None: Amazon's of the region.
        region: As the service calls itself.
        patience: With its failures.
    """

    name: str
    credentials: Credentials
    prefix: str = ""
    endpoint: str | None = None
    region: str = "us-east-1"
    patience: Patience = Patience()

    def __str__(self) -> str:
        return f"s3://{self.name}/{self.prefix}".rstrip("/")

    def open(self) -> S3Store:
        """A client with its own connections; nothing is asked of the service yet.

        Raises:
            ConfigurationError: The endpoint is not an http or https address.
        """
        endpoint = self.endpoint
        if endpoint is not None and not endpoint.startswith(("http://", "https://")):
            raise ConfigurationError(
                f"server.blobs_endpoint: not an http or https address: {endpoint!r}"
            )
        who = self.credentials
        client: ClientConfig = {
            "allow_http": endpoint is not None and endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=min(10.0, self.patience.silence)),
            "read_timeout": timedelta(seconds=self.patience.silence),
            # Of a whole request with its body: a slow reader of a large file is no fault.
            "timeout": timedelta(days=1),
        }
        pause = timedelta(seconds=self.patience.first_pause)
        retry: RetryConfig = {
            "max_retries": self.patience.retries,
            "retry_timeout": timedelta(seconds=self.patience.longest),
            "backoff": {"init_backoff": pause, "max_backoff": max(pause, timedelta(seconds=15))},
        }
        config: S3Config = {
            "region": self.region,
            "access_key_id": who.key,
            "secret_access_key": who.secret,
            # One request per object: the bulk form asks for checksums that some servers lack.
            "disable_bulk_delete": True,
        }
        if endpoint is not None:
            config["endpoint"] = endpoint
        if who.token is not None:
            config["session_token"] = who.token
        return S3Store(
            self.name,
            prefix=self.prefix or None,
            config=config,
            client_options=client,
            retry_config=retry,
        )


def read_address(text: str) -> tuple[str, str]:
    """Split `s3://bucket/prefix`.

    Returns:
        Bucket and prefix; the prefix may be empty.

    Raises:
        ConfigurationError: Not such an address.
    """
    found = _ADDRESS.fullmatch(text)
    prefix = "" if found is None or found[2] is None else found[2].strip("/")
    if found is None or {"", ".", ".."} & set(prefix.split("/") if prefix else ()):
        raise ConfigurationError(
            f"server.blobs: not the address of a bucket: {text!r}",
            advice="for example s3://my-bucket or s3://my-bucket/dejabuild",
        )
    return found[1], prefix
