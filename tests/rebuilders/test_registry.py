# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from rebuilders.failure import RebuildFailure
from rebuilders.registry import Registry
from rebuilders.script import ScriptRebuilder
from snapshot.verdict import Reason


def test_a_backend_leads_to_its_rebuilder_and_another_is_unsupported() -> None:
    tails = ScriptRebuilder("tails", Path("/bin/true"))
    registry = Registry([ScriptRebuilder("fedora", Path("/bin/true")), tails])
    assert registry.find("tails") is tails
    with pytest.raises(RebuildFailure) as caught:
        registry.find("debian")
    assert caught.value.reason is Reason.UNSUPPORTED
    assert "fedora, tails" in caught.value.detail


def test_what_lacks_a_program_is_not_offered_to_the_server() -> None:
    registry = Registry([ScriptRebuilder("tails", Path("/no/such/program"))])
    assert registry.backends() == ()


def test_a_later_rebuilder_takes_over_a_backend() -> None:
    own = ScriptRebuilder("debian", Path("/bin/true"))
    assert Registry([ScriptRebuilder("debian", Path("/bin/false")), own]).find("debian") is own
