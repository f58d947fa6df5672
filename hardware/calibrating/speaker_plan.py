"""How a speaker is measured: what a person may choose."""

from __future__ import annotations

from typing import Self

import pydantic

from calibration.gains import GATE, LEAD
from rig.frozen import FrozenModel


class SpeakerPlan(FrozenModel):
    """How a speaker is measured."""

    low_hz: float = pydantic.Field(default=3000.0, ge=100, description="lowest frequency, Hz")
    high_hz: float = pydantic.Field(
        default=90_000.0, le=200_000, description="highest frequency, Hz"
    )
    amplitude: float = pydantic.Field(
        default=0.3, gt=0, le=0.9, description="amplitude of the sweeps, share of full scale"
    )
    sweep_duration: float = pydantic.Field(
        default=2.0, ge=0.05, le=20, description="length of a sweep, s"
    )
    averages: int = pydantic.Field(
        default=4, ge=1, le=32, description="how many sweeps are played, two or more"
    )
    gap: float = pydantic.Field(
        default=0.1, ge=LEAD + GATE, le=2, description="silence after each sweep, s"
    )
    lowest_db_spl: float = pydantic.Field(
        default=60.0, ge=0, le=120, description="lowest level that sessions use, dB SPL"
    )
    highest_db_spl: float = pydantic.Field(
        default=85.0, ge=0, le=120, description="highest level that sessions use, dB SPL"
    )

    @pydantic.model_validator(mode="after")
    def _rises(self) -> Self:
        if self.low_hz >= self.high_hz:
            raise ValueError("low_hz must lie below high_hz")
        if self.lowest_db_spl > self.highest_db_spl:
            raise ValueError("lowest_db_spl must not lie above highest_db_spl")
        return self
