# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

SKIPPING = """
import pytest

def test_passes():
    pass

def test_skips():
    pytest.skip("no such tool")

@pytest.mark.skip(reason="marked")
def test_marked():
    pass

@pytest.mark.xfail(reason="known", strict=True)
def test_expected_failure():
    assert False
"""


def run(pytester: pytest.Pytester, source: str) -> dict[str, int]:
    pytester.makepyfile(source)
    result = pytester.runpytest_inprocess("-p", "tests.no_skips", "-p", "no:cacheprovider")
    return result.parseoutcomes()


def test_a_skip_fails_in_ci(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert run(pytester, SKIPPING) == {"passed": 1, "failed": 1, "errors": 1, "xfailed": 1}


def test_a_skipped_module_fails_in_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    source = "import pytest\npytest.skip('all of it', allow_module_level=True)\n"
    assert run(pytester, source) == {"errors": 1}


def test_a_skip_is_a_skip_on_a_persons_machine(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert run(pytester, SKIPPING) == {"passed": 1, "skipped": 2, "xfailed": 1}
