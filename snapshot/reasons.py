# SPDX-License-Identifier: GPL-3.0-or-later
"""From the end of a log to the reason why a rebuild could not be judged.

A table of rules, tried in order over the last lines: what the machine ran out of comes
before what was missing, that before what the compiler said, since one causes the other. A
rule names the phases in which its words mean its reason: apt's "404" while the environment
is made is our archive's fault, in a test suite's output it is nobody's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from snapshot.verdict import Reason

#: Which part of a rebuild wrote the log; `any` when one log holds everything.
Phase = Literal["source", "environment", "build", "compare", "any"]

#: Only this much of the end is looked at.
TAIL = 256 << 10

#: And of each line this much of its beginning: a build writes its log, and the time that some
#: rules take grows with the third power of a line's length.
_LINE = 500

_EVERYWHERE = frozenset({"source", "environment", "build", "compare", "any"})
_BEFORE_BUILD = frozenset({"source", "environment", "any"})
_ONLY_BEFORE = frozenset({"source", "environment"})
_IN_BUILD = frozenset({"build", "any"})
_COMPARE = frozenset({"compare"})
_ANY = frozenset({"any"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Why, and the line that says so.

    Attributes:
        reason: The reason code.
        line: The line of the log, at most 300 characters; empty when the exit code says it.
    """

    reason: Reason
    line: str


def _rule(
    reason: Reason, phases: frozenset[str], *patterns: str
) -> tuple[Reason, frozenset[str], re.Pattern[str]]:
    return reason, phases, re.compile("|".join(patterns), re.IGNORECASE)


_RULES = (
    _rule(
        Reason.BUILD_TIMEOUT,
        _EVERYWHERE,
        r"^TRUNCATED DUE TO TIMEOUT",
        r"build killed with signal TERM after \d+ minutes of inactivity",
    ),
    _rule(
        Reason.DISK_FULL,
        _EVERYWHERE,
        r"No space left on device",
        r"Disk quota exceeded",
        r"You don't have enough free space in",
        r"Write error - write \(28",
    ),
    _rule(
        Reason.OUT_OF_MEMORY,
        _EVERYWHERE,
        r"Cannot allocate memory",
        r"virtual memory exhausted",
        r"fatal error: Killed signal terminated program",
        r"internal compiler error: Killed",
        r"\bld(?:\.\w+)?: (?:final link failed: )?memory exhausted",
        r"terminated with signal 9 \[Killed\]",
        r"after throwing an instance of 'std::bad_alloc'",
        r"java\.lang\.OutOfMemoryError",
        r"rustc.*\(signal: 9, SIGKILL",
        r"runtime: out of memory",
        r"Out of memory: Killed process",
    ),
    _rule(
        Reason.SIGNATURE_INVALID,
        _BEFORE_BUILD,
        r"gpgv?: BAD signature",
        r"\bBADSIG\b",
        r"\bNO_PUBKEY\b",
        r"\bEXPKEYSIG\b",
        r"^E: The repository '.*' is not signed",
        r"The following signatures (?:were invalid|couldn't be verified)",
        r"no acceptable signature found",
    ),
    _rule(
        Reason.BUILDINFO_MISSING,
        _BEFORE_BUILD,
        r"(?:cannot|could not|can't) (?:find|open|stat) \S*\.buildinfo",
        r"\.buildinfo: No such file or directory",
    ),
    _rule(
        Reason.BUILDINFO_INVALID,
        _BEFORE_BUILD,
        r"(?:failed to|cannot|can't) parse (?:the )?buildinfo",
        r"not a (?:valid )?\.?buildinfo",
        r"need Build-Architecture field",
    ),
    _rule(
        Reason.SOURCE_MISSING,
        _BEFORE_BUILD,
        r"E: Unable to find a source package for",
        r"\bdebsnap: .*\b(?:No|not) .*(?:source|found)",
        r"error: cannot fstat file \S+\.dsc",
        r"\.dsc: No such file or directory",
        r"E: You must put some 'deb-src' URIs",
        r"dpkg-source: error: (?:cannot|unable).*\.(?:orig|debian)\.",
    ),
    _rule(
        Reason.DEPENDENCY_MISSING,
        _EVERYWHERE,
        r"E: Unable to locate package",
        r"E: Version '.*' for '.*' was not found",
        r"E: Package '.*' has no installation candidate",
        r"The following packages have unmet dependencies",
        r"E: Unable to satisfy (?:the )?dependencies",
        r"dpkg-checkbuilddeps: error: unmet build dependencies",
        r"E: Couldn't find any package by",
        r"cannot find snapshot timestamp for",
        r"^Error: Unable to find a match",
        r"error: target not found:",
    ),
    _rule(
        Reason.NETWORK_ATTEMPT,
        _IN_BUILD,
        r"Temporary failure (?:in name resolution|resolving)",
        r"Could not resolve (?:host|proxy)",
        r"Network is unreachable",
        r"Name or service not known",
        r"\bdial tcp\b.*(?:lookup|connect)",
        r"getaddrinfo (?:EAI_AGAIN|ENOTFOUND)",
        r"socket\.gaierror",
        r"java\.net\.(?:UnknownHostException|NoRouteToHostException)",
        r"failed to lookup address information",
    ),
    _rule(
        Reason.ENVIRONMENT_SETUP,
        _ONLY_BEFORE,
        r"\S",
    ),
    _rule(
        Reason.ENVIRONMENT_SETUP,
        _ANY,
        r"^E: Failed to fetch",
        r"E: Some index files failed to download",
        r"E: (?:mmdebstrap|setup|debootstrap|run_chroot) failed",
        r"E: .*: unable to (?:mount|chroot)",
        r"\bnewuidmap: ",
        r"^unshare: .* failed",
        r"^E: Release file for .* is (?:not valid yet|expired)",
        r"dpkg: error processing (?:package|archive)",
        r"E: Sub-process /usr/bin/dpkg returned an error code",
        r"==> ERROR: Failed to install all packages",
    ),
    _rule(
        Reason.COMPARE_ERROR,
        _COMPARE,
        r"\S",
    ),
    _rule(
        Reason.BUILD_FAILED,
        _IN_BUILD,
        r"dpkg-buildpackage: error:",
        r"dpkg-source: error:",
        r"\bdh_\w+: error:",
        r"\bdh: error:",
        r"^make(?:\[\d+\])?: \*\*\* ",
        r"ninja: build stopped",
        r":\d+:(?:\d+:)? (?:fatal )?error: ",
        r"E: Build failure \(dpkg-buildpackage died\)",
        r"==> ERROR: A failure occurred in \w+\(\)",
        r"error: could not compile",
        r"^error: Bad exit status from",
        r"BUILD FAILURE|FAILURE: Build failed",
    ),
)


def find_reason(
    tail: bytes, *, exit_code: int | None, phase: Phase = "any", timed_out: bool = False
) -> Finding | None:
    """Look for the reason in the end of a log.

    Args:
        tail: The log, or its end; bytes that are not UTF-8 are read as replacement marks.
        exit_code: How the program ended: negative or above 128 for a signal; None if it
            never ran.
        phase: Which part wrote the log.
        timed_out: Whether we ended it because its time was over.

    Returns:
        None when nothing is known, which a caller should call `build-failed` only if the
        build itself returned non-zero.
    """
    if timed_out or exit_code == 124:
        return Finding(Reason.BUILD_TIMEOUT, "")
    if exit_code == 0:
        return None
    lines = [line[:_LINE] for line in tail[-TAIL:].decode("utf-8", "replace").splitlines()]
    for reason, phases, pattern in _RULES:
        if phase not in phases:
            continue
        for line in reversed(lines):
            if line.strip() and pattern.search(line):
                return Finding(reason, line.strip()[:300])
    if exit_code in (-9, 137):
        # Nobody but the kernel's out-of-memory killer sends SIGKILL when no time ran out.
        return Finding(Reason.OUT_OF_MEMORY, "")
    return None


def reason_from_log(
    tail: bytes, *, exit_code: int | None, phase: Phase = "any", timed_out: bool = False
) -> Reason | None:
    """The reason alone; arguments as for `find_reason`."""
    found = find_reason(tail, exit_code=exit_code, phase=phase, timed_out=timed_out)
    return found.reason if found else None
