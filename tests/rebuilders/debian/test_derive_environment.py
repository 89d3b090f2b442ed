# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt is told; that it resolves is in tests/integration/rebuilders."""

from __future__ import annotations

from pathlib import Path

import pytest

from rebuilders.debian.derive_environment import derive_environment
from rebuilders.failure import RebuildFailure
from snapshot.verdict import Reason
from snapshot.wire import Derivation


@pytest.mark.parametrize(
    "derivation",
    [
        Derivation("debian", "20260101T000000Z", (("bookworm\ndeb http://evil/ x", "main"),)),
        Derivation("debian", "20260101T000000Z", (("bookworm", "main [trusted=yes]"),)),
        Derivation("../../etc", "20260101T000000Z", (("bookworm", "main"),)),
        Derivation("debian", "20260101T000000Z", ()),
    ],
)
def test_names_that_would_be_more_than_names_are_refused(
    tmp_path: Path, derivation: Derivation
) -> None:
    with pytest.raises(RebuildFailure) as caught:
        derive_environment(
            derivation,
            tmp_path / "a.dsc",
            build="any",
            architecture="amd64",
            base_url="http://127.0.0.1:1",
            folder=tmp_path / "apt",
        )
    assert caught.value.reason is Reason.UNSUPPORTED


def test_a_worker_without_apt_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RebuildFailure, match="no apt-get"):
        derive_environment(
            Derivation("debian", "20260101T000000Z", (("bookworm", "main"),)),
            tmp_path / "a.dsc",
            build="any",
            architecture="amd64",
            base_url="http://127.0.0.1:1",
            folder=tmp_path / "apt",
        )
