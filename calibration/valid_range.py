"""Calibrations say nothing beyond what was measured."""

from __future__ import annotations


def outside(value: float, lowest: float, highest: float, unit: str) -> str | None:
    """Return that a value lies outside what was measured, or None if it does not.

    Examples
    --------
    >>> outside(12.0, 1.18, 10.95, "uL")
    '12 uL lies outside its calibration, 1.18 to 10.95 uL'
    """
    if lowest <= value <= highest:
        return None
    return f"{value:g} {unit} lies outside its calibration, {lowest:g} to {highest:g} {unit}"
