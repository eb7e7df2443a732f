"""The page's own files, without a browser: nothing from elsewhere, nothing inline."""

import json
import re
from html.parser import HTMLParser

import pytest

from tests.places import DOCS, ROOT

PAGE = ROOT / "mplsemu/web/page"
STATIC = PAGE.parent / "static"
NAMESPACES = r"https?://www\.w3\.org/(1999/(xhtml|xlink)|2000/(svg|xmlns/)|1998/Math/MathML|XML/1998/namespace)"


def read(name):
    return (STATIC / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["index.html", "app.js", "app.css", "favicon.svg"])
def test_no_file_names_another_host(name):
    found = re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}[^\s\"'`)]*", read(name), re.IGNORECASE)
    assert [each for each in found if not re.fullmatch(NAMESPACES, each)] == []


def test_the_page_has_no_script_or_style_in_it():
    tags = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.append((tag, dict(attrs)))

        def handle_data(self, data):
            assert not tags or tags[-1][0] not in ("script", "style") or not data.strip()

    Reader().feed(read("index.html"))
    names = [tag for tag, _ in tags]
    assert "style" not in names
    assert [attrs.get("src") for tag, attrs in tags if tag == "script"] == ["/app.js"]
    assert not [key for _, attrs in tags for key in attrs if key.startswith("on") or key == "style"]


def test_nothing_is_made_of_text_by_the_page():
    """Elements are made one by one, so no name is ever read as markup or as code."""
    sources = list((PAGE / "src").rglob("*.ts*"))
    assert sources
    for path in sources:
        text = path.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "dangerously", "eval("):
            assert word not in text, path.name


def test_every_package_in_the_bundle_has_its_licence_there():
    lock = json.loads((PAGE / "package-lock.json").read_text(encoding="utf-8"))
    bundled = {
        key.removeprefix("node_modules/"): each["version"]
        for key, each in lock["packages"].items()
        if "node_modules/" in key and not each.get("dev") and not each.get("link")
    }
    licences = read("LICENSES.txt")
    assert "preact" in bundled
    assert [
        name for name, version in bundled.items() if f"\n{name} {version} (" not in licences
    ] == []


def test_the_lock_file_names_no_registry():
    lock = json.loads((PAGE / "package-lock.json").read_text(encoding="utf-8"))
    resolved = {each["resolved"] for each in lock["packages"].values() if "resolved" in each}
    assert resolved == {"openapi"}, "the workspace, by its folder"
    for folder in (PAGE, PAGE / "openapi"):
        versions = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        for version in (versions.get("dependencies", {}) | versions["devDependencies"]).values():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), "exact versions"


def test_the_pages_types_are_those_of_the_interface():
    """Without npm, too; `scripts/build-page --check` compares every line."""
    schemas = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))["components"][
        "schemas"
    ]
    types = (PAGE / "src/schema.ts").read_text(encoding="utf-8")
    named = re.findall(r"^export type (\w+) = components\['schemas'\]\['\1'\];$", types, re.M)
    assert sorted(named) == sorted(schemas)
    for name, schema in schemas.items():
        body = re.search(rf"^        {name}: \{{\n(.*?)^        \}};$", types, re.M | re.S)
        fields = re.findall(r"^            (\w+)\??: ", body[1], re.M) if body else []
        assert fields == list(schema.get("properties", ())), name
