"""The base of everything that is read from a file."""

from __future__ import annotations

import pydantic


class FrozenModel(pydantic.BaseModel):
    """A validated value that cannot be changed and refuses unknown keys."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")
