"""YAML 1.2's plain scalars in flow collections, which libyaml reads by the rules of YAML 1.1.

In ``{p:, q: 1}`` and ``[::/0]`` libyaml finds an unexpected colon; by YAML 1.2 section 7.3.3 a
colon ends a plain scalar only before a space or, in a flow collection, before one of ``,[]{}``,
and begins one before anything else. PyYAML's own scanner knows half of that.
"""

from __future__ import annotations

from typing import Final

import yaml

FAST: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader of libyaml, ten times as fast, where it is there."""
_BREAKS: Final = "\0 \t\r\n\x85\u2028\u2029"
_ENDS: Final = _BREAKS + ",[]{}"
_OF_COLONS: Final = ("found unexpected ':'", "did not find expected node content")
_JSON_LIKE: Final = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


class Yaml12Loader(yaml.SafeLoader):
    """PyYAML's own loader with YAML 1.2's rule for colons in flow collections."""

    def check_value(self) -> bool:
        """Whether the colon that comes next stands between a key and its value."""
        follower = self.peek(1)
        if not self.flow_level:
            return follower in _BREAKS
        return follower in _ENDS or self._follows_json()

    def check_plain(self) -> bool:
        """Whether what comes next begins a plain scalar."""
        if self.flow_level and self.peek() == ":":
            return self.peek(1) not in _ENDS
        return bool(super().check_plain())

    def scan_to_next_token(self) -> None:
        """Skip what stands between tokens: tabs too, where they cannot be taken for indentation."""
        super().scan_to_next_token()
        while (self.flow_level or not self.allow_simple_key) and self.peek() == "\t":
            self.forward()
            super().scan_to_next_token()

    def _follows_json(self) -> bool:
        """Whether what was read last is a key such as ``"a"`` or ``[a]``: no space is due then."""
        match self.tokens[-1:]:
            case [yaml.ScalarToken(plain=False)]:
                return True
            case [last]:
                return isinstance(last, _JSON_LIKE)
            case _:
                return False


def may_be_yaml12(error: yaml.MarkedYAMLError) -> bool:
    """Whether what libyaml refuses may be a colon that YAML 1.2 allows."""
    return error.problem in _OF_COLONS


def further(first: yaml.MarkedYAMLError, second: yaml.MarkedYAMLError) -> yaml.MarkedYAMLError:
    """Return the complaint of the parser that came further in the text, of equal ones the first."""
    one, two = first.problem_mark, second.problem_mark
    return second if one and two and two.line > one.line else first
