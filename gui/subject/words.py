"""What is known of one mouse: its weights, notes, sessions and stages, in words. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from gui.plots.levels import Level
from rig.config import sex_words
from rig.ledger.days import local
from rig.ledger.records import Row
from rig.water_policy import WaterConfig, lowest_words

MOST_MOVES, MOST_NOTES = 12, 12


class Weighing(msgspec.Struct, frozen=True):
    """A row of the ledger: a weight in g, None if the row withdraws one."""

    id: str
    at: datetime
    weight_g: float | None
    corrects: str | None


class Note(msgspec.Struct, frozen=True):
    """A row of the ledger: how the mouse was, or a consent, with who answers for it."""

    id: str
    at: datetime
    person: str
    text: str | None
    kind: str
    corrects: str | None


class Shown(msgspec.Struct, frozen=True):
    """What ``rig subject show`` prints, as far as it is shown here."""

    subject: dict[str, Any]
    today: Row
    weighings: tuple[Weighing, ...]
    wellness: tuple[Note, ...]


def weights(shown: Shown, zone: ZoneInfo | None) -> tuple[list[date], list[float]]:
    """Return the last weight in force of each day."""
    corrected = {row.corrects for row in shown.weighings}
    by_day = {
        local(row.at, zone).date(): row.weight_g
        for row in sorted(shown.weighings, key=lambda each: each.at)
        if row.weight_g is not None and row.id not in corrected
    }
    return list(by_day), list(by_day.values())


def weight_levels(row: Row, config: WaterConfig) -> list[Level]:
    """Return the baseline of a mouse and the lab's lowest weights; none without a baseline."""
    if row.baseline_g is None:
        return []
    implant, baseline = row.implant_g or 0.0, row.baseline_g
    levels = [Level(baseline + implant, f"baseline {baseline + implant:.1f} g", "note")]
    for ratio, colour in ((config.warn_ratio, "warn"), (config.stop_ratio, "bad")):
        grams = ratio * baseline + implant
        levels.append(Level(grams, f"{100 * ratio:.0f} % = {lowest_words(grams)}", colour))
    return levels


def learning(sessions: Sequence[Mapping[str, Any]]) -> tuple[list[date], list[float]]:
    """Return d' of each session that has one, as ``rig ls`` lists them."""
    found = [
        (date.fromisoformat(str(row["day"])), float(row["d_prime"]))
        for row in sessions
        if row.get("d_prime") is not None and row.get("day")
    ]
    found.sort(key=lambda each: each[0])
    return [day for day, _ in found], [value for _, value in found]


def facts(shown: Shown) -> str:
    """Return who the mouse is, in a line."""
    known = shown.subject.get("facts") or {}
    told = {
        "ear": known.get("tag"),
        "cage": known.get("cage"),
        "sex": sex_words(known.get("sex", "")),
        "": known.get("strain"),
        "born": known.get("birth"),
        "project": known.get("project"),
        "implant": f"{known['implant_g']:g} g" if known.get("implant_g") else "",
    }
    words = ", ".join(f"{name} {value}".strip() for name, value in told.items() if value)
    return ", ".join(filter(None, (known.get("status"), words)))


def moves(history: Sequence[Mapping[str, Any]]) -> str:
    """Return the stages of a mouse, the latest first: when, where, who, why."""
    lines = []
    for move in list(history)[::-1][:MOST_MOVES]:
        before = f"{move['before']} -> " if move.get("before") else ""
        lines.append(
            f"{str(move.get('at'))[:10]}  {before}{move.get('stage')}  ({move.get('by')}: "
            f"{move.get('reason')})"
        )
    return "\n".join(lines) or "It has entered no curriculum."


def notes(shown: Shown, zone: ZoneInfo | None) -> str:
    """Return what persons noted of a mouse, the latest first."""
    corrected = {note.corrects for note in shown.wellness}
    known = [note for note in shown.wellness if note.text and note.id not in corrected]
    lines = [
        f"{local(note.at, zone):%Y-%m-%d %H:%M}  {note.person}"
        f"{' consents' if note.kind == 'consent' else ''}: {note.text}"
        for note in sorted(known, key=lambda each: each.at, reverse=True)[:MOST_NOTES]
    ]
    return "\n".join(lines) or "Nobody has noted anything."
