# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers, times and verdicts as people read them: the filters of the templates."""

from __future__ import annotations

from datetime import UTC, datetime

from snapshot.verdict import Original, Reason, Status, Verdict

_MEANING = {
    Status.GOOD: "rebuilt bit for bit",
    Status.BAD: "rebuilt, but it differs",
    Status.FAIL: "could not be judged",
    Status.UNKNOWN: "not judged yet",
}

_REASON = {
    Reason.BUILDINFO_MISSING: "The build record could not be fetched.",
    Reason.BUILDINFO_INVALID: "The build record is not one.",
    Reason.SIGNATURE_INVALID: "A signature does not hold.",
    Reason.SOURCE_MISSING: "The source package could not be found.",
    Reason.DEPENDENCY_MISSING: "A package that the build needs could not be found.",
    Reason.ENVIRONMENT_MISMATCH: "The environment that was set up is not the recorded one.",
    Reason.ENVIRONMENT_SETUP: "The environment could not be set up; this will be tried again.",
    Reason.BUILD_FAILED: "The package does not compile in this environment.",
    Reason.BUILD_TIMEOUT: "The build took longer than it may.",
    Reason.OUT_OF_MEMORY: "The build needed more memory than there was.",
    Reason.DISK_FULL: "There was no room left for the build.",
    Reason.NETWORK_ATTEMPT: "The build tried to reach the network.",
    Reason.WORKER_LOST: "The worker was not heard again.",
    Reason.COMPARE_ERROR: "The result could not be compared with the original.",
    Reason.UNSUPPORTED: "This kind of package is not supported yet.",
}


def count(number: int) -> str:
    """1234567 as `1,234,567`."""
    return f"{number:,}"


def when(epoch: float) -> str:
    """A time to the minute."""
    return _moment(epoch).strftime("%Y-%m-%d %H:%M")


def iso(epoch: float) -> str:
    """A time for machines, with its zone."""
    return _moment(epoch).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(seconds: float | None) -> str:
    """Seconds as `0.4 s`, `12 s`, `3 min 20 s` or `2 h 5 min`."""
    if seconds is None:
        return "–"  # noqa: RUF001  # a dash, not a hyphen
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def meaning(status: Status | None) -> str:
    """A status in words."""
    return _MEANING[status or Status.UNKNOWN]


def sentence(verdict: Verdict) -> str:
    """The verdict as one sentence."""
    if verdict.reason is not None:
        return _REASON[verdict.reason]
    if verdict.status is Status.GOOD:
        return "Every artifact was rebuilt bit for bit."
    if verdict.reported:
        return "The worker reports a difference; it sent no digest that would prove it."
    return "It was rebuilt, but at least one artifact differs from what was published."


def origin(where: Original | None) -> str:
    """Where the digest of an original comes from."""
    if where is Original.INDEX:
        return "an index whose signature was verified"
    if where is Original.RECORD:
        return "the build record alone: judged, never attested"
    return "nowhere: nobody asked for this file"


def diff_kind(line: str) -> str:
    """How a line of a unified difference is shown."""
    # diffoscope draws a tree in front of the lines of nested files.
    bare = line.lstrip("│ ")
    if bare.startswith(("+++", "---", "@@")):
        return "hunk"
    return {"+": "plus", "-": "minus"}.get(bare[:1], "same")


def _moment(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, tz=UTC)
