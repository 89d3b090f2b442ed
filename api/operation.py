# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of a route, kept beside its view: what it takes, answers and refuses.

::

    @describe(
        query=(Parameter("fileinfo", TEXT, "1: with the places of each file"),),
        answers={200: json_answer(FILES)},
        refuses=(404,),
    )
    def source_files(name: str, version: str) -> Answer:
        \"\"\"Files of a source package.\"\"\"

The first line of the docstring is the summary; names in the path are told in
`api.path_parameters`. `/openapi.json` is made from these (`api.openapi`) and from nothing else, and
a test finds routes that have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from api.schema import TEXT, Schema

View = TypeVar("View", bound=Callable[..., Any])

#: Addresses that never change their bytes carry these, `ETag` being the SHA-256.
FILE_HEADERS = ("Accept-Ranges", "Cache-Control", "ETag", "Last-Modified", "Repr-Digest")
#: What asking for a file may be refused with, pulling it through included.
FILE_REFUSALS = (404, 410, 416, 451, 502, 503)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A word of a query.

    Attributes:
        name: As sent.
        schema: What it may be.
        text: What it does, for people.
    """

    name: str
    schema: Schema
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One kind of answer.

    Attributes:
        text: What it is, for people.
        content: Media type to what the body may be; empty: no body.
        headers: Those that it carries.
    """

    text: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """Everything about one route that its rule does not say.

    Attributes:
        answers: Status to answer.
        query: Words of the query that it understands.
        body: Media type to what a body may be; empty: it takes none.
        refuses: Statuses of refusals; any address may be refused with 400.
    """

    answers: Mapping[int, Answer]
    query: tuple[Parameter, ...] = ()
    body: Mapping[str, Schema] = field(default_factory=dict)
    refuses: tuple[int, ...] = ()


def describe(
    *,
    answers: Mapping[int, Answer],
    query: tuple[Parameter, ...] = (),
    body: Mapping[str, Schema] | None = None,
    refuses: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Keep a description with a view."""
    operation = Operation(answers, query, body or {}, refuses)

    def keep(view: View) -> View:
        view.__dict__["operation"] = operation
        return view

    return keep


def operation_of(view: Callable[..., Any]) -> Operation | None:
    """The description of a view; None: it has none."""
    found = getattr(view, "operation", None)
    return found if isinstance(found, Operation) else None


def json_answer(schema: Schema, text: str = "As described") -> Answer:
    """A JSON body."""
    return Answer(text, {"application/json": schema})


def text_answer(text: str, media_type: str = "text/plain") -> Answer:
    """A body of text: plain lines, a page, or another kind."""
    return Answer(text, {media_type: TEXT})


def file_answers(media_type: str = "application/octet-stream") -> dict[int, Answer]:
    """What `api.serve_file` sends: the bytes, a part, that they are the same, or the way."""
    content: dict[str, Schema] = {media_type: {}}
    return {
        200: Answer("The file", content, FILE_HEADERS),
        206: Answer("The bytes that `Range` asks for", content, (*FILE_HEADERS, "Content-Range")),
        302: Answer("It lies in an object store, at `Location`", headers=("Location",)),
        304: Answer("What the client has is still the file", headers=("ETag",)),
    }
