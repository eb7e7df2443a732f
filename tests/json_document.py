"""docs/json.md: its examples, and the fields that they show."""

import json
import re

from tests.places import DOCS

DOCUMENT = DOCS / "json.md"


def example(heading: str, number: int = 0):
    """Return a JSON block below a heading, by default the first one."""
    text = DOCUMENT.read_text(encoding="utf-8")
    section = re.split(rf"^##+ {re.escape(heading)}$", text, flags=re.MULTILINE)[1]
    return json.loads(re.findall(r"```json\n(.*?)```", section, re.DOTALL)[number])


#: mappings whose keys are names, not fields
NAMED = {"parts"}


def keys(value, path=""):
    """Yield the path of every field that occurs anywhere in a value."""
    if isinstance(value, list):
        for item in value:
            yield from keys(item, path)
    elif isinstance(value, dict):
        for key, item in value.items():
            if path.rpartition("/")[2] not in NAMED:
                yield f"{path}/{key}"
            yield from keys(item, f"{path}/{key}")
