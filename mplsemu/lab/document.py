"""A lab file's YAML as plain values, each with the line it stands on.

Scalars stay text, except null: what a scalar means is the business of the key it stands at
(schema.py). So a node may be called ``no``, ``on`` or ``1e3``, and ``64512:1`` needs no quotes;
YAML 1.1 would read booleans and a base-60 number.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import yaml

from mplsemu.errors import LabError, LabSyntaxError, Location
from mplsemu.lab.yaml12 import FAST, Yaml12Loader, further, may_be_yaml12

Path = tuple[str | int, ...]
Value = None | str | list["Value"] | dict[str, "Value"]

LAB: Final = "the lab"
_OF_A_LAB: Final = "write name:, provider: and vpns:"
MAX_BYTES: Final = 4_000_000
MAX_VALUES: Final = 1_000_000
MAX_DEPTH: Final = 32
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})  # YAML 1.2 section 10.3.2
_STRING_TAGS: Final = frozenset({"!", "tag:yaml.org,2002:str"})


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document.

    Attributes:
        file: its name, as error messages say it.
        value: the top mapping.
        lines: line, from 1, of every value (of its key, in a mapping) by its path.
        what: what the whole of it is, as error messages say it.
    """

    file: str
    value: dict[str, Value]
    lines: dict[Path, int]
    what: str = LAB

    def location(self, path: Path) -> Location:
        """Return where `path` stands; what came in by an alias stands where the alias does."""
        while path and path not in self.lines:
            path = path[:-1]
        return Location(self.file, self.lines.get(path, 1))

    def error(self, path: Path, problem: str, remedy: str | None = None) -> LabError:
        """Return the error that says what is wrong at `path`."""
        return LabError(problem, location=self.location(path), remedy=remedy)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end is not read yet; `weight` counts the values within."""

    value: dict[str, Value] | list[Value]
    path: Path
    line: int
    anchor: str | None
    key: str | None = None
    weight: int = 1
    key_lines: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Builder:
    """Builds values from YAML events without recursion, so that no nesting is too deep for it."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Value, int]] = field(default_factory=dict)
    weight: int = 0
    top: list[Value] = field(default_factory=list)

    def refuse(self, line: int, problem: str, remedy: str) -> LabSyntaxError:
        return LabSyntaxError(problem, location=Location(self.file, line), remedy=remedy)

    def feed(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        match event:
            case yaml.ScalarEvent():
                self.scalar(event, line)
            case yaml.MappingStartEvent():
                self.start({}, event, line)
            case yaml.SequenceStartEvent():
                self.start([], event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.end()
            case yaml.AliasEvent():
                self.alias(event, line)
            case yaml.DocumentStartEvent() if self.top:
                raise self.refuse(
                    line, "a second YAML document starts here", "write one lab per file"
                )
            case _:
                pass

    def scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        self.check_tag(event.tag, line)
        text = event.value
        if self.wants_key():
            self.start_entry(text, line)
            return
        is_null = event.implicit[0] and event.tag is None and text in _NULL
        value: Value = None if is_null else text
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self.put(value, line, 1)

    def start(
        self,
        value: dict[str, Value] | list[Value],
        event: yaml.MappingStartEvent | yaml.SequenceStartEvent,
        line: int,
    ) -> None:
        if event.tag is not None:
            raise self.refuse(line, f"YAML tag {event.tag}", "leave the tag out")
        if self.wants_key():
            raise self.refuse(line, "a key that is not a plain word", "write a name as the key")
        if len(self.open) == MAX_DEPTH:
            raise self.refuse(
                line, f"more than {MAX_DEPTH} levels within each other", "see docs/lab-file.md"
            )
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)
        path = self.next_path()
        self.open.append(_Open(value, path, self.note_line(path, line), event.anchor))

    def end(self) -> None:
        closed = self.open.pop()
        if closed.anchor is not None:
            self.anchors[closed.anchor] = (closed.value, closed.weight)
        self.put(closed.value, closed.line, closed.weight)

    def alias(self, event: yaml.AliasEvent, line: int) -> None:
        name = event.anchor
        if any(container.anchor == name for container in self.open):
            raise self.refuse(
                line, f"alias *{name} stands within what it stands for", "write the value out"
            )
        if name not in self.anchors:
            raise self.refuse(line, f"alias *{name} has no anchor", f"write &{name} before it")
        if self.wants_key():
            raise self.refuse(line, f"alias *{name} as a key", "write a name as the key")
        value, weight = self.anchors[name]
        self.put(value, line, weight)

    def wants_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and not self.has_key()

    def has_key(self) -> bool:
        return self.open[-1].key is not None

    def start_entry(self, key: str, line: int) -> None:
        inner = self.open[-1]
        if key in inner.key_lines:
            raise self.refuse(
                line,
                f"key {quoted(key)} stands here and at line {inner.key_lines[key]}",
                "give one of them another name, or leave it out",
            )
        inner.key_lines[key] = line
        inner.key = key

    def next_path(self) -> Path:
        if not self.open:
            return ()
        inner = self.open[-1]
        if isinstance(inner.value, list):
            return (*inner.path, len(inner.value))
        return (*inner.path, inner.key or "")

    def note_line(self, path: Path, line: int) -> int:
        """Remember where `path` stands: in a mapping that is where its key does."""
        if self.open and (key := self.open[-1].key) is not None:
            line = self.open[-1].key_lines[key]
        self.lines[path] = line
        return line

    def put(self, value: Value, line: int, weight: int) -> None:
        """Store a complete value in the innermost open container."""
        if not self.open:
            self.lines[()] = line
            self.top.append(value)
            return
        path = self.next_path()
        if path not in self.lines:
            self.note_line(path, line)
        inner = self.open[-1]
        inner.weight += weight
        if inner.weight > MAX_VALUES or len(self.lines) > MAX_VALUES:
            raise self.refuse(
                line,
                f"more than {MAX_VALUES:,} values, aliases written out",
                "make the lab smaller",
            )
        match inner.value:
            case list():
                inner.value.append(value)
            case dict():
                inner.value[inner.key or ""] = value
                inner.key = None

    def check_tag(self, tag: str | None, line: int) -> None:
        if tag is not None and tag not in _STRING_TAGS:
            raise self.refuse(line, f"YAML tag {tag}", "leave the tag out")


def quoted(value: object, length: int = 60) -> str:
    """Return `value` as a message shows it: in quotes if text, cut where it is long."""
    text = repr(value)
    return text if len(text) <= length else f"{text[: length - 3]}..."


def parse(text: str, file: str, what: str = LAB, due: str = _OF_A_LAB) -> Document:
    """Read YAML.

    Args:
        text: of the file.
        file: its name, for messages.
        what: the whole of it is.
        due: what to write in it.

    Raises:
        LabSyntaxError: it is not one YAML mapping, a key stands twice, or it is too large.
    """
    if len(text) > MAX_BYTES:
        raise too_large(file, len(text))
    builder = _built(text, file)
    if not builder.top or builder.top[0] is None:
        raise LabSyntaxError(
            "the file is empty",
            location=Location(file),
            remedy=f"{due}, or let 'mplsemu new' write a lab" if what == LAB else due,
        )
    top = builder.top[0]
    if not isinstance(top, dict):
        kind = "a list" if isinstance(top, list) else f"the text {quoted(top)}"
        raise builder.refuse(builder.lines[()], f"the file holds {kind}", due)
    return Document(file, top, builder.lines, what)


def too_large(file: str, size: int) -> LabSyntaxError:
    """Return the error that says that a lab file is too large; `size` in bytes."""
    return LabSyntaxError(
        f"the file has {size:,} bytes; a lab file may have {MAX_BYTES:,}",
        location=Location(file),
        remedy="make the lab smaller",
    )


def _built(text: str, file: str) -> _Builder:
    """Return what was built of `text`, read by libyaml or, where that cannot, by YAML 1.2."""
    try:
        try:
            return _fed(text, file, FAST)
        except yaml.MarkedYAMLError as first:
            if not may_be_yaml12(first):
                raise
            try:
                return _fed(text, file, Yaml12Loader)
            except yaml.MarkedYAMLError as second:
                raise further(first, second) from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(text, file, error) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise LabSyntaxError(
            f"a character that YAML does not allow (U+{_code(error.character):04X})",
            location=Location(file, line),
            remedy="a lab file is plain UTF-8 text",
        ) from error


def events_of(text: str, file: str) -> list[yaml.Event]:
    """Return what YAML says of a text that `parse` reads.

    Raises:
        LabSyntaxError: it is not YAML.
    """
    try:
        return list(yaml.parse(text, Loader=FAST))
    except yaml.MarkedYAMLError as error:
        if may_be_yaml12(error):
            with suppress(yaml.MarkedYAMLError):
                return list(yaml.parse(text, Loader=Yaml12Loader))
        raise _syntax_error(text, file, error) from error


def _fed(text: str, file: str, loader: type[yaml.SafeLoader]) -> _Builder:
    builder = _Builder(file)
    for event in yaml.parse(text, Loader=loader):
        builder.feed(event)
    return builder


def _syntax_error(text: str, file: str, error: yaml.MarkedYAMLError) -> LabSyntaxError:
    mark = error.problem_mark or error.context_mark
    context = f" {error.context}" if error.context else ""
    if context and mark and error.context_mark and error.context_mark.line != mark.line:
        context += f" that begins at line {error.context_mark.line + 1}"
    return LabSyntaxError(
        f"not YAML: {error.problem}{context}",
        location=Location(file, mark.line + 1 if mark else None),
        remedy=_syntax_remedy(text, mark.line if mark else None),
    )


def _code(character: object) -> int:
    return ord(character) if isinstance(character, str) else int(str(character))


def _syntax_remedy(text: str, line: int | None) -> str:
    lines = text.splitlines()
    if line is not None and line < len(lines) and "\t" in lines[line]:
        return "indent with spaces, not with tabs"
    return "check indentation, colons, quotes and brackets there and on the line before"
