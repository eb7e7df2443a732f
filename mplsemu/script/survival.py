"""Whether a lab survives failures: an answer for scripts and tests."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final

from mplsemu.analysis.survey import FailureSurvey, Outage, SitePair, Survey
from mplsemu.errors import LabError
from mplsemu.model.network import Network
from mplsemu.script.outcome import Outcome
from mplsemu.views.phrases import count

_MAX_NAMED: Final = 3


@dataclass(eq=False, repr=False)
class Survival(Outcome):
    """True if no failure breaks anything.

    Attributes:
        survey: all that was tried, and what broke.
    """

    survey: Survey = field(kw_only=True)

    @property
    def broken(self) -> dict[tuple[str, ...], tuple[SitePair, ...]]:
        """The failures that break something, with the pairs of sites that each cuts off."""
        return {outage.down: outage.pairs for outage in self.survey.outages}


def survival(
    network: Network,
    down: frozenset[str],
    failures: int,
    *,
    nodes: bool = False,
    executor: Executor | None = None,
) -> Survival:
    """Try every set of up to `failures` links, or LSRs, down beside what is `down` already.

    Raises:
        LabError: the number is less than 1, or there are too many cases to wait for.
    """
    if not isinstance(failures, int) or isinstance(failures, bool) or failures < 1:
        raise LabError(f"no failures to survive: {failures!r}", remedy="write a number from 1 on")
    survey = FailureSurvey(network, down, failures, of_nodes=nodes).run(executor)
    what = f"up to {count(failures, 'LSR' if nodes else 'link')} down"
    if not survey.outages:
        text = f"{network.name} survives {what}: {count(survey.tried, 'case')} tried"
        return Survival(True, text, survey=survey)
    first, *more = survey.outages
    text = f"{network.name} does not survive {what}: {_text_of(first)}"
    if more:
        text += f"; {len(more):,} more of {count(survey.tried, 'case')} break something"
    return Survival(False, text, lines=[_text_of(each) for each in survey.outages], survey=survey)


def _text_of(outage: Outage) -> str:
    failed = " and ".join(outage.down)
    if not outage.pairs:
        return f"with {failed} down, {outage.violations[0]}"
    named = ", ".join(f"{a} and {b}" for a, b in outage.pairs[:_MAX_NAMED])
    more = len(outage.pairs) - _MAX_NAMED
    tail = f", and {count(more, 'more pair')}" if more > 0 else ""
    return f"with {failed} down, cut off: {named}{tail}"
