"""Names of labs: which are allowed, and how one is replaced in a lab file's text."""

from __future__ import annotations

import yaml

from mplsemu.errors import LabError
from mplsemu.lab.document import events_of, quoted
from mplsemu.lab.scalar import MAX_LAB_NAME, is_lab_name


def check_lab_name(name: str) -> None:
    """Check that a lab may have a name.

    Raises:
        LabError: it may not.
    """
    if not is_lab_name(name):
        remedy = (
            "write letters, digits, '_', '.' and '-', first a letter or digit, "
            f"at most {MAX_LAB_NAME}"
        )
        raise LabError(f"{quoted(name)} is not a lab's name", remedy=remedy)


def with_lab_name(text: str, file: str, name: str) -> str:
    """Return a lab file's text with another name for the lab.

    Args:
        text: of a lab file that can be read.
        file: its name, for messages.
        name: the new one.

    Raises:
        LabError: a lab may not have that name.
    """
    check_lab_name(name)
    depth, is_key, key = 0, True, ""
    for event in events_of(text, file):
        match event:
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                depth += 1
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                depth -= 1
                is_key = depth == 1 or is_key
            case yaml.ScalarEvent() if depth == 1 and is_key:
                key, is_key = event.value, False
            case yaml.ScalarEvent() if depth == 1 and key == "name":
                start, end = event.start_mark, event.end_mark
                assert start is not None  # both loaders mark what they read
                assert end is not None
                return f'{text[: start.index]}"{name}"{text[end.index :]}'
            case yaml.ScalarEvent() | yaml.AliasEvent() if depth == 1:
                is_key = True
            case _:
                pass
    raise LabError(f"{file} has no name", remedy="write name: NAME")
