# SPDX-License-Identifier: GPL-3.0-or-later
"""From the end of a log to a reason, by real lines."""

from __future__ import annotations

import pytest

from snapshot.reasons import TAIL, Phase, find_reason, reason_from_log
from snapshot.verdict import Reason

R = Reason


@pytest.mark.parametrize(
    ("line", "phase", "reason"),
    [
        (
            "cc1plus: fatal error: error writing to /tmp/ccX.s: No space left on device",
            "build",
            R.DISK_FULL,
        ),
        (
            "E: You don't have enough free space in /var/cache/apt/archives/.",
            "environment",
            R.DISK_FULL,
        ),
        ("virtual memory exhausted: Cannot allocate memory", "build", R.OUT_OF_MEMORY),
        ("g++: fatal error: Killed signal terminated program cc1plus", "build", R.OUT_OF_MEMORY),
        (
            "terminate called after throwing an instance of 'std::bad_alloc'",
            "build",
            R.OUT_OF_MEMORY,
        ),
        ("collect2: fatal error: ld terminated with signal 9 [Killed]", "build", R.OUT_OF_MEMORY),
        ("E: Version '1.2-3' for 'libfoo' was not found", "environment", R.DEPENDENCY_MISSING),
        ("E: Unable to locate package nosuch", "any", R.DEPENDENCY_MISSING),
        (
            "dpkg-checkbuilddeps: error: Unmet build dependencies: nosuch",
            "build",
            R.DEPENDENCY_MISSING,
        ),
        (
            "dpkg-checkbuilddeps: error: unmet build dependencies: nosuch",
            "build",
            R.DEPENDENCY_MISSING,
        ),
        ("E: Unable to find a source package for hello", "source", R.SOURCE_MISSING),
        (
            "W: GPG error: http://127.0.0.1 sid InRelease: NO_PUBKEY 0E98404D386FA1D9",
            "environment",
            R.SIGNATURE_INVALID,
        ),
        (
            "E: The repository 'http://127.0.0.1 sid InRelease' is not signed.",
            "any",
            R.SIGNATURE_INVALID,
        ),
        ("Temporary failure in name resolution", "build", R.NETWORK_ATTEMPT),
        ("Temporary failure in name resolution", "environment", R.ENVIRONMENT_SETUP),
        ("curl: (6) Could not resolve host: example.org", "any", R.NETWORK_ATTEMPT),
        (
            "socket.gaierror: [Errno -3] Temporary failure in name resolution",
            "build",
            R.NETWORK_ATTEMPT,
        ),
        (
            "E: Failed to fetch http://127.0.0.1/x.deb  503  Service Unavailable",
            "any",
            R.ENVIRONMENT_SETUP,
        ),
        ("dpkg: error processing package dash (--configure):", "any", R.ENVIRONMENT_SETUP),
        ("mount: /x: permission denied.", "environment", R.ENVIRONMENT_SETUP),
        ("foo.c:3:10: fatal error: nosuch.h: No such file or directory", "build", R.BUILD_FAILED),
        ("make[1]: *** [debian/rules:9: override_dh_auto_build] Error 2", "build", R.BUILD_FAILED),
        (
            "dpkg-buildpackage: error: debian/rules binary subprocess returned exit status 2",
            "any",
            R.BUILD_FAILED,
        ),
        ("dh_auto_test: error: make -j2 check returned exit code 2", "build", R.BUILD_FAILED),
        ("==> ERROR: A failure occurred in build().", "any", R.BUILD_FAILED),
        ("TRUNCATED DUE TO TIMEOUT: 86400 seconds", "any", R.BUILD_TIMEOUT),
        ("x.buildinfo: No such file or directory", "any", R.BUILDINFO_MISSING),
        ("Traceback: filecmp", "compare", R.COMPARE_ERROR),
    ],
)
def test_real_lines_name_their_reason(line: str, phase: Phase, reason: Reason) -> None:
    log = f"unpacking\n{line}\nE: giving up\n".encode()
    found = find_reason(log, exit_code=2, phase=phase)
    assert found is not None
    assert found.reason is reason
    assert found.line in (line, "E: giving up")


def test_what_the_machine_ran_out_of_comes_before_what_failed_because_of_it() -> None:
    log = b"x.c:1: fatal error: x.o: No space left on device\nmake: *** [x.o] Error 1\n"
    assert reason_from_log(log, exit_code=2, phase="build") is Reason.DISK_FULL


def test_the_network_message_of_a_test_suite_that_passed_is_no_reason() -> None:
    assert reason_from_log(b"Could not resolve host: x\n", exit_code=0) is None


def test_a_time_that_ran_out_needs_no_log() -> None:
    assert reason_from_log(b"", exit_code=-15, timed_out=True) is Reason.BUILD_TIMEOUT
    assert reason_from_log(b"", exit_code=124) is Reason.BUILD_TIMEOUT


@pytest.mark.parametrize("code", [-9, 137])
def test_a_kill_without_a_word_is_the_kernels(code: int) -> None:
    assert reason_from_log(b"working\n", exit_code=code, phase="build") is Reason.OUT_OF_MEMORY


def test_an_unknown_failure_stays_unknown() -> None:
    assert reason_from_log(b"hm\n\xff\xfe\n", exit_code=3, phase="build") is None
    assert reason_from_log(b"", exit_code=None) is None


def test_only_the_end_of_a_log_is_looked_at() -> None:
    log = b"No space left on device\n" + b"x" * TAIL
    assert reason_from_log(log, exit_code=1) is None


def test_a_build_cannot_keep_us_busy_with_one_long_line() -> None:
    # Each word may begin, go on or end a match: unbounded, this takes hours.
    assert find_reason(b"debsnap: No " * (TAIL // 12), exit_code=None) is None
    assert find_reason(b"=" * 500 + b" No space left on device", exit_code=None) is None
    found = find_reason(b"=" * 400 + b" No space left on device" + b"=" * 9000, exit_code=None)
    assert found is not None
    assert found.reason is R.DISK_FULL
