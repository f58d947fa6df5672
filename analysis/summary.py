"""Sessions as flat rows: what `rig ls` lists, one row a session."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rig.errors import RecordingError
from rig.export.background import exports_of
from rig.performance import performance
from rig.session_folder import SessionFolder, is_running
from rig.session_record import SessionRecord, load_session
from rig.wrap_up import read_wrap_up


def read_summary(folder: SessionFolder) -> dict[str, Any]:
    """Return the summary of a session, or what is wrong with it."""
    try:
        return summary_of(load_session(folder))
    except RecordingError as error:
        running = is_running(folder)
        return {
            **_name_of(folder),
            **_wrapped_up(folder),
            "running": running,
            "ended": "begins" if running else f"unreadable: {error.what}",
            "damage": None if running else error.what,
            "folder": str(folder.path),
        }


def summary_of(record: SessionRecord) -> dict[str, Any]:
    """Return one session as a flat row."""
    done = performance(record.rows)
    definition = record.definition
    outcomes = Counter(row.outcome or "aborted" for row in record.rows)
    simulated = [device.name for device in definition.devices if device.simulated]
    return {
        **_name_of(record.folder),
        "started_at": record.header.started_at,
        "duration": record.events[-1].engine_time if record.events else 0.0,
        "rig": definition.rig,
        "protocol": definition.protocol,
        "stage": definition.stage or None,
        "trials": done.trials,
        "hit_rate": done.hit_rate,
        "false_alarm_rate": done.false_alarm_rate,
        "d_prime": done.d_prime,
        "outcomes": dict(sorted(outcomes.items())),
        "water_ml": round(record.water_ul / 1000, 6),
        "simulated": len(simulated) == len(definition.devices),
        "seed": definition.seed,
        "ended": why_ended(record),
        "running": record.running,
        "damage": record.damage or None,
        **_wrapped_up(record.folder),
        "exports": exports_of(record.folder),
        "folder": str(record.folder.path),
    }


def why_ended(record: SessionRecord) -> str:
    """Return why a session has ended, in words."""
    if record.ended is not None:
        return record.ended.reason
    return "still runs" if record.running else "cut off"


def _name_of(folder: SessionFolder) -> dict[str, Any]:
    """Return whose session it is, of which day, and its number, by the names of its folders."""
    subject, day, number = ("", "", *folder.path.parts)[-3:]
    return {
        "session": folder.name,
        "subject": subject,
        "day": day,
        "number": int(number) if number.isdecimal() else None,
    }


def _wrapped_up(folder: SessionFolder) -> dict[str, Any]:
    """Return whether a session is wrapped up, and usable; None if nobody has said."""
    try:
        said = read_wrap_up(folder)
    except RecordingError:
        return {"wrapped_up": True, "usable": None}
    return {"wrapped_up": said is not None, "usable": said.usable if said else None}
