# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that cannot work is refused with the key to correct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mirror.policy import ArchivePolicy
from snapshot.errors import ConfigurationError, InvalidInput

GOOD: dict[str, Any] = {
    "name": "debian",
    "upstreams": ("http://127.0.0.1:1/debian",),
    "suites": ("bookworm", "lenny/updates"),
    "keyring": Path("/keys.gpg"),
}


def test_live_is_judged_now_and_dated_as_of_its_date() -> None:
    assert not ArchivePolicy(**GOOD).history
    assert ArchivePolicy(**GOOD, kind="dated").history


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"upstreams": ()}, "upstreams"),
        ({"suites": ()}, "suites"),
        ({"upstreams": ("ftp://old/debian",)}, "upstreams"),
        ({"upstreams": ("/srv/debian",)}, "upstreams"),
        ({"keyring": None}, "keyring"),
    ],
)
def test_the_message_names_archive_and_key(changed: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ArchivePolicy(**(GOOD | changed))
    assert "debian" in caught.value.message
    assert key in caught.value.advice


def test_believing_an_unsigned_release_takes_that_very_word() -> None:
    assert ArchivePolicy(**(GOOD | {"keyring": None, "trust": "none"})).trust == "none"


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b"])
def test_a_name_is_one_safe_segment(name: str) -> None:
    with pytest.raises(InvalidInput):
        ArchivePolicy(**(GOOD | {"name": name}))


@pytest.mark.parametrize("suite", ["", "../x", "/x", "a//b"])
def test_a_suite_stays_inside_dists(suite: str) -> None:
    with pytest.raises(InvalidInput):
        ArchivePolicy(**(GOOD | {"suites": (suite,)}))
