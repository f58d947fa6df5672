"""The base of everything that is read from a file."""

from __future__ import annotations

from typing import Annotated, TypeVar

import pydantic

Item = TypeVar("Item")
Items = Annotated[tuple[Item, ...], pydantic.Strict(strict=False)]
"""A tuple that may be written as a list, as TOML and JSON have it."""


class FrozenModel(pydantic.BaseModel):
    """A validated value that cannot be changed.

    Unknown keys are refused, texts that stand for numbers too, and so are inf and nan.
    """

    model_config = pydantic.ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False
    )
