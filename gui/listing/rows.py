"""The sessions of a lab as rows of a table, in words. No Qt here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gui.columns import Column
from rig.session_record import CUT_OFF
from rig.trials import short_outcome

Row = Mapping[str, Any]
TIMING_SHOWN = 12


def quality(row: Row) -> str:
    """Return how a session is, in words: all that a person should know before using it.

    Examples
    --------
    >>> quality({"qc": ["cut off", "short", "not usable"]})
    'cut off, short, not usable'
    """
    return ", ".join(row.get("qc") or ())


def may_recover(row: Row) -> bool:
    """Whether recovering the session can do something: it is damaged, or was cut off."""
    return not row.get("running") and bool(row.get("damage") or row.get("ended") == CUT_OFF)


def matches(row: Row, words: str) -> bool:
    """Whether all words stand in the session's name, its rig, its protocol or its stage.

    Examples
    --------
    >>> matches({"session": "M014/2026-11-25/1", "protocol": "go_nogo"}, "m014 nogo")
    True
    """
    said = " ".join(str(row.get(key) or "") for key in ("session", "rig", "protocol", "stage"))
    return all(word in said.casefold() for word in words.casefold().split())


def _said(key: str) -> Callable[[Row], str]:
    return lambda row: "" if row.get(key) is None else str(row[key])


def _plain(key: str) -> Callable[[Row], Any]:
    return lambda row: row.get(key)


def _form(key: str, form: str) -> Callable[[Row], str]:
    return lambda row: "" if row.get(key) is None else format(row[key], form)


def _when(row: Row) -> Any:
    return row.get("day") or "", row.get("number") or 0


def _wrapped(row: Row) -> str:
    if row.get("running"):
        return ""
    return "yes" if row.get("wrapped_up") else "no"


COLUMNS: tuple[Column[Row], ...] = (
    Column("mouse", _said("subject"), _plain("subject")),
    Column("day", _said("day"), _when),
    Column("no.", _said("number"), _plain("number"), number=True),
    Column("quality", quality, quality),
    Column("trials", _said("trials"), _plain("trials"), number=True),
    Column("hits", _form("hit_rate", ".0%"), _plain("hit_rate"), number=True),
    Column("FA", _form("false_alarm_rate", ".0%"), _plain("false_alarm_rate"), number=True),
    Column("d'", _form("d_prime", ".1f"), _plain("d_prime"), number=True),
    Column("mL", _form("water_ml", ".2f"), _plain("water_ml"), number=True),
    Column("protocol", _said("protocol"), _plain("protocol")),
    Column("stage", _said("stage"), _plain("stage")),
    Column("ended", _said("ended"), _plain("ended")),
    Column("wrapped up", _wrapped, _wrapped),
)
DAY = 1


def summary_words(row: Row) -> str:
    """Return what is known of a session, a line each."""
    duration = row.get("duration")
    outcomes = row.get("outcomes") or {}
    counted = ", ".join(f"{short_outcome(name)} {count}" for name, count in outcomes.items())
    exports = ", ".join(f"{name}: {told}" for name, told in (row.get("exports") or {}).items())
    lines = {
        "Began": str(row.get("started_at") or "")[:16].replace("T", " "),
        "Lasted": "" if duration is None else f"{duration / 60:.0f} min",
        "Rig": f"{row.get('rig') or ''}{_unreal(row)}",
        "Protocol": " ".join(filter(None, (row.get("protocol"), row.get("stage")))),
        "Trials": counted,
        "Water": _form("water_ml", ".3f")(row) + (" mL" if row.get("water_ml") is not None else ""),
        "Ended": str(row.get("ended") or ""),
        "Look at": " ".join(row.get("qc_why") or ()),
        "Exports": exports,
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)


def _unreal(row: Row) -> str:
    """Return what is to be known of a session's rig: nothing, if its hardware was real."""
    if row.get("emulated"):
        return " (emulated)"
    return " (simulated)" if row.get("simulated") else ""


def wrap_up_words(said: Mapping[str, Any] | None) -> str:
    """Return what a person said of a session, a line each; empty if nobody has (None).

    Examples
    --------
    >>> print(wrap_up_words({"by": "anna", "comment": "spout was blocked", "usable": False}))
    Wrapped up by: anna
    Comment: spout was blocked
    Not usable
    """
    if said is None:
        return ""
    if said.get("problem"):
        return f"Wrap-up: {said['problem']}"
    lines = {
        "Wrapped up by": said.get("by"),
        "Condition": said.get("condition"),
        "Droppings": said.get("droppings"),
        "Comment": said.get("comment"),
    }
    told = [f"{name}: {value}" for name, value in lines.items() if value not in (None, "")]
    return "\n".join([*told, *([] if said.get("usable", True) else ["Not usable"])])


def timing_words(timing: list[Mapping[str, Any]]) -> str:
    """Return by how many ms, at most, states were off and the engine was late; a line each."""
    lines = []
    for state in timing[:TIMING_SHOWN]:
        error = state.get("error_ms")
        off = "" if error is None else f"off {error:.2f}, "
        lines.append(f"{state['state']}: {off}late {state['late_ms']:.2f}")
    if len(timing) > TIMING_SHOWN:
        lines.append(f"and {len(timing) - TIMING_SHOWN} more states")
    return "\n".join(lines)
