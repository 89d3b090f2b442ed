# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports keep what stock clients send, doubles and nulls included."""

from typing import Any

import pytest

from snapshot.errors import InvalidInput
from snapshot.verdict import Status
from snapshot.wire import PackageReport, QueueRequest

BINARY = {
    "name": "a",
    "version": "1",
    "component": None,
    "architecture": "all",
    "url": "http://x/a",
}


def test_a_null_component_and_a_double_are_kept_as_sent() -> None:
    source = {"name": "a", "version": "1", "url": "http://x", "artifacts": [BINARY, BINARY]}
    report = PackageReport.from_json(
        {"distribution": "tails", "release": None, "architecture": "all", "packages": [source]}
    )
    assert report.packages[0].artifacts[0] == report.packages[0].artifacts[1]
    assert report.packages[0].artifacts[0].component is None


def test_an_empty_list_is_meaningful() -> None:
    body: dict[str, Any] = {"distribution": "debian", "release": "sid", "architecture": "amd64"}
    assert PackageReport.from_json({**body, "packages": []}).packages == ()


def test_every_member_of_a_queue_request_is_optional() -> None:
    assert QueueRequest.from_json({}) == QueueRequest()
    assert QueueRequest.from_json({"status": "UNKWN", "priority": 0}) == QueueRequest(
        status=Status.UNKNOWN, priority=0
    )


def test_a_source_without_a_version_is_named() -> None:
    body = {"distribution": "d", "architecture": "a", "packages": [{"name": "a", "url": "u"}]}
    with pytest.raises(InvalidInput, match=r"packages\[0\].version"):
        PackageReport.from_json(body)
