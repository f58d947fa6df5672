"""What a session was made of, and its original record, inside its NWB file.

The journal's bytes and the lab's files go into the scratch space; parameters and stimuli become
tables that anyone can read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
from hdmf.backends.hdf5.h5_utils import H5DataIO
from pynwb import NWBFile
from pynwb.core import ScratchData

from rig.events import Definition
from rig.export.nwb_columns import FEWEST_ROWS, Column, Table, as_json, fit_name, without_nul
from rig.export.nwb_journal import JOURNAL, JOURNAL_SHA256
from rig.export.nwb_meanings import meanings_of
from rig.session_record import SessionRecord

_LIMITS = {
    "max_trials": "the session ends after so many trials",
    "max_duration": "the session ends after so many seconds",
    "last_trial": "seconds that a running trial may still take then",
    "max_water_ul": "the session ends after so much water, in microliters",
}
_UNITS = {
    "duration": "s", "gate": "s", "level_db_spl": "dB SPL", "end_level_db_spl": "dB SPL",
    "frequencies_hz": "Hz", "modulation_hz": "Hz", "low_hz": "Hz", "high_hz": "Hz",
    "orientation_deg": "degrees", "spatial_frequency_cpd": "cycles per degree",
    "drift_hz": "Hz", "rate_hz": "Hz", "x_um": "micrometers", "y_um": "micrometers",
    "diameter_um": "micrometers",
}  # fmt: skip
"""Units of the properties of stimuli; those that are not here have none."""


def add_documents(file: NWBFile, record: SessionRecord) -> None:
    """Add the original record and the files that the session was made of."""
    journal = record.folder.journal.read_bytes()
    file.add_scratch(
        ScratchData(
            name=JOURNAL,
            data=H5DataIO(np.frombuffer(journal, np.uint8), compression="gzip", shuffle=False),
            description="The journal of the session, byte for byte: all that was recorded. "
            "`rig export FILE.nwb --to journal` writes it back.",
        )
    )
    texts = {
        JOURNAL_SHA256: (hashlib.sha256(journal).hexdigest(), "SHA-256 of the journal."),
        "header": (_json(record.header), "First record of the journal, as JSON: the computer, the "
                   "versions of all programs, the start."),
        "definition": (_json(record.definition), "Second record of the journal, as JSON: all that "
                       "the session was made of."),
    }  # fmt: skip
    for path, text in _files(record.definition):
        texts[fit_name(path, texts)] = text, f"The file {path} as it was in the session."
    for name, (text, description) in texts.items():
        # An empty file would be no data at all.
        data = without_nul(text) or "\n"
        file.add_scratch(ScratchData(name=name, data=data, description=without_nul(description)))


def _json(record: object) -> str:
    return msgspec.json.format(msgspec.json.encode(record), indent=1).decode()


def _files(definition: Definition) -> Iterator[tuple[str, str]]:
    """Return path in the lab and text of each file that the session was made of."""
    yield "lab.toml", definition.lab_toml
    yield f"rigs/{definition.rig}.toml", definition.rig_toml
    yield f"protocols/{definition.protocol}.toml", definition.protocol_toml
    yield f"subjects/{definition.subject}.toml", definition.subject_toml
    yield from definition.calibration_toml.items()
    yield from definition.own_files.items()


def parameters_table(record: SessionRecord) -> Table | None:
    """Return the parameters of the task and the limits of the session, as it began."""
    definition = record.definition
    meanings = meanings_of(record)
    rows = [
        {"parameter": name, "value": as_json(value), "meaning": meanings.get(name, "")}
        for name, value in flat(definition.params)
    ]
    rows += [
        {"parameter": f"session.{name}", "value": as_json(value), "meaning": _LIMITS.get(name, "")}
        for name, value in flat(definition.session)
    ]
    if len(rows) < FEWEST_ROWS:
        return None
    return Table(
        "task_parameters",
        "Parameters of the task with the values that they had when the session began, defaults "
        "included, and the limits of the session. events/parameter_changes or events/log tell "
        "what was changed later. Durations are in seconds unless the name has another unit.",
        (
            Column("parameter", "name; one in a table is table.name", "text"),
            Column("value", "value, as JSON", "text"),
            Column("meaning", "what it means, in the words of the task", "text"),
        ),
        rows,
    )


def stimuli_table(definition: Definition) -> Table | None:
    """Return the stimuli of the task as data, a property a row; None if it presents none."""
    rows: list[dict[str, Any]] = []
    for kind, stimuli in (
        ("sound", definition.sounds),
        ("grating", definition.gratings),
        ("flashes", definition.flashes),
    ):
        for name, stimulus in stimuli.items():
            rows += _properties(kind, name, stimulus)
    if len(rows) < FEWEST_ROWS:
        return None
    return Table(
        "stimulus_definitions",
        "What the task can present, as data: sounds of parts that follow each other, gratings, "
        "disks of light that flash. A row for each property; events/stimuli tells what was "
        "presented when.",
        (
            Column("stimulus", "name of the stimulus", "text"),
            Column("kind", "sound, grating or flashes", "text"),
            Column("part", "number of the part of a sound, or of the disk: 1, 2, ...; 0 for what "
                   "all have", "count"),
            Column("property", "name of the property", "text"),
            Column("value", "its value, as JSON", "text"),
            Column("unit", "unit of the value; empty if it has none", "text"),
        ),
        rows,
    )  # fmt: skip


def _properties(kind: str, name: str, stimulus: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return a row for each property of a stimulus."""
    inner = next((key for key in ("parts", "disks") if key in stimulus), "")
    parts = [(0, {key: value for key, value in stimulus.items() if key != inner})]
    parts += enumerate(stimulus.get(inner, ()), start=1)
    for number, part in parts:
        for key, value in flat(part):
            yield {
                "stimulus": name,
                "kind": kind,
                "part": number,
                "property": key,
                "value": as_json(value),
                "unit": _UNITS.get(key, ""),
            }


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Return nested values with their paths; tables inside lists are numbered.

    Examples
    --------
    >>> dict(flat({"a": 1, "b": {"c": [2, 3]}, "d": [{"e": 4}]}))
    {'a': 1, 'b.c': [2, 3], 'd.1.e': 4}
    """
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from flat(value, f"{path}.")
        elif isinstance(value, list | tuple) and any(isinstance(each, dict) for each in value):
            numbered = {str(number): each for number, each in enumerate(value, start=1)}
            yield from flat(numbered, f"{path}.")
        else:
            yield path, value
