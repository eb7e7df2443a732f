"""An argument parser that suggests the nearest command or option for a mistyped one."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Final, NoReturn

from mplsemu.errors import clip
from mplsemu.suggest import did_you_mean

_UNRECOGNIZED: Final = "unrecognized arguments: "


class CommandParser(argparse.ArgumentParser):
    """`argparse.ArgumentParser` without abbreviated options, and with hints in its errors."""

    def __init__(self, *args: object, **options: object) -> None:
        options.setdefault("allow_abbrev", False)
        super().__init__(*args, **options)  # type: ignore[arg-type]

    def parse_known_args(  # type: ignore[override]
        self, args: list[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; a command's own parser, not the main one, reports what it does not know."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(_UNRECOGNIZED + " ".join(rest))
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and what may be meant, in one line, and exit with 2."""
        hint = self._hint(message) or f"see `{self.prog} --help`"
        print(f"{self.prog}: {clip(_in_plain_words(message))}; {clip(hint)}", file=sys.stderr)
        raise SystemExit(2)

    def _hint(self, message: str) -> str:
        if message.startswith(_UNRECOGNIZED):
            options = [o for o in self._option_string_actions if o.startswith("--")]
            word = message.removeprefix(_UNRECOGNIZED).split()[0].partition("=")[0]
            return did_you_mean(word, options) if word.startswith("-") else ""
        choice = re.search(r"invalid choice: '?([^' ]*)'? \(choose from (.*)\)", message)
        if choice is None:
            return ""
        names = re.findall(r"[\w-]+", choice[2])
        return did_you_mean(choice[1], names) or f"one of {', '.join(names)}"


def _in_plain_words(message: str) -> str:
    choice = re.match(r"argument (\S+): invalid choice: ('?[^' ]*'?) \(", message)
    if choice is None:
        optional = ", CMD"  # the rest of the line: argparse takes it for required
        return message.replace("unrecognized arguments", "unknown").removesuffix(optional)
    what = "command" if choice[1] == "COMMAND" else choice[1]
    return f"unknown {what} {choice[2]}"
