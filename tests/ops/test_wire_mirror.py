# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from mirror.progress import Silent
from ops.initialize import initialize
from ops.open_stores import open_stores
from ops.read_settings import load_settings
from ops.settings import ArchiveSettings
from ops.wire_mirror import archive_policy, chosen_policies, wire_mirror, wire_pull
from snapshot.digest import Digest
from snapshot.errors import ConfigurationError
from tests.ops.conftest import Upstream


def test_every_word_of_the_settings_reaches_the_policy() -> None:
    archive = ArchiveSettings(
        upstreams=("http://127.0.0.1:1",),
        suites=("a", "b"),
        kind="dated",
        components=("main", "x"),
        architectures=("all",),
        trust="none",
        files="on-demand",
    )
    policy = archive_policy("debian", archive)
    for key in ("upstreams", "suites", "kind", "components", "architectures", "trust", "files"):
        assert getattr(policy, key) == getattr(archive, key)
    assert policy.name == "debian"


def test_an_upstream_that_is_no_address_is_refused_by_its_archive() -> None:
    with pytest.raises(ConfigurationError, match="archive debian"):
        archive_policy(
            "debian", ArchiveSettings(upstreams=("ftp://x",), suites=("a",), trust="none")
        )


def test_a_file_that_no_index_names_is_not_pulled(small_upstream: Upstream, tmp_path: Path) -> None:
    settings = load_settings(config=small_upstream.settings(tmp_path), environ={})
    initialize(settings, clock=lambda: 1.7e9)
    stores = open_stores(settings)
    assert wire_mirror(settings, stores, Silent()).connections == settings.mirror.connections
    assert wire_pull(settings, stores)(Digest.of(b"never heard of")) is False
    assert [policy.name for policy in chosen_policies(settings, ("debian",))] == ["debian"]
