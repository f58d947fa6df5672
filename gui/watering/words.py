"""What a mouse weighs, has got and is due, in the words of the water board. No Qt here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gui.columns import Column
from rig.counting import counted
from rig.lab import Lab
from rig.ledger.days import local, zone_of
from rig.ledger.records import Row
from rig.water_policy import (
    NOTHING_ML,
    WaterConfig,
    is_late,
    lowest_words,
    volume_doubt,
    weight_doubt,
)


def state(row: Row, config: WaterConfig, now: datetime) -> tuple[str, str]:
    """Return the level and the words for whether a mouse must still get water; `now` is local."""
    if row.status != "restricted":
        return "", "water at will"
    level, words = "good", "has all"
    if row.due_ml is None:
        level, words = "warn", "weigh it"
    elif row.is_due:
        level, words = "note", "due"
    if row.is_due and is_late(config, now):
        late = f"LATE since {config.late_after}"
        level, words = "bad", late if row.due_ml is not None else f"{late}: {words}"
    if row.alerts:
        level, words = ("bad" if level == "bad" else "warn"), f"{words}; look at it"
    return level, words


def still_due(mice: int, due: int) -> str:
    """Return how many of the mice on restriction still need water.

    Examples
    --------
    >>> still_due(2, 1), still_due(1, 0)
    ('1 of 2 mice on restriction still needs water', 'The mouse on restriction has its water')
    """
    if due:
        need = "needs" if due == 1 else "need"
        return f"{due} of {counted(mice, 'mouse', 'mice')} on restriction still {need} water"
    words = {0: "No mouse is on restriction", 1: "The mouse on restriction has its water"}
    return words.get(mice, f"All {mice} mice on restriction have their water")


def earned(row: Row) -> str:
    """Return what a mouse has got today, and what it needs by the lab's policy."""
    told = f"Earned {row.session_ml:.2f} mL, by hand {row.hand_ml:.2f} mL"
    if row.supplement_ml:
        told += f", given {row.supplement_ml:.2f} mL"
    if row.status != "restricted":
        return f"{told}. {row.words}."
    return f"{told}. Policy {row.policy.replace('_', ' ')}: {row.words}."


def preview(row: Row, volume_ml: float | None) -> tuple[str, str]:
    """Return the level and the words for what is left when a volume is given; None: what is due."""
    if row.due_ml is None:
        return "warn", "Nobody can tell what it is due: weigh it."
    if volume_ml is None:
        return "", "Nothing is due." if not row.is_due else "That is all that it is due."
    left = round(row.due_ml - volume_ml, 3)
    if left >= NOTHING_ML:
        return "warn", f"{left:.2f} mL are left then."
    if left <= -NOTHING_ML:
        return "warn", f"That is {-left:.2f} mL more than it is due."
    return "good", "That is all that it is due."


def slip_words(command: str) -> str:
    """Return how an entry that was a slip is mended, which no button does."""
    return f"A slip? In a shell: {command} --reason WHY"


def taken_ml(row: Row) -> float:
    """Return how much water a mouse has got on this day, wherever it got it."""
    return row.session_ml + row.hand_ml + row.supplement_ml


def doubt_of_volume(row: Row, config: WaterConfig, volume_ml: float) -> str:
    """Return why a volume may be a slip, in words; empty if nothing speaks against it."""
    return volume_doubt(config, row.subject, taken_ml(row) + volume_ml)


def doubt_of_weight(row: Row | None, config: WaterConfig, grams: float) -> str:
    """Return why a weight may be a slip, in words; empty if nothing speaks against it."""
    before, usual = (row.weight_g, row.usual_g) if row else (None, None)
    return weight_doubt(config, grams, before, usual)


def weight_words(row: Row, config: WaterConfig, now: datetime) -> tuple[str, str]:
    """Return the level and the words for what a mouse weighs, beside the lab's lowest weight."""
    if row.weight_g is None or row.weighed_at is None:
        return "warn", "It was never weighed."
    weight, ratio = f"{row.weight_g:.1f} g", "" if row.ratio is None else f"{100 * row.ratio:.0f} %"
    days = (now.date() - row.weighed_at.astimezone(now.tzinfo).date()).days
    told = f"Today {weight}"
    if row.weighed and row.before_g:
        told += f" ({100 * (row.weight_g / row.before_g - 1):+.1f} % since {row.before_g:.1f} g)"
    elif not row.weighed:
        when = "Yesterday" if days == 1 else f"{days} days ago"
        told = f"Not weighed today. {when} {weight}"
    if row.baseline_g is None:
        return "note", f"{told}. It has no baseline weight."
    least = config.warn_ratio * row.baseline_g + (row.implant_g or 0.0)
    line = f"{100 * config.warn_ratio:.0f} % = {lowest_words(least)}"
    found = light(row, config)
    limit = config.stop_ratio if found == "bad" else config.warn_ratio
    below = f". It is below {100 * limit:.0f} %" if found else ""
    level = found or ("" if row.weighed else "warn")
    return level, f"{told}, {ratio} of its baseline of {row.baseline_g:.1f} g; {line}{below}."


def who(row: Row) -> str:
    """Return a mouse as a person tells it from others."""
    told = (f"ear {row.tag}" if row.tag else "", f"cage {row.cage}" if row.cage else "")
    return " - ".join(filter(None, (row.subject, ", ".join(filter(None, told)))))


def due_words(rows: Iterable[Row]) -> str:
    """Return each mouse whose due can be told, with its volume, in words."""
    due = [row for row in rows if row.is_due and row.due_ml is not None]
    each = ", ".join(f"{row.subject} {row.due_ml:.2f} mL" for row in due)
    return f"{each}; {sum(row.due_ml or 0.0 for row in due):.2f} mL in all"


def columns(lab: Lab, now: datetime) -> tuple[Column[Row], ...]:
    """Return the columns of the water board, as it is at a moment of the lab's clock."""
    config, zone = lab.config.water, zone_of(lab.config)

    def last(row: Row) -> str:
        if row.last_water_at is None:
            return "never"
        at = local(row.last_water_at, zone)
        return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%d %b %H:%M}"

    def level(row: Row) -> str:
        return state(row, config, now)[0]

    return (
        Column("mouse", lambda row: row.subject),
        Column("water", lambda row: state(row, config, now)[1], level=level),
        Column("ear tag", lambda row: row.tag),
        Column("weight g", _weight, number=True, level=_age),
        Column("% of baseline", _ratio, number=True, level=lambda row: light(row, config)),
        Column("need mL", lambda row: _ml(row.need_ml), number=True),
        Column("earned", lambda row: _ml(row.session_ml), number=True),
        Column("by hand", lambda row: _ml(row.hand_ml), number=True),
        Column("given", lambda row: _ml(row.supplement_ml), number=True),
        Column("left", lambda row: _ml(row.due_ml), number=True, level=level),
        Column("last water", last),
    )


def _weight(row: Row) -> str:
    if row.weight_g is None:
        return "never"
    return f"{row.weight_g:.1f}" if row.weighed else f"{row.weight_g:.1f} (old)"


def _age(row: Row) -> str:
    return "" if row.weighed or row.status != "restricted" else "warn"


def _ratio(row: Row) -> str:
    return "?" if row.ratio is None else f"{100 * row.ratio:.0f}"


def light(row: Row, config: WaterConfig) -> str:
    """Return the level of a weight by the lab's thresholds."""
    if row.ratio is None or row.ratio >= config.warn_ratio:
        return ""
    return "warn" if row.ratio >= config.stop_ratio else "bad"


def _ml(volume: float | None) -> str:
    return "?" if volume is None else f"{volume:.2f}"
