"""How much water a mouse is due on a day: the lab's policy, with its arithmetic in words.

Three policies are known: a fixed volume a day; a volume per gram of body weight (Alyx, the
database of the International Brain Laboratory: 0.04 mL/g, 0.05 mL/g for a mouse that is too
light); and what brings the mouse to a share of its baseline weight (dynamic foraging at the Allen
Institute: 85 %, at least 1 mL a day, at most 3.5 mL, with a health alert there). 1 mL weighs 1 g.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Self

import pydantic

from rig.frozen import FrozenModel

Policy = Literal["fixed", "per_gram", "target_ratio"]
WeightAfter = Literal["off", "optional", "required"]
"""Whether a mouse is weighed after its session too."""
CLOCK = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
LEAST_G, MOST_G, MOST_ML = 0.1, 100.0, 10.0
"""The weights and the volume at once that can be entered at all."""
NOTHING_ML = 0.005
"""Less than that cannot be given, and counts as nothing due."""


class WaterConfig(FrozenModel):
    """The lab's rules for water and weight, ``[water]`` in ``lab.toml``.

    `fixed_ml` belongs to the policy ``fixed``; `ml_per_gram`, and `low_ml_per_gram` below the share
    `low_ratio` of the baseline weight, to ``per_gram``; `target_ratio`, `least_ml` and `cap_ml` to
    ``target_ratio``. A mouse that has lost the share `alert_loss` of its baseline weight is told
    of. Before a session one below `warn_ratio` is asked about, and one below `stop_ratio` needs the
    consent of a named person. No mouse is without water for longer than `longest_dry_h` hours.
    `ceiling_ml` is the most that a mouse may have got on a day when a session of it gives the last
    drop, where there is such a limit.

    A weight that differs from the last one by more than the share `doubt_share` or by `doubt_g`, or
    that lies outside `lightest_g` to `heaviest_g`, has to be confirmed.

    `late_after` is the time of the day from which on water that is still due is late. Where a mouse
    is weighed after its session too (`weight_after`), a gain that differs from what was delivered
    by more than `gain_ml`, and by more than the share `gain_share` of it, is told of.
    """

    policy: Policy = "fixed"
    fixed_ml: float = pydantic.Field(default=1.0, gt=0, le=10)
    ml_per_gram: float = pydantic.Field(default=0.04, gt=0, le=1)
    low_ml_per_gram: float = pydantic.Field(default=0.05, gt=0, le=1)
    low_ratio: float = pydantic.Field(default=0.85, gt=0, le=1)
    target_ratio: float = pydantic.Field(default=0.85, gt=0, le=1)
    least_ml: float = pydantic.Field(default=1.0, ge=0, le=10)
    cap_ml: float = pydantic.Field(default=3.5, gt=0, le=10)
    alert_loss: float = pydantic.Field(default=0.10, gt=0, lt=1)
    warn_ratio: float = pydantic.Field(default=0.85, gt=0, le=1)
    stop_ratio: float = pydantic.Field(default=0.80, gt=0, le=1)
    longest_dry_h: float = pydantic.Field(default=23, gt=0, le=72)
    ceiling_ml: float | None = pydantic.Field(default=None, gt=0, le=10)
    doubt_share: float = pydantic.Field(default=0.10, gt=0, le=1)
    doubt_g: float = pydantic.Field(default=2.0, gt=0, le=100)
    lightest_g: float = pydantic.Field(default=10, gt=0, le=100)
    heaviest_g: float = pydantic.Field(default=60, gt=0, le=100)
    late_after: str = pydantic.Field(default="17:00", pattern=CLOCK)
    weight_after: WeightAfter = "off"
    gain_ml: float = pydantic.Field(default=0.3, gt=0, le=10)
    gain_share: float = pydantic.Field(default=0.3, gt=0, le=1)

    @pydantic.model_validator(mode="after")
    def _check_order(self) -> Self:
        """A mouse is warned of before it is stopped, and the least is below the cap."""
        if self.stop_ratio > self.warn_ratio:
            raise ValueError("stop_ratio is above warn_ratio")
        if self.least_ml > self.cap_ml:
            raise ValueError("least_ml is above cap_ml")
        if self.lightest_g >= self.heaviest_g:
            raise ValueError("lightest_g is not below heaviest_g")
        return self


@dataclass(frozen=True)
class Animal:
    """What is known of a mouse on a day; None where nothing is.

    Attributes
    ----------
    day
        The day.
    baseline_g, implant_g
        Its weight with water at will, and that of what it carries.
    weight_g, weighed_on
        Its last weight up to that day, implant included, and when that was.
    session_ml, hand_ml, supplement_ml
        What it got that day: from protocols, by hand in sessions, and beside sessions.
    since_weighing_ml
        How much of all that came after it was weighed.
    """

    day: date
    baseline_g: float | None = None
    implant_g: float | None = None
    weight_g: float | None = None
    weighed_on: date | None = None
    session_ml: float = 0.0
    hand_ml: float = 0.0
    supplement_ml: float = 0.0
    since_weighing_ml: float = 0.0

    @property
    def taken_ml(self) -> float:
        """All that it got that day."""
        return self.session_ml + self.hand_ml + self.supplement_ml

    @property
    def ratio(self) -> float | None:
        """Its weight as a share of its baseline weight, both without the implant."""
        if self.weight_g is None or self.baseline_g is None:
            return None
        return (self.weight_g - (self.implant_g or 0.0)) / self.baseline_g


@dataclass(frozen=True)
class Need:
    """How much water a mouse is due.

    Attributes
    ----------
    policy
        By which policy.
    need_ml
        What it should get on the whole day; None if that cannot be told.
    taken_ml
        What it has got.
    due_ml
        What is left to give, to 0.01 mL, 0 or more; None if that cannot be told: nobody may take
        that for 0.
    words
        The arithmetic with every input.
    alerts
        What a person must look at, a sentence each.
    """

    policy: Policy
    need_ml: float | None
    taken_ml: float
    due_ml: float | None
    words: str
    alerts: tuple[str, ...]


def water_need(config: WaterConfig, animal: Animal) -> Need:
    """Return what a mouse is due on a day by the lab's policy.

    Examples
    --------
    >>> animal = Animal(date(2026, 11, 2), weight_g=21.4, weighed_on=date(2026, 11, 2),
    ...                 session_ml=0.62, hand_ml=0.02)
    >>> print(water_need(WaterConfig(policy="per_gram"), animal).words)
    0.04 mL/g x 21.4 g = 0.86 mL a day, less 0.62 mL in sessions and 0.02 mL by hand: 0.22 mL due
    """
    match config.policy:
        case "fixed":
            return _less_taken(
                config, animal, config.fixed_ml, f"Fixed {_ml(config.fixed_ml)} a day"
            )
        case "per_gram":
            return _per_gram(config, animal)
        case "target_ratio":
            return _to_target(config, animal)


def weight_doubt(
    config: WaterConfig, weight_g: float, last_g: float | None, usual_g: float | None = None
) -> str:
    """Return why a weight may be a slip, in words; empty if nothing speaks against it.

    Parameters
    ----------
    config
        The lab's rules.
    weight_g, last_g
        The weight, and the one before it; None if there is none.
    usual_g
        What a mouse that was never weighed should weigh: its baseline weight and its implant; None
        if that is not known.

    Examples
    --------
    >>> weight_doubt(WaterConfig(), 12.4, 21.4)
    '21.4 -> 12.4 g (-42 %)'
    >>> weight_doubt(WaterConfig(), 12.4, None, 25.0)
    '12.4 g is far from the 25.0 g of its baseline'
    >>> weight_doubt(WaterConfig(), 214, None)
    '214.0 g is outside 10 to 60 g'
    """
    if not config.lightest_g <= weight_g <= config.heaviest_g:
        return f"{_g(weight_g)} is outside {config.lightest_g:g} to {config.heaviest_g:g} g"
    if last_g is not None:
        change = weight_g - last_g
        if abs(change) > config.doubt_g or abs(change) > config.doubt_share * last_g:
            return f"{last_g:.1f} -> {weight_g:.1f} g ({100 * change / last_g:+.0f} %)"
    elif usual_g is not None and abs(weight_g - usual_g) > (1 - config.stop_ratio) * usual_g:
        return f"{_g(weight_g)} is far from the {_g(usual_g)} of its baseline"
    return ""


def lowest_words(weight_g: float) -> str:
    """Return a lowest weight in words, to the 0.1 g above: no weight that is shown as it is below.

    Examples
    --------
    >>> lowest_words(0.85 * 25.0)
    '21.3 g'
    """
    return f"{math.ceil(10 * weight_g - 1e-6) / 10:.1f} g"


def volume_doubt(config: WaterConfig, subject: str, total_ml: float) -> str:
    """Return that a mouse would have more than the cap on a day, in words; empty if not."""
    if total_ml <= config.cap_ml:
        return ""
    return f"{subject} would have {_ml(total_ml)} on this day (cap {config.cap_ml:g} mL)"


def gain_doubt(config: WaterConfig, gain_g: float, delivered_ml: float) -> str:
    """Return that a mouse did not gain what it was given, in words; empty if it did.

    Examples
    --------
    >>> gain_doubt(WaterConfig(), 0.1, 0.9)
    'Delivered 0.90 mL, gained 0.1 g. Check spout and calibration.'
    >>> gain_doubt(WaterConfig(), 0.7, 0.9)
    ''
    """
    if abs(gain_g - delivered_ml) <= max(config.gain_ml, config.gain_share * delivered_ml):
        return ""
    gained = f"gained {_g(gain_g)}" if gain_g >= 0 else f"lost {_g(-gain_g)}"
    return f"Delivered {_ml(delivered_ml)}, {gained}. Check spout and calibration."


def is_late(config: WaterConfig, now: datetime) -> bool:
    """Whether water that is still due on the day of a moment, as the lab's clock shows it, is late.

    Examples
    --------
    >>> is_late(WaterConfig(), datetime(2026, 11, 2, 17, 0))
    True
    """
    return f"{now:%H:%M}" >= config.late_after


def _per_gram(config: WaterConfig, animal: Animal) -> Need:
    if animal.weight_g is None:
        return _unknown(config, animal, "It was never weighed: weigh it to know what it is due")
    ratio = animal.ratio
    low = ratio is not None and ratio < config.low_ratio
    rate = config.low_ml_per_gram if low else config.ml_per_gram
    below = f" (below {_percent(config.low_ratio)} of {_g(animal.baseline_g)})" if low else ""
    need = rate * (animal.weight_g - (animal.implant_g or 0.0))
    words = f"{rate:g} mL/g{below} x {_weight(animal)} = {_ml(need)} a day"
    return _less_taken(config, animal, need, words)


def _to_target(config: WaterConfig, animal: Animal) -> Need:
    """Return what brings a mouse that was weighed that day to the target, at least the least."""
    least = max(0.0, config.least_ml - animal.taken_ml)
    at_least = f"at least {_ml(config.least_ml)} a day, less {_taken(animal)} = {_ml(least)}"
    missing = ""
    if animal.baseline_g is None:
        missing = "It has no baseline weight: give it one (`rig subject edit --baseline`)"
    elif animal.weight_g is None or animal.weighed_on != animal.day:
        missing = "It was not weighed on this day: weigh it to know what it is due"
    if animal.baseline_g is None or animal.weight_g is None or missing:
        return _unknown(config, animal, f"{missing}; {at_least}")
    body_g = animal.weight_g - (animal.implant_g or 0.0)
    lacks = config.target_ratio * animal.baseline_g - body_g - animal.since_weighing_ml
    due = max(lacks, least)
    words = (
        f"{config.target_ratio:g} x {_g(animal.baseline_g)} - {_weight(animal)} - "
        f"{_ml(animal.since_weighing_ml)} since it was weighed = {_ml(lacks)}; {at_least}"
    )
    alerts = _alerts(config, animal)
    if due > config.cap_ml:
        words += f"; not over {_ml(config.cap_ml)}"
        alerts += (f"Health: it lacks {_ml(due)}, more than the cap of {_ml(config.cap_ml)}.",)
        due = config.cap_ml
    due = _due(due)
    words = f"{words}: {_ml(due)} due"
    return Need(config.policy, animal.taken_ml + due, animal.taken_ml, due, words, alerts)


def _less_taken(config: WaterConfig, animal: Animal, need: float, words: str) -> Need:
    due = _due(need - animal.taken_ml)
    words = f"{words}, less {_taken(animal)}: {_ml(due)} due"
    return Need(config.policy, need, animal.taken_ml, due, words, _alerts(config, animal))


def _unknown(config: WaterConfig, animal: Animal, words: str) -> Need:
    return Need(config.policy, None, animal.taken_ml, None, words, _alerts(config, animal))


def _alerts(config: WaterConfig, animal: Animal) -> tuple[str, ...]:
    """Return that the mouse has lost too much weight."""
    ratio = animal.ratio
    if ratio is None or ratio > 1 - config.alert_loss:
        return ()
    text = f"It weighs {_weight(animal)}, {_percent(1 - ratio)} below its baseline weight of"
    return (f"{text} {_g(animal.baseline_g)} (alert at {_percent(config.alert_loss)}).",)


def _due(volume: float) -> float:
    """Return what is left to give, to 0.01 mL; what remains of that rounding is nothing."""
    return 0.0 if volume < NOTHING_ML + 1e-6 else round(volume, 2)


def _weight(animal: Animal) -> str:
    """Return the weight in words: with the day if it is another one, and without the implant."""
    then = "" if animal.weighed_on == animal.day else f" of {animal.weighed_on}"
    if not animal.implant_g:
        return f"{_g(animal.weight_g)}{then}"
    return f"({_g(animal.weight_g)}{then} - {_g(animal.implant_g)} of implant)"


def _taken(animal: Animal) -> str:
    """Return in words what the mouse got that day, where it got it."""
    parts = {
        "in sessions": animal.session_ml,
        "by hand": animal.hand_ml,
        "of supplements": animal.supplement_ml,
    }
    told = [f"{_ml(volume)} {where}" for where, volume in parts.items() if volume]
    *first, last = told or ["nothing taken"]
    return f"{', '.join(first)} and {last}" if first else last


def _ml(volume: float) -> str:
    return f"{volume:.2f} mL"


def _g(weight: float | None) -> str:
    return "-" if weight is None else f"{weight:.1f} g"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
