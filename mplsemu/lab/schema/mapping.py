"""A mapping of the lab file: every key it may have is a field."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StrictMapping(BaseModel):
    """A mapping of the lab file: every key it may have is a field."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=False, arbitrary_types_allowed=True
    )
