# SPDX-License-Identifier: GPL-3.0-or-later
"""`/openapi.json`: the archive half in OpenAPI 3.1, made from its routes and their descriptions.

Nothing is written twice: methods and paths come from the rules, summaries from the docstrings,
the rest from `api.operation.describe` beside each view.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app

from api.encode_response import encode
from api.operation import Answer, Operation, Parameter, describe, json_answer, operation_of
from api.path_parameters import PATH_PARAMETERS
from api.public_url import public_url
from api.refuse import always_json, always_page, open_to_all
from api.schema import TEXT, Schema, record

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

_ABOUT = (
    "The history of package archives: dated archives, files by digest, and lookups, in one "
    "superset of snapshot.debian.org, snapshot.notset.fr and metasnap.debian.net. Every GET "
    "answers HEAD too; every address answers with and without a slash at its end."
)
_VARIABLE = re.compile(r"<(?:[^:<>]*:)?([^<>]+)>")
#: Bytes of an object store have no time, and no address by digest or environment knows one.
_SOMETIMES = {"Last-Modified"}
_REFUSAL = record({"error": TEXT, "try": TEXT}, title="Refusal")
_REFUSED = {
    400: "The address cannot be understood",
    403: "Not allowed",
    404: "Not here; the words say what to try",
    409: "Somebody else is doing that now",
    410: "It was here, and was given up or removed",
    413: "Larger than this server's limit",
    415: "A media type or an encoding that is not understood here",
    416: "The file has nothing in that range",
    422: "The body cannot be understood",
    451: "Removed for legal reasons",
    501: "Understood, and not done by this server",
    502: "An upstream sent something else than it should",
    503: "Not now; `Retry-After` says when to ask again",
    507: "No room left",
}


def make_blueprint() -> Blueprint:
    """`/openapi.json`."""
    routes = Blueprint("openapi", __name__)
    routes.get("/openapi.json")(show_document)
    routes.after_request(encode)
    routes.after_request(open_to_all)
    return routes


@describe(answers={200: json_answer({"type": "object"}, "This document")})
def show_document() -> dict[str, Any]:
    """Every address, what it takes and what it answers, in OpenAPI 3.1."""
    return {**make_document(current_app), "servers": [{"url": public_url()}]}


def make_document(app: Flask) -> dict[str, Any]:
    """The document of all routes that are described.

    Args:
        app: With its routes registered.
    """
    components: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    names: Counter[str] = Counter()
    for rule, method, operation in _described(app):
        names[rule.endpoint] += 1
        told = _tell(app, rule, operation)
        told["operationId"] = _identifier(rule.endpoint, names[rule.endpoint])
        address = _VARIABLE.sub(r"{\1}", rule.rule)
        paths.setdefault(address, {})[method.lower()] = _hoist(told, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "dejabuild", "version": version("dejabuild"), "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items()))},
    }


def _described(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: (one.rule, one.endpoint)):
        operation = operation_of(app.view_functions[rule.endpoint])
        if operation is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, operation


def _identifier(endpoint: str, count: int) -> str:
    plain = endpoint.replace(".", "_")
    return plain if count == 1 else f"{plain}_{count}"


def _tell(app: Flask, rule: Rule, operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "tags": [rule.endpoint.partition(".")[0]],
        "summary": (app.view_functions[rule.endpoint].__doc__ or "").strip().partition("\n")[0],
        "parameters": [
            *(_in_path(name) for name in _VARIABLE.findall(rule.rule)),
            *(_in_query(parameter) for parameter in operation.query),
        ],
        "responses": {
            str(status): _answer(answer)
            for status, answer in sorted(_answers(rule, operation), key=lambda one: one[0])
        },
    }
    if operation.body:
        told["requestBody"] = {"required": True, "content": _content(operation.body)}
    return told


def _answers(rule: Rule, operation: Operation) -> Iterator[tuple[int, Answer]]:
    """Every status with what it comes with: an answer, a refusal, or either."""
    refusal: dict[str, Schema] = {"application/json": _REFUSAL}
    if not always_json(rule.rule):
        refusal["text/html"] = TEXT
        if not always_page(rule.rule):
            refusal["text/plain"] = TEXT
    refused = {400, *operation.refuses}
    for status in refused | operation.answers.keys():
        answer = operation.answers.get(status, Answer(_REFUSED.get(status, "Refused")))
        if status in refused:
            kinds = {
                media_type: _either(answer.content.get(media_type), schema)
                for media_type, schema in refusal.items()
            }
            answer = replace(answer, content={**answer.content, **kinds})
        yield status, answer


def _either(schema: Schema | None, other: Schema) -> Schema:
    return other if schema is None else {"anyOf": [schema, other]}


def _in_path(name: str) -> dict[str, Any]:
    schema, text = PATH_PARAMETERS[name]
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": text}


def _in_query(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "schema": parameter.schema,
        "description": parameter.text,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"description": answer.text}
    if answer.content:
        told["content"] = _content(answer.content)
    if answer.headers:
        told["headers"] = {
            name: {"schema": TEXT, "required": name not in _SOMETIMES} for name in answer.headers
        }
    return told


def _content(content: Mapping[str, Schema]) -> dict[str, Any]:
    return {media_type: {"schema": schema} for media_type, schema in content.items()}


def _hoist(part: Any, components: dict[str, Any]) -> Any:
    """The same, with each schema that has a title replaced by a reference to it."""
    if isinstance(part, list | tuple):
        return [_hoist(item, components) for item in part]
    if not isinstance(part, Mapping):
        return part
    whole = {name: _hoist(value, components) for name, value in part.items()}
    title = part.get("title")
    if not isinstance(title, str) or "type" not in part:
        return whole
    if components.setdefault(title, whole) != whole:
        raise ValueError(f"two schemas are called {title}")
    return {"$ref": f"#/components/schemas/{title}"}
