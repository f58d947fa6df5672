"""What stands beside the data of every export: what the session was, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from rig.dataset import SessionData
from rig.errors import Problem, RecordingError
from rig.session_record import SessionRecord
from rig.streams import Stream


def warnings_of(session: SessionData) -> list[Problem]:
    """Return what a person must know of an exported session; nothing if it is whole."""
    return [*record_warnings(session.record, session.source), *readable_signals(session)[1]]


def record_warnings(record: SessionRecord, source: Path) -> Iterator[Problem]:
    """Return what is wrong with the record itself, which was read from `source`."""
    where = str(source)
    if record.running:
        do = "All up to now is exported. Export it again when the session has ended."
        yield Problem("the session still runs", where, do, "warning")
    elif record.damage:
        do = "All before that place is exported. `rig recover` mends the session first."
        yield Problem(record.damage, where, do, "warning")
    elif record.ended is None:
        do = "All that was recorded is exported."
        yield Problem("the session was cut off: its record has no end", where, do, "warning")


def readable_signals(session: SessionData) -> tuple[dict[str, Stream], list[Problem]]:
    """Return the signals that can be read, and what is wrong with signals."""
    signals, problems = {}, []
    for name in session.signals:
        try:
            signals[name] = session.signals[name]
        except RecordingError as error:
            do = "This signal is not exported."
            problems.append(Problem(error.what, error.where, do, "warning"))
            continue
        if signals[name].damage:
            where = f"{session.source.parent}, signal '{name}'"
            do = "All before that place is exported."
            problems.append(Problem(signals[name].damage, where, do, "warning"))
    return signals, problems


def heading(session: SessionData, what: str) -> list[str]:
    """Return the first lines of an export's README."""
    meta = session.meta
    lines = [
        f"Session {meta['session']}, {what}",
        "",
        f"Protocol {meta['protocol']} on rig {meta['rig']}, started at "
        f"{meta['started_at'].isoformat()}.",
        f"Recorded by mouserig {meta['versions']['mouserig']}.{_unreal(meta)}",
        "Times are seconds since the session started, unless another unit is named.",
    ]
    for problem in warnings_of(session):
        lines += ["", f"WARNING: {problem}"]
    return lines


def _unreal(meta: Mapping[str, Any]) -> str:
    """Return what a reader must know of the hardware, with a space before it."""
    if meta["emulated"]:
        return " Emulators stood behind the drivers."
    return " All devices were simulated." if meta["simulated"] else ""


def write_meta(session: SessionData, path: Path) -> None:
    """Write what the session was as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(session.meta), indent=2) + b"\n")


def write_lines(path: Path, lines: list[str]) -> None:
    """Write a text, a line each; the same on every system."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
