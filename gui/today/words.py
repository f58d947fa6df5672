"""The mice of the day as lines of a table, in words. No Qt here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from gui.boxes import Box
from gui.cards.content import d_prime_words
from gui.columns import Column
from gui.watering.words import light
from gui.watering.words import state as water_state
from rig.counting import counted
from rig.day_plan import DayMouse
from rig.ledger.records import Row
from rig.water_policy import WaterConfig

WATER_ONLY = "needs water only"
NOT_IN_IT = "not in the ledger"
_LEVELS = {"planned": "", "running": "note", "wrap-up": "warn", "done": "good", "skipped": "note"}


@dataclass(frozen=True)
class DayLine:
    """A mouse of the day.

    Attributes
    ----------
    subject, tag
        Who it is.
    mouse
        What is planned and was done; None for a mouse that only needs water.
    row
        Its weight and water; None if it is not in the ledger.
    level, state
        How far it is, in a word or two.
    """

    subject: str
    tag: str
    mouse: DayMouse | None
    row: Row | None
    level: str
    state: str


def lines(
    mice: Iterable[DayMouse],
    rows: Mapping[str, Row],
    boxes: Iterable[Box],
    armed: Mapping[str, str],
) -> list[DayLine]:
    """Return the mice of the day in their order, then those that only need water.

    Parameters
    ----------
    mice, rows
        What is known of the day, and of weights and water, by mouse.
    boxes
        What runs now: the record of a session that has just begun or ended may be younger than
        what is known of the day.
    armed
        The mice that stand on an Arm sheet, with its rig.
    """
    by_mouse = {box.subject: box for box in boxes if box.subject}
    found = []
    for mouse in mice:
        level, word = _state(mouse, by_mouse.get(mouse.subject), armed)
        row = rows.get(mouse.subject)
        tag = mouse.ear_tag or (row.tag if row else "")
        found.append(DayLine(mouse.subject, tag, mouse, row, level, word))
    known = {line.subject for line in found}
    found += [
        DayLine(row.subject, row.tag, None, row, "", WATER_ONLY)
        for row in rows.values()
        if row.status == "restricted" and row.subject not in known
    ]
    return found


def _state(mouse: DayMouse, box: Box | None, armed: Mapping[str, str]) -> tuple[str, str]:
    """Return the level and the word for how far a mouse is, and on which other rig."""
    word = f"{mouse.state}: {mouse.why}" if mouse.why else mouse.state
    level, rig = _LEVELS[mouse.state], mouse.rig
    if box is not None and box.starting:
        level, word, rig = "note", "starting", box.rig
    elif box is not None and box.is_running:
        level, word, rig = "note", "running", box.rig
    elif box is not None and not box.wrapped_up:
        level, word, rig = "warn", "wrap-up", box.rig
    elif mouse.state == "planned" and mouse.subject in armed:
        level, word, rig = "note", "armed", armed[mouse.subject]
    word += f" on {rig}" if rig != mouse.rig else ""
    return ("warn", f"{word}; look at it") if mouse.problem else (level, word)


def columns(
    config: WaterConfig, now: datetime, unknown: str = NOT_IN_IT
) -> tuple[Column[DayLine], ...]:
    """Return the columns of the day board, as it is at a moment of the lab's clock.

    `unknown` is said of the water of a mouse of which the ledger has told nothing.
    """

    def water(line: DayLine) -> tuple[str, str]:
        return ("", unknown) if line.row is None else _water(line.row, config, now)

    return (
        Column("mouse", _name),
        Column("rig", lambda line: line.mouse.rig if line.mouse else ""),
        Column("state", lambda line: line.state, level=lambda line: line.level),
        Column("stage", _stage, level=_suggests),
        Column("last session", lambda line: _last(line, now.date())),
        Column("weight %", _ratio, number=True, level=lambda line: _light(line, config)),
        Column("water", lambda line: water(line)[1], level=lambda line: water(line)[0]),
    )  # fmt: skip


def _name(line: DayLine) -> str:
    return f"{line.subject}, ear {line.tag}" if line.tag else line.subject


def _stage(line: DayLine) -> str:
    if line.mouse is None:
        return ""
    stage = line.mouse.stage
    if line.mouse.protocol or stage is None:
        return line.mouse.protocol.removeprefix("protocols/").removesuffix(".toml")
    return stage.stage if stage.verdict == "hold" else f"{stage.stage} -> {stage.target}?"


def _suggests(line: DayLine) -> str:
    moves = line.mouse is not None and line.mouse.stage and line.mouse.stage.verdict != "hold"
    return "warn" if moves else ""


def _last(line: DayLine, today: date) -> str:
    last = line.mouse.last if line.mouse else None
    if last is None:
        return "" if line.mouse is None else "never"
    day = date.fromisoformat(last.day)
    when = {0: "today", 1: "yesterday"}.get((today - day).days, f"{day:%d %b}")
    d_prime = "" if last.d_prime is None else f", {d_prime_words(last.d_prime)}"
    where = f" on {last.rig}" if line.mouse and line.mouse.rig != last.rig else ""
    return f"{when}{where}, {counted(last.trials, 'trial')}{d_prime}"


def _ratio(line: DayLine) -> str:
    ratio = line.row.ratio if line.row else None
    return "" if ratio is None else f"{100 * ratio:.0f}"


def _light(line: DayLine, config: WaterConfig) -> str:
    return light(line.row, config) if line.row else ""


def _water(row: Row, config: WaterConfig, now: datetime) -> tuple[str, str]:
    level, word = water_state(row, config, now)
    due = row.due_ml
    return level, word if not due else f"{due:.2f} mL {word}"


def count_words(all_lines: Iterable[DayLine]) -> str:
    """Return how many mice of the day still wait, and how many only need water."""
    known = list(all_lines)
    planned = [line for line in known if line.mouse is not None]
    left = sum(line.state.startswith(("planned", "armed")) for line in planned)
    water = sum(line.mouse is None for line in known)
    if not planned:
        need = counted(water, "mouse needs", "mice need")
        return f"Nobody is planned; {need} water only." if water else "Nobody is planned."
    count = f"{left} of {len(planned)} left" if left else f"All {len(planned)} had their turn"
    return f"{count}; {counted(water, 'needs', 'need')} water only." if water else f"{count}."


def told(line: DayLine) -> str:
    """Return all that is to be known of a mouse before it is armed, a line each."""
    mouse, row = line.mouse, line.row
    said = []
    if mouse is not None:
        stage = mouse.stage
        if stage is not None:
            where = f"Stage {stage.stage} ({stage.position} of {stage.stages}) of"
            said.append(f"{where} {stage.curriculum}. {stage.sentence}")
        if mouse.last is not None:
            last = mouse.last
            water = f"{last.water_ml:.2f} mL"
            said.append(
                f"Last session {last.day} on {last.rig}: {last.protocol}, "
                f"{counted(last.trials, 'trial')}, {water}, {d_prime_words(last.d_prime)}. "
                f"It ended: {last.ended}."
            )
        if mouse.problem:
            said.append(f"LOOK  {mouse.problem}")
    if row is not None:
        said.append(f"{row.words}.")
        said += [f"LOOK  {alert}" for alert in row.alerts]
    return "\n".join(said)
