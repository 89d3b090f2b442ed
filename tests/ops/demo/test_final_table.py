# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io

from rich.console import Console

from ops.demo.final_table import Result, final_table
from ops.demo.rebuild_cases import result_of
from tests.ops.demo.test_fixture import CASE
from tests.ops.demo.test_rebuild_cases import state


def printed(*results: Result) -> str:
    out = io.StringIO()
    Console(file=out, width=150).print(final_table(results))
    return out.getvalue()


def test_a_row_says_verdict_phases_digests_and_their_origin() -> None:
    text = printed(result_of(CASE, state("GOOD")))
    assert "GOOD" in text
    assert "build 1.5, total 1.5" in text
    assert "000000000000 = 000000000000  Debian's signed index" in text


def test_a_surprise_is_marked_and_explained() -> None:
    text = printed(result_of(CASE, state("BAD", status="BAD", sha256="1" * 64)))
    assert "BAD (!)" in text
    assert "expected GOOD" in text
    assert "≠ 111111111111" in text
