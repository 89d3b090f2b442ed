# SPDX-License-Identifier: GPL-3.0-or-later
"""What a build record needs, in the predecessor's shape and more (version 1 of the answer)."""

from __future__ import annotations

from typing import Any

from api.dated_sources import deb822_sources, one_line_sources
from api.public_url import file_url
from api.schema import SHA1, SHA256, STAMP, TEXT, WHOLE, list_of, or_null, record
from snapshot.need import Need
from snapshot.record import Record
from snapshot.resolver import Chosen, Resolution

_NEED = {"name": TEXT, "version": TEXT, "architecture": or_null(TEXT), "kind": TEXT}
_FOUND = record(
    {
        **_NEED,
        "sha256": SHA256,
        "sha1": or_null(SHA1),
        "size": WHOLE,
        "path": TEXT,
        "url": TEXT,
        "locations": list_of(
            record(
                {
                    "archive_name": TEXT,
                    "suite_name": TEXT,
                    "component_name": TEXT,
                    "first_seen": list_of(STAMP),
                }
            )
        ),
    },
    title="FoundPackage",
)
_DATED_SUITE = {"archive": TEXT, "suite": TEXT, "timestamp": STAMP}
RESOLVED = record(
    {
        "_comment": TEXT,
        "kind": TEXT,
        "source": or_null(TEXT),
        "source_version": or_null(TEXT),
        "version": or_null(TEXT),
        "build_architecture": or_null(TEXT),
        "build_date": or_null(STAMP),
        "results": list_of(
            record(
                {
                    "archive_name": TEXT,
                    "suite_name": TEXT,
                    "component_name": TEXT,
                    "architecture": TEXT,
                    "timestamps": list_of(STAMP),
                }
            )
        ),
        "found": list_of(_FOUND),
        "missing": list_of(record({**_NEED, "why": TEXT, "nearest": or_null(TEXT)})),
        "ambiguous": list_of(record(_NEED)),
        "unverified": list_of(record(_NEED)),
        "timestamps": list_of(
            record(
                {
                    **_DATED_SUITE,
                    "components": list_of(TEXT),
                    "architectures": list_of(TEXT),
                    "packages": WHOLE,
                }
            )
        ),
        "timestamps_at_least": WHOLE,
        "sources": TEXT,
        "sources_list": list_of(TEXT),
        "environment": or_null(SHA256),
        "environment_url": or_null(TEXT),
    },
    title="ResolvedRecord",
)


def record_json(asked: Record, resolution: Resolution, base: str) -> dict[str, Any]:
    """The answer; addresses in it begin with `base`, which has no slash at its end."""
    environment = resolution.environment
    return {
        "_comment": "dejabuild",
        "kind": asked.kind,
        "source": asked.source,
        "source_version": asked.source_version,
        "version": asked.version,
        "build_architecture": asked.build_architecture,
        "build_date": str(asked.build_date) if asked.build_date else None,
        "results": _results(resolution),
        "found": [_found(choice, base) for choice in resolution.chosen],
        "missing": [
            {**_need(gap.need), "why": gap.why, "nearest": gap.nearest}
            for gap in resolution.missing
        ],
        "ambiguous": [_need(need) for need in resolution.ambiguous],
        "unverified": [_need(need) for need in resolution.unverified],
        "timestamps": [
            {
                "archive": step.archive,
                "suite": step.suite,
                "timestamp": str(step.at),
                "components": list(step.components),
                "architectures": list(step.architectures),
                "packages": len(step.needs),
            }
            for step in resolution.cover
        ],
        # As many as there are: they are the fewest.
        "timestamps_at_least": resolution.at_least,
        "sources": deb822_sources(resolution.cover, base),
        "sources_list": one_line_sources(resolution.cover, base),
        "environment": environment.id.hex if environment is not None else None,
        "environment_url": (
            f"{base}/environments/{environment.id}/" if environment is not None else None
        ),
    }


def _results(resolution: Resolution) -> list[dict[str, Any]]:
    """The predecessor's shape: coordinates with the stamps to take from them."""
    stamps: dict[tuple[str, str, str, str], list[str]] = {}
    for step in resolution.cover:
        for component in step.components:
            for architecture in step.architectures:
                key = (step.archive, step.suite, component, architecture)
                stamps.setdefault(key, []).append(str(step.at))
    return [
        {
            "archive_name": archive,
            "suite_name": suite,
            "component_name": component,
            "architecture": architecture,
            "timestamps": sorted(at),
        }
        for (archive, suite, component, architecture), at in stamps.items()
    ]


def _need(need: Need) -> dict[str, Any]:
    return {
        "name": need.name,
        "version": need.version,
        "architecture": need.architecture,
        "kind": need.kind,
    }


def _found(choice: Chosen, base: str) -> dict[str, Any]:
    need, file = choice.need, choice.file
    return {
        "name": need.name,
        "version": need.version,
        "architecture": file.architecture,
        "kind": need.kind,
        "sha256": file.digest.hex,
        "sha1": file.sha1,
        "size": file.size,
        "path": f"/{file.path}",
        "url": file_url(base, file.digest, file.path),
        "locations": [
            {
                "archive_name": one.coordinates.archive,
                "suite_name": one.coordinates.suite,
                "component_name": one.coordinates.component,
                "first_seen": [str(interval.first) for interval in one.intervals],
            }
            for one in choice.candidates
        ],
    }
