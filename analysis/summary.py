"""Sessions as flat rows: what `rig ls` lists, one row a session."""

from __future__ import annotations

from typing import Any

from analysis.outline import Outline, outline_of, read_outline
from analysis.quality import Finding, quality, words_of
from rig.errors import RecordingError
from rig.export.background import exports_of
from rig.performance import performance_of
from rig.session_folder import SessionFolder, check_rights, is_running
from rig.session_record import SessionRecord, why_ended
from rig.wrap_up import read_wrap_up


def read_summary(folder: SessionFolder) -> dict[str, Any]:
    """Return the summary of a session, or what is wrong with it."""
    try:
        check_rights(folder)
        return _summary(read_outline(folder))
    except RecordingError as error:
        running = is_running(folder)
        return _judged(
            {
                **_name_of(folder),
                "ended": "begins" if running else f"unreadable: {error.what}",
                "running": running,
                "damage": None if running else error.what,
                **_wrapped_up(folder),
                "folder": str(folder.path),
            }
        )


def summary_of(record: SessionRecord) -> dict[str, Any]:
    """Return one session as a flat row."""
    return _summary(outline_of(record))


def _summary(outline: Outline) -> dict[str, Any]:
    done = performance_of(outline.outcomes)
    definition = outline.definition
    simulated = [device.name for device in definition.devices if device.simulated]
    outcomes = {name or "aborted": count for name, count in outline.outcomes.items()}
    if outline.aborted:
        outcomes["aborted"] = outcomes.get("aborted", 0) + outline.aborted
    row = {
        **_name_of(outline.folder),
        "started_at": outline.header.started_at,
        "duration": outline.duration,
        "rig": definition.rig,
        "protocol": definition.protocol,
        "stage": definition.stage or None,
        "trials": done.trials,
        "hit_rate": done.hit_rate,
        "false_alarm_rate": done.false_alarm_rate,
        "d_prime": done.d_prime,
        "outcomes": dict(sorted(outcomes.items())),
        "trial_types": sorted(outline.trial_types),
        "water_ml": round(outline.water_ul / 1000, 6),
        "simulated": len(simulated) == len(definition.devices),
        "emulated": definition.emulated,
        "seed": definition.seed,
        "clock": definition.clock,
        "ended": why_ended(outline.ended, running=outline.running),
        "how": outline.ended.how if outline.ended else None,
        "running": outline.running,
        "damage": outline.damage or None,
        **_wrapped_up(outline.folder),
        "exports": exports_of(outline.folder),
        "folder": str(outline.folder.path),
    }
    return _judged(row, outline.found)


def _judged(row: dict[str, Any], found: tuple[Finding, ...] = ()) -> dict[str, Any]:
    """Return a row with the words of its quality, and why they hold."""
    findings = quality(row, found)
    return row | {"qc": words_of(findings), "qc_why": [each.why for each in findings]}


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
