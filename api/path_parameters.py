# SPDX-License-Identifier: GPL-3.0-or-later
"""What the names in the rules of routes mean, for the description of every route that has them."""

from __future__ import annotations

from api.schema import HASH, SHA256, TEXT, Schema

_DATE: Schema = {"type": "string", "examples": ["20260711T101637Z", "20260711", "now"]}

#: Name in a rule to its schema and to what it means.
PATH_PARAMETERS: dict[str, tuple[Schema, str]] = {
    "archive": (TEXT, "An archive, as `/archive/` lists them"),
    "binary": (TEXT, "A binary package"),
    "date": (
        _DATE,
        "A stamp, `YYYYMMDD` (the start of that day), or `now`: the newest run at or before it",
    ),
    "digest": (HASH, "SHA-1 or SHA-256 of a file, in hexadecimal"),
    "identity": (SHA256, "The id of an environment: the SHA-256 of its text"),
    "name": (TEXT, "A package; below `/file/`, what a browser should call the file"),
    "number": ({"type": "string", "pattern": "^[1-9][0-9]{0,8}$"}, "A removal, by its number"),
    "own": (TEXT, "The version of the binary package"),
    "package": (TEXT, "A source package: `<name>_<version>`, with the version's epoch"),
    "path": (TEXT, "Where it lies; slashes stand for themselves"),
    "suite": (TEXT, "A suite as apt names it, or another name that it had; slashes are themselves"),
    "token": (TEXT, "A name of the operator's own choice, by which it is kept"),
    "version": (TEXT, "A version, with its epoch"),
}
