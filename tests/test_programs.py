# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

STARTING = """
import os
import subprocess
import threading

import pytest

def start():
    subprocess.run(["true"], check=True)

@pytest.fixture
def throwaway_key():
    start()

@pytest.fixture
def unknown():
    start()

def test_starts_nothing():
    pass

def test_starts_a_program():
    start()

def test_starts_one_in_a_thread_and_hides_what_comes_of_it():
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

def test_forks():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)

def test_has_it_started(unknown):
    pass

@pytest.mark.programs
def test_says_so():
    start()

def test_is_marked_by_its_fixture(throwaway_key):
    pass
"""


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    pytester.makepyfile(STARTING)
    plain = ("-p", "tests.programs", "-p", "no:cacheprovider", "-W", "ignore")
    return pytester.runpytest_inprocess(*plain, *options)


@pytest.mark.programs
def test_who_starts_a_program_without_saying_so_fails(pytester: pytest.Pytester) -> None:
    result = run(pytester)
    assert result.parseoutcomes() == {"passed": 3, "failed": 3, "errors": 1}
    result.stdout.fnmatch_lines(["*starts what `make unit` promises not to start*", "*'true'*"])


def test_unit_tests_are_those_that_do_not_say_so(pytester: pytest.Pytester) -> None:
    result = run(pytester, "-m", "not programs", "-k", "says_so or its_fixture or nothing")
    assert result.parseoutcomes() == {"passed": 1, "deselected": 6}
