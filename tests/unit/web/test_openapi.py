"""The interface is described: docs/openapi.json and docs/web-api.md are of this server."""

import json
import re

from mplsemu.web.app import describe
from tests.places import DOCS

STALE = "docs/openapi.json is of another server: type scripts/openapi"


def outline(document):
    """What matters in a description: another release of a library words it another way."""
    operations = {
        f"{method} {path}": {
            "parameters": sorted(
                (each["name"], each["in"], each["required"])
                for each in operation.get("parameters", ())
            ),
            "body": operation.get("requestBody", {}).get("content"),
            "answers": {
                status: sorted(answer.get("content", {}))
                for status, answer in operation["responses"].items()
            },
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    schemas = {
        name: (
            sorted(schema.get("properties", ())),
            sorted(schema.get("required", ())),
            schema.get("enum"),
        )
        for name, schema in document["components"]["schemas"].items()
    }
    return operations, schemas


def test_the_document_is_of_this_server():
    written = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))
    assert outline(written) == outline(describe()), STALE


def test_every_operation_says_what_it_refuses_and_how_a_token_is_sent():
    document = describe()
    assert document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"200", "400", "401", "404", "409", "503"} == operation["responses"].keys()
            for status, answer in operation["responses"].items():
                if status != "200":
                    ref = answer["content"]["application/json"]["schema"]["$ref"]
                    assert ref.endswith("/Problem")


def test_every_field_of_a_request_has_an_example_or_a_range():
    schemas = describe()["components"]["schemas"]
    for name in ("LinkRequest", "PingRequest", "TraceRequest"):
        for field, schema in schemas[name]["properties"].items():
            assert {"examples", "default"} & schema.keys(), f"{name}.{field}"


def test_the_text_has_every_path_and_every_kind_of_message():
    text = (DOCS / "web-api.md").read_text(encoding="utf-8")
    for path, methods in describe()["paths"].items():
        for method in methods:
            assert f"### {method.upper()} {path}\n" in text
    for event in ("state", "event", "alarms", "load", "pictures", "end"):
        assert re.search(rf"^\| `{event}` \|", text, re.MULTILINE)
