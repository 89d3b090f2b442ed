# SPDX-License-Identifier: GPL-3.0-or-later
"""What a build record needs, version 2: every location, proof of the fewest, alternatives.

Presences are half-open, as the catalogue has them: `[first, until]` says that a package was seen
at `first` and that `until` is the first run that lacked it; null: none did. So a client can choose
dates of its own.
"""

from __future__ import annotations

from typing import Any

from api.dated_sources import deb822_sources, one_line_sources
from api.environments.text import usage
from api.public_url import file_url
from api.schema import (
    SHA1,
    SHA256,
    STAMP,
    TEXT,
    WHOLE,
    YES_OR_NO,
    Schema,
    list_of,
    or_null,
    record,
)
from snapshot.candidate import Candidate, Chosen
from snapshot.dated_suites import CoverStep
from snapshot.environment import Environment
from snapshot.need import Need
from snapshot.record import Record
from snapshot.resolver import Missing, Resolution

_PRESENCE: Schema = {"type": "array", "prefixItems": [STAMP, or_null(STAMP)]}
_PLACE = {
    "archive": TEXT,
    "suite": TEXT,
    "component": TEXT,
    "architecture": TEXT,
    "path": TEXT,
    "present": list_of(_PRESENCE),
}
_FILE = {
    "version": TEXT,
    "architecture": TEXT,
    "sha256": SHA256,
    "sha1": or_null(SHA1),
    "size": WHOLE,
    "url": TEXT,
    "verified": YES_OR_NO,
}
_ASKED = {"name": TEXT, "version": TEXT, "architecture": or_null(TEXT), "kind": TEXT}
RESOLVED = record(
    {
        "answer": WHOLE,
        "record": record(
            {
                "kind": TEXT,
                "source": TEXT,
                "source_version": TEXT,
                "version": TEXT,
                "build_architecture": TEXT,
                "build_date": or_null(STAMP),
                "signed": YES_OR_NO,
            }
        ),
        "complete": YES_OR_NO,
        "packages": list_of(
            record(
                {
                    "name": TEXT,
                    "kind": TEXT,
                    **_FILE,
                    "ambiguous": YES_OR_NO,
                    "locations": list_of(record(_PLACE)),
                },
                title="LocatedPackage",
            )
        ),
        "missing": list_of(
            record(
                {**_ASKED, "why": TEXT, "nearest": list_of(record({**_FILE, **_PLACE}))},
                title="MissingPackage",
            )
        ),
        "dated": record(
            {
                "suites": list_of(
                    record(
                        {
                            "archive": TEXT,
                            "suite": TEXT,
                            "timestamp": STAMP,
                            "until": or_null(STAMP),
                            "components": list_of(TEXT),
                            "architectures": list_of(TEXT),
                            "packages": WHOLE,
                            "url": TEXT,
                        }
                    )
                ),
                "at_least": WHOLE,
                "fewest": YES_OR_NO,
                "deb822": or_null(TEXT),
                "one_line": list_of(TEXT),
            }
        ),
        "environment": or_null(record({"id": SHA256, "url": TEXT, "one_line": or_null(TEXT)})),
    },
    title="ResolvedRecordV2",
)


def record_json(asked: Record, resolution: Resolution, base: str) -> dict[str, Any]:
    """The answer; addresses in it begin with `base`, which has no slash at its end."""
    ambiguous = set(resolution.ambiguous)
    apt = asked.kind == "deb"
    cover = resolution.cover
    return {
        "answer": 2,
        "record": {
            "kind": asked.kind,
            "source": asked.source,
            "source_version": asked.source_version,
            "version": asked.version,
            "build_architecture": asked.build_architecture,
            "build_date": str(asked.build_date) if asked.build_date else None,
            "signed": asked.signed,
        },
        "complete": resolution.environment is not None,
        "packages": [_package(one, one.need in ambiguous, base) for one in resolution.chosen],
        "missing": [_missing(gap, base) for gap in resolution.missing],
        "dated": {
            "suites": [_suite(step, base) for step in cover],
            "at_least": resolution.at_least,
            "fewest": resolution.at_least == len(cover),
            "deb822": deb822_sources(cover, base) if apt else None,
            "one_line": one_line_sources(cover, base) if apt else [],
        },
        "environment": _environment(resolution.environment, base),
    }


def _need(need: Need) -> dict[str, Any]:
    return {
        "name": need.name,
        "version": need.version,
        "architecture": need.architecture,
        "kind": need.kind,
    }


def _file(file: Candidate, base: str) -> dict[str, Any]:
    return {
        "version": file.version,
        "architecture": file.architecture,
        "sha256": file.digest.hex,
        "sha1": file.sha1,
        "size": file.size,
        "url": file_url(base, file.digest, file.path),
        "verified": file.verified,
    }


def _place(file: Candidate) -> dict[str, Any]:
    where = file.coordinates
    return {
        "archive": where.archive,
        "suite": where.suite,
        "component": where.component,
        "architecture": where.architecture,
        "path": file.path,
        "present": [
            [str(one.first), None if one.until is None else str(one.until)]
            for one in file.intervals
        ],
    }


def _package(choice: Chosen, ambiguous: bool, base: str) -> dict[str, Any]:  # noqa: FBT001
    return {
        "name": choice.need.name,
        "kind": choice.need.kind,
        **_file(choice.file, base),
        "ambiguous": ambiguous,
        "locations": [_place(one) for one in choice.candidates],
    }


def _missing(gap: Missing, base: str) -> dict[str, Any]:
    nearest = [{**_place(one), **_file(one, base)} for one in gap.alternatives]
    return {**_need(gap.need), "why": gap.why, "nearest": nearest}


def _suite(step: CoverStep, base: str) -> dict[str, Any]:
    return {
        "archive": step.archive,
        "suite": step.suite,
        "timestamp": str(step.at),
        "until": None if step.until is None else str(step.until),
        "components": list(step.components),
        "architectures": list(step.architectures),
        "packages": len(step.needs),
        "url": f"{base}/archive/{step.archive}/{step.at}/",
    }


def _environment(environment: Environment | None, base: str) -> dict[str, Any] | None:
    if environment is None:
        return None
    return {
        "id": environment.id.hex,
        "url": f"{base}/environments/{environment.id}/",
        "one_line": usage(environment.id) if environment.kind == "deb" else None,
    }
