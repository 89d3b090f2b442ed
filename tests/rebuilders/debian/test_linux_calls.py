# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from rebuilders.debian import linux_calls


def test_a_refused_call_says_which_and_why(tmp_path: object) -> None:
    with pytest.raises(OSError, match="mount tmpfs on /no/such/place") as caught:
        linux_calls.mount("none", "/no/such/place", "tmpfs")
    assert caught.value.errno is not None


@pytest.mark.programs
def test_a_process_whose_parent_is_gone_already_ends_itself() -> None:
    code = (
        "import signal; from rebuilders.debian import linux_calls as l; "
        "l.die_with_parent(signal.SIGKILL, 1); print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == b""


@pytest.mark.programs
def test_capabilities_are_gone_for_good() -> None:
    code = (
        "from rebuilders.debian import linux_calls as l; "
        "l.bound_capabilities(frozenset({0})); l.keep_capabilities(frozenset({0})); "
        "print(open('/proc/self/status').read())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    rights = dict(line.split(":\t") for line in done.stdout.splitlines() if line.startswith("Cap"))
    if os.geteuid() == 0:
        assert (rights["CapEff"], rights["CapBnd"]) == ("0000000000000001",) * 2
    else:
        assert done.returncode != 0 or rights["CapEff"] == "0000000000000000"
