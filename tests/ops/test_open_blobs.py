# SPDX-License-Identifier: GPL-3.0-or-later
"""Where blobs lie is a setting; who we are there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.data_directory import DataDirectory
from ops.open_blobs import open_blobs, read_credentials
from ops.settings import ServerSettings, Settings
from snapshot.errors import ConfigurationError
from storage.blobs import LocalBlobs
from storage.blobs.s3 import S3Blobs

IN_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


def settings(data: Path, blobs: str | None) -> Settings:
    return Settings(server=ServerSettings(data=data, blobs=blobs))


def test_blobs_lie_in_the_data_directory_unless_a_bucket_is_named(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    here = open_blobs(settings(tmp_path, None), data, {})
    assert isinstance(here, LocalBlobs)
    assert here.root == tmp_path / "blobs"
    there = open_blobs(settings(tmp_path, "s3://bucket/a"), data, IN_ENVIRONMENT)
    assert isinstance(there, S3Blobs)
    assert list(tmp_path.iterdir()) == []  # nothing is asked or made yet


def test_the_environment_says_who_we_are_else_a_file(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.s3_credentials.write_text(
        "# of the mirror\nAWS_ACCESS_KEY_ID = from file\nAWS_SECRET_ACCESS_KEY=a=b\n"
    )
    found = read_credentials(data, {})
    assert (found.key, found.secret, found.token) == ("from file", "a=b", None)
    found = read_credentials(data, IN_ENVIRONMENT | {"AWS_SESSION_TOKEN": "token"})
    assert (found.key, found.secret, found.token) == ("key", "secret", "token")


@pytest.mark.parametrize("text", [None, "", "AWS_ACCESS_KEY_ID=alone\n"])
def test_a_bucket_without_credentials_is_refused_with_the_place_to_write_them(
    tmp_path: Path, text: str | None
) -> None:
    data = DataDirectory(tmp_path)
    if text is not None:
        data.s3_credentials.write_text(text)
    with pytest.raises(ConfigurationError, match="s3-credentials"):
        open_blobs(settings(tmp_path, "s3://bucket"), data, {})


def test_what_is_no_bucket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"server\.blobs: not the address"):
        open_blobs(settings(tmp_path, "/srv/blobs"), DataDirectory(tmp_path), IN_ENVIRONMENT)
