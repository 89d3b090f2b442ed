# SPDX-License-Identifier: GPL-3.0-or-later
"""`/openapi.json` says every route of the archive half, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask

import api
from api.openapi import make_document
from api.operation import describe, json_answer, operation_of
from api.path_parameters import PATH_PARAMETERS
from api.schema import TEXT, record
from storage.database import Database
from tests.api.archive_server import ArchiveServer, make_archive_server


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    return make_archive_server(shared_database)


def _views() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every described function of `api`, by where it is."""
    for found in pkgutil.walk_packages(api.__path__, "api."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if callable(value) and getattr(value, "__module__", "") == found.name:
                yield f"{found.name}.{name}", value


def test_every_route_of_the_archive_half_is_described(server: ArchiveServer) -> None:
    bare = [
        f"{' '.join(sorted(rule.methods or ()))} {rule.rule} ({view.__module__}.{view.__name__})"
        for rule in server.app.url_map.iter_rules()
        for view in [server.app.view_functions[rule.endpoint]]
        if operation_of(view) is None
    ]
    assert not bare, (
        f"routes without a description: {bare}: put @describe(answers={{…}}, refuses=(…)) from "
        "api.operation on the view; new names in its path go into api/path_parameters.py"
    )


def test_what_is_described_is_routed(server: ArchiveServer) -> None:
    routed = set(server.app.view_functions.values())
    unrouted = [
        where for where, view in _views() if operation_of(view) is not None and view not in routed
    ]
    assert not unrouted


def test_the_document_is_openapi_3_1_as_its_own_schema_says(server: ArchiveServer) -> None:
    answer = server.client.get("/openapi.json")
    document = answer.get_json()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://localhost"}]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    # What OpenAPI 3.1 says beyond that every schema is JSON Schema 2020-12.
    for path, operations in document["paths"].items():
        for method, told in operations.items():
            assert told["summary"], f"{method} {path}: the view has no docstring"
            named = {one["name"] for one in told["parameters"] if one["in"] == "path"}
            assert {f"{{{name}}}" for name in named} == {
                f"{{{part.partition('}')[0]}}}" for part in path.split("{")[1:]
            }
            for response in told["responses"].values():
                assert response["description"]
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    identifiers = [
        told["operationId"]
        for operations in document["paths"].values()
        for told in operations.values()
    ]
    assert len(identifiers) == len(set(identifiers))


def test_every_name_in_a_path_that_is_told_is_used(server: ArchiveServer) -> None:
    used = {name for rule in server.app.url_map.iter_rules() for name in rule.arguments}
    assert set(PATH_PARAMETERS) == used


def test_a_schema_with_a_title_stands_once(server: ArchiveServer) -> None:
    document = make_document(server.app)
    info = document["paths"]["/mr/file/{digest}/info"]["get"]["responses"]["200"]
    schema = info["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/FileInfo"}
    result = document["components"]["schemas"]["FileInfo"]["properties"]["result"]
    assert result["items"] == {"$ref": "#/components/schemas/Place"}


def test_two_schemas_of_one_title_are_a_fault() -> None:
    app = Flask("test", static_folder=None)
    for name in ("a", "b"):
        schema = record({name: TEXT}, title="Same")
        view = describe(answers={200: json_answer(schema)})(lambda: "")
        app.add_url_rule(f"/{name}", name, view)
    with pytest.raises(ValueError, match="two schemas are called Same"):
        make_document(app)


def test_refusals_are_json_for_programs_and_either_for_others(server: ArchiveServer) -> None:
    paths = make_document(server.app)["paths"]
    lookup = paths["/mr/package/{name}"]["get"]["responses"]["404"]
    page = paths["/archive/{archive}/"]["get"]["responses"]["404"]
    assert set(lookup["content"]) == {"application/json"}
    assert set(page["content"]) == {"application/json", "text/html", "text/plain"}
    people = paths["/package/{name}/"]["get"]["responses"]["404"]
    assert set(people["content"]) == {"application/json", "text/html"}


def test_the_word_by_which_peers_ask_is_told(catalogue_database: Database) -> None:
    app = make_archive_server(catalogue_database).app
    told = make_document(app)["paths"]["/file/{digest}"]["get"]["parameters"]
    assert [(one["name"], one["in"]) for one in told] == [("digest", "path"), ("stored", "query")]
