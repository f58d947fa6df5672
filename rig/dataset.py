"""A recorded session as tables, signals and facts, for analysis.

Pandas is imported when a session is read, not with this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rig.errors import RecordingError
from rig.events import Definition, StreamEnded
from rig.hdf5_file import is_sealed
from rig.hdf5_reading import read_hdf5, read_signal
from rig.journal import digest, read_records
from rig.session_folder import HDF5, JOURNAL, STREAMS, SessionFolder
from rig.session_record import SessionRecord, collect
from rig.streams import SUFFIX, Stream, read_stream
from rig.timing import Lateness, lateness_of
from rig.wrap_up import told_of

if TYPE_CHECKING:
    import pandas as pd


class Signals(Mapping[str, Stream]):
    """The signals of a session by name; each is read when it is asked for, once.

    Parameters
    ----------
    folder
        The session's folder; None if its HDF5 file is all there is.
    hdf5
        That file. A signal is read from it where the stream's own file is not there.
    rows
        How many rows each signal has by the record; None if the record does not say, as
        where the session was cut off.
    """

    def __init__(self, folder: Path | None, hdf5: Path, rows: Mapping[str, int | None]) -> None:
        self._folder = folder
        self._hdf5 = hdf5
        self._rows = rows
        self._read: dict[str, Stream] = {}

    def __getitem__(self, name: str) -> Stream:
        if name not in self._read:
            self._read[name] = self._stream(name, self._rows[name])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def _stream(self, name: str, rows: int | None) -> Stream:
        """Return a signal; one that has lost rows says so in its `damage`."""
        own = self._folder / STREAMS / f"{name}{SUFFIX}" if self._folder is not None else None
        stream = read_stream(own) if own and own.exists() else read_signal(self._hdf5, name)
        found = len(stream.samples)
        if stream.damage or rows is None or rows == found:
            return stream
        damage = f"it has {found} rows, and {rows} were recorded"
        return Stream(stream.spec, stream.samples, stream.blocks, damage)


@dataclass(frozen=True, eq=False, repr=False)
class SessionData:
    """A recorded session.

    Times are seconds since the session started. What is missing is NaN in numbers and texts, NA
    in columns of the types ``boolean`` and ``Int64``, and None among objects; never 0. All
    columns are in ``docs/reference/dataset.md`` and in `rig.table_columns`.

    Attributes
    ----------
    trials
        A row for each trial that ended, aborted ones included; the index is its number.
        ``trial_type``, ``stimulus``, ``outcome``, ``aborted``, ``start_time``, ``end_time``,
        ``stimulus_time``, ``first_lick_time``, ``dwell`` (all s), ``lick_count``, ``licks``,
        ``reward_ul``, ``removed_ul`` (uL), ``block``; ``label_NAME``, ``draw_NAME`` and
        ``measure_NAME`` for each label, draw and measure.
    events
        All events: ``seq``, ``kind``, ``trial``, ``hardware_time``, ``engine_time`` (s), and the
        fields of all kinds. ``fault_level`` is the `level` of a fault and ``command_value`` the
        `value` of a command; the others have their own names.
    states
        A row for each stay in a state: ``trial``, ``state``, ``meaning``, ``enter_time``,
        ``exit_time``, ``requested`` (s), ``cause``.
    licks
        ``time`` (s), ``trial``, ``spout`` (the input), ``duration`` (s).
    water
        The drops: ``time`` (s), ``trial``, ``volume_ul`` (uL), ``author`` (missing if the
        protocol gave it), ``device``, ``duration`` of the opening (s).
    stimuli
        ``time`` (s), ``trial``, ``device``, ``what``, ``stimulus``, ``requested``, ``duration``
        (achieved, s).
    notes
        ``time`` (s), ``trial``, ``author``, ``text``.
    commands
        ``time`` (s), ``trial``, ``verb``, ``author``, ``key``, ``value``, ``reason``,
        ``accepted``, ``reply``; notes too.
    signals
        Name -> `rig.streams.Stream`. Its `values()` are in the units of its channels, and its
        `times()` are seconds of the session.
    meta
        What the session was, as plain values; see `docs/reference/dataset.md`.
    record
        The records that all this was made of.
    source
        The file that was read.
    """

    trials: pd.DataFrame
    events: pd.DataFrame
    states: pd.DataFrame
    licks: pd.DataFrame
    water: pd.DataFrame
    stimuli: pd.DataFrame
    notes: pd.DataFrame
    commands: pd.DataFrame
    signals: Mapping[str, Stream]
    meta: dict[str, Any]
    record: SessionRecord
    source: Path

    def __repr__(self) -> str:
        what = f"{self.meta['session']}, {self.meta['protocol']}, {len(self.trials)} trials"
        return f"<SessionData {what}{', damaged' if self.meta['damage'] else ''}>"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name."""
        return {
            "trials": self.trials,
            "events": self.events,
            "states": self.states,
            "licks": self.licks,
            "water": self.water,
            "stimuli": self.stimuli,
            "notes": self.notes,
            "commands": self.commands,
        }


def read_session(path: Path) -> SessionData:
    """Return a session: `rig.load` describes it."""
    file = _file_of(path)
    folder = SessionFolder(file.parent)
    if file.suffix == Path(JOURNAL).suffix:
        record = collect(read_records(file), folder, file)
        sealed = _is_sealed(record, file)
        signals = Signals(folder.path, folder.hdf5, _rows(record))
    else:
        record = collect(read_hdf5(file), folder, file)
        sealed = True
        signals = Signals(None, file, _rows(record))
    return _made_of(record, signals, _meta(record, sealed), file)


def _file_of(path: Path) -> Path:
    """Return the file to read: in a folder the journal or, if it has none, the HDF5 file.

    Raises
    ------
    RecordingError
        If there is none.
    """
    if path.is_file():
        return path.resolve()
    for name in (JOURNAL, HDF5):
        if (path / name).is_file():
            return (path / name).resolve()
    raise RecordingError(
        "there is no session",
        str(path),
        f"Name a session's folder, its {JOURNAL} or its {HDF5}; `rig ls` shows the folders.",
    )


def _is_sealed(record: SessionRecord, journal: Path) -> bool:
    """Whether the HDF5 file beside the journal holds the whole session.

    That of a session that still runs is not touched.
    """
    if record.running or record.damage:
        return False
    return is_sealed(record.folder.hdf5, digest(journal))


def _rows(record: SessionRecord) -> dict[str, int | None]:
    """Return how many rows each signal should have."""
    ended = {event.stream: event.rows for event in record.events if isinstance(event, StreamEnded)}
    return {spec.name: ended.get(spec.name) for spec in record.definition.streams}


def _made_of(
    record: SessionRecord, signals: Signals, meta: dict[str, Any], source: Path
) -> SessionData:
    from rig import tables  # takes a second, which those who read no session need not wait

    events = record.events
    lateness = _lateness(record.definition)
    return SessionData(
        trials=tables.trials_table(record.rows, events),
        events=tables.events_table(events, lateness),
        states=tables.states_table(events),
        licks=tables.licks_table(events),
        water=tables.water_table(events),
        stimuli=tables.stimuli_table(events),
        notes=tables.notes_table(events),
        commands=tables.commands_table(events),
        signals=signals,
        meta=meta,
        record=record,
        source=source,
    )


def _lateness(definition: Definition) -> dict[str, Lateness]:
    """Return how late the outputs are that were not simulated."""
    real = {each.name for each in definition.devices if not each.simulated}
    found = {} if definition.emulated else lateness_of(definition.rig, definition.calibration_toml)
    return {name: each for name, each in found.items() if name in real}


def _meta(record: SessionRecord, sealed: bool) -> dict[str, Any]:
    """Return what a session was, as plain values; None for what is not known."""
    header, definition, ended = record.header, record.definition, record.ended
    last = record.events[-1] if record.events else None
    return {
        "session": header.session,
        "started_at": datetime.fromisoformat(header.started_at),
        "subject": {"id": definition.subject} | definition.subject_values,
        "experimenters": list(definition.experimenters),
        "operator": definition.operator or None,
        "rig": definition.rig,
        "protocol": definition.protocol,
        "protocol_class": definition.protocol_class,
        "description": definition.description or None,
        "stage": definition.stage or None,
        "resumes": definition.resumes or None,
        "params": definition.params,
        "changed": definition.changed,
        "limits": definition.session,
        "devices": {each.name: msgspec.to_builtins(each) for each in definition.devices},
        "simulated": all(device.simulated for device in definition.devices),
        "emulated": definition.emulated,
        "sounds": definition.sounds,
        "gratings": definition.gratings,
        "flashes": definition.flashes,
        "timing": msgspec.to_builtins(_lateness(definition)),
        "signals": {each.name: msgspec.to_builtins(each) for each in definition.streams},
        "mouse": definition.mouse,
        "seed": definition.seed,
        "clock": definition.clock,
        "computer": header.computer,
        "versions": {
            "mouserig": header.mouserig_version,
            "python": header.python,
            "git_commit": header.git_commit,
            "git_dirty": header.git_dirty,
            "schema": header.schema_version,
            "packages": header.packages,
        },
        "duration": last.engine_time if last else None,
        "water_ul": record.water_ul,
        "ended": {"reason": ended.reason, "how": ended.how or None} if ended else None,
        "running": record.running,
        "damage": record.damage or None,
        "sealed": sealed,
        "wrap_up": told_of(record.folder),
    }
