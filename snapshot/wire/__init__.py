# SPDX-License-Identifier: GPL-3.0-or-later
"""rebuilderd's v1 wire as values, with our optional extension.

Every value reads with `from_json` (from parsed JSON) and writes with `to_json` (to plain
dicts). Unknown members are ignored, missing ones are refused with their path. Stock programs
never see the extension's members unless they sent them; serde clients ignore extra members.
"""

from snapshot.wire.fields import Fields, naive_time, parse_naive_time
from snapshot.wire.jobs import (
    EXTENSION,
    Derivation,
    ExpectedArtifact,
    Job,
    JobArtifact,
    JobAssignment,
    JobExtension,
    PopRequest,
)
from snapshot.wire.packages import PackageReport, QueueRequest, ReportedBinary, ReportedSource
from snapshot.wire.reports import (
    ArtifactReport,
    EvidenceReference,
    RebuildReport,
    ReportExtension,
)

__all__ = [
    "EXTENSION",
    "ArtifactReport",
    "Derivation",
    "EvidenceReference",
    "ExpectedArtifact",
    "Fields",
    "Job",
    "JobArtifact",
    "JobAssignment",
    "JobExtension",
    "PackageReport",
    "PopRequest",
    "QueueRequest",
    "RebuildReport",
    "ReportExtension",
    "ReportedBinary",
    "ReportedSource",
    "naive_time",
    "parse_naive_time",
]
