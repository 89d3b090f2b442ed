# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from api.normalize_path import NormalizePath


def seen(path: str, script: str = "") -> tuple[str, str]:
    found: list[tuple[str, str]] = []

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        found.append((environ["SCRIPT_NAME"], environ["PATH_INFO"]))
        return []

    NormalizePath(application)({"PATH_INFO": path, "SCRIPT_NAME": script}, None)  # type: ignore[arg-type]
    return found[0]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/dashboard", ("", "/api/v1/dashboard")),
        ("/api/v1/dashboard/", ("", "/api/v1/dashboard")),
        ("//api//v1///dashboard//", ("", "/api/v1/dashboard")),
        ("/amd64/api/v0/pkgs/list", ("", "/api/v0/pkgs/list")),
        ("/all//api/v1/workers/", ("", "/api/v1/workers")),
        ("/api/api/v1/workers", ("", "/api/api/v1/workers")),
        ("/a/b/api/v1/workers", ("", "/a/b/api/v1/workers")),
    ],
)
def test_paths_of_rebuilderd_clients(path: str, expected: tuple[str, str]) -> None:
    assert seen(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/archive/debian/20260101T000000Z/pool//main/",
        "/archive/api/v1/x/",
        "/file/api/v1/x/",
        "/mr/api/v1/x/",
        "/",
        "/attempts/7/",
    ],
)
def test_paths_outside_the_api_keep_every_byte(path: str) -> None:
    assert seen(path) == ("", path)


def test_an_existing_mount_point_stays_in_front() -> None:
    assert seen("/arm64/api/v1/queue", "/rebuilds") == ("/rebuilds", "/api/v1/queue")
