"""What an acceptance test finds: values beside their limits, one result for each check of a device.

The limits, and the reason for each, stand in ``docs/reference/acceptance.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Verdict = Literal["pass", "fail", "not applicable"]


class NotApplicable(Exception):  # noqa: N818 (it is no error)
    """A check cannot be made on this rig; the text says why."""


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One measured number and its limits.

    Attributes
    ----------
    what, unit
        What was measured, and in which unit.
    measured
        The number; None if there was nothing to measure.
    lowest, highest
        The limits, which still pass; None where there is none.
    """

    what: str
    unit: str
    measured: float | None
    lowest: float | None = None
    highest: float | None = None

    def is_kept(self) -> bool:
        """Return whether the number was measured and keeps to its limits."""
        if self.measured is None:
            return False
        low = self.lowest is None or self.measured >= self.lowest
        return low and (self.highest is None or self.measured <= self.highest)

    def limit(self) -> str:
        """Return the limits in words.

        Examples
        --------
        >>> Value("width", "ms", 500.0, 499.0, 501.0).limit(), Value("lag", "ms", 1.0).limit()
        ('499 to 501', '')
        >>> Value("lag", "ms", 1.0, highest=30.0).limit()
        'at most 30'
        """
        match self.lowest, self.highest:
            case None, None:
                return ""
            case None, highest:
                return f"at most {highest:.10g}"
            case lowest, None:
                return f"at least {lowest:.10g}"
            case lowest, highest:
                return f"{lowest:.10g} to {highest:.10g}"


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one check of one device came to.

    Attributes
    ----------
    check, device
        Which check, and of which device; the latter is empty where the rig has none for it.
    verdict
        Whether it passed. A check that could not be made never passes.
    words
        What was done, why it failed, or why it does not apply.
    values
        The numbers that the verdict rests on.
    series
        Single measurements, by name with unit, for the histograms.
    """

    check: str
    device: str
    verdict: Verdict
    words: str
    values: tuple[Value, ...] = ()
    series: Mapping[str, Sequence[float]] = {}


def judged(
    check: str,
    device: str,
    words: str,
    values: Sequence[Value],
    series: Mapping[str, Sequence[float]] | None = None,
) -> Result:
    """Return the result that the values give: it passes if every one keeps to its limits."""
    kept = bool(values) and all(value.is_kept() for value in values)
    return Result(check, device, "pass" if kept else "fail", words, tuple(values), series or {})
