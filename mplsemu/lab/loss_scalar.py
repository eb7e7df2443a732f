"""Part of the packets that a link loses, as a lab file writes it: ``1 %``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from mplsemu.lab.quantity import LOSS, QuantityError
from mplsemu.lab.scalar import refuse, string, text_of


def _loss(value: object) -> float:
    try:
        return float(LOSS.read(text_of(value, "a part of the packets, with %")))
    except QuantityError as error:
        refuse(error.problem, error.remedy)


Loss = Annotated[float, BeforeValidator(_loss), string(LOSS.pattern, "1 %", "0.5 %")]
