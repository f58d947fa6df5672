"""What an NWB file says about its session: who, where, with which mouse, task and program."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time
from importlib.metadata import version
from itertools import islice

from pynwb import NWBFile
from pynwb.file import Subject

from rig.events import CommandGiven, Definition
from rig.export.nwb_columns import without_nul
from rig.export.nwb_facts import Facts
from rig.export.nwb_intervals import outcome_words
from rig.export.nwb_log import words
from rig.journal import read_frames
from rig.placement import recorded_placement
from rig.session_record import SessionRecord


def new_file(record: SessionRecord, facts: Facts, form: str, programs: tuple[str, ...]) -> NWBFile:
    """Return the NWB file of a session with all that is said about it, and no data yet.

    Parameters
    ----------
    record, facts
        The session, and what is known of it.
    form
        In which form it will hold the data: each has an identifier of its own.
    programs
        Packages that write it.
    """
    header, definition = record.header, record.definition
    return NWBFile(
        session_description=without_nul(session_description(record)),
        identifier=_identifier(record, form),
        session_start_time=facts.started_at,
        session_id=header.session.replace("/", "-"),
        experimenter=[without_nul(name) for name in facts.experimenters] or None,
        experiment_description=without_nul(definition.description) or None,
        institution=without_nul(facts.institution) or None,
        lab=without_nul(facts.lab) or None,
        keywords=_keywords(record),
        protocol=without_nul(
            f"{definition.protocol}: class {definition.protocol_class} with these values\n\n"
            f"{definition.protocol_toml}"
        ),
        notes=without_nul("\n".join(_notes(record))) or None,
        source_script=without_nul(definition.protocol_source) or None,
        source_script_file_name=_script(definition) if definition.protocol_source else None,
        was_generated_by=[
            ["mouserig", header.mouserig_version],
            *([name, version(name)] for name in programs),
        ],
        data_collection=without_nul("\n".join(_data_collection(record, facts))),
        subject=_subject(record, facts),
    )


def session_description(record: SessionRecord) -> str:
    """Return what the session was and what it came to, in words."""
    definition = record.definition
    counts = Counter(outcome_words(row.outcome) for row in record.rows)
    outcomes = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    ended = record.ended.reason if record.ended else "cut off: its record has no end"
    told = [
        f"{definition.subject} on rig {definition.rig}, protocol {definition.protocol}",
        f"stage {definition.stage}" if definition.stage else "",
        f"goes on with {definition.resumes}" if definition.resumes else "",
        f"{len(record.rows)} trials{f' ({outcomes})' if outcomes else ''}",
        f"{record.water_ul:g} uL of water",
        f"ended: {ended}",
        f"damaged: {record.damage}" if record.damage else "",
    ]
    mouse = " The mouse is virtual." if definition.mouse else ""
    return f"{_simulated(definition)}{'; '.join(filter(None, told))}.{mouse}"


def _simulated(definition: Definition) -> str:
    if definition.emulated:
        return "EMULATED (no hardware behind the drivers): "
    simulated = [device.name for device in definition.devices if device.simulated]
    if simulated and len(simulated) == len(definition.devices):
        return "SIMULATED (all devices): "
    return f"SIMULATED ({', '.join(simulated)}): " if simulated else ""


def _identifier(record: SessionRecord, form: str) -> str:
    """Return the same for each export of a session, from its header and definition as written."""
    begun = hashlib.sha256()
    for payload in islice(read_frames(record.folder.journal), 2):
        begun.update(payload)
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"mouserig {form} {begun.hexdigest()}"))


def _script(definition: Definition) -> str:
    """Return the path of the file that holds the task."""
    module = definition.protocol_class.rpartition(":")[0]
    return module if module.endswith(".py") else f"{module.replace('.', '/')}.py"


def _keywords(record: SessionRecord) -> list[str]:
    definition = record.definition
    presented = (
        ("sounds", definition.sounds),
        ("gratings", definition.gratings),
        ("optogenetics", definition.flashes),
    )
    return [
        "behavior",
        "mouse",
        definition.protocol,
        definition.protocol_class.rpartition(":")[2],
        *(word for word, stimuli in presented if stimuli),
        *(["simulation"] if definition.mouse else []),
    ]


def _notes(record: SessionRecord) -> Iterator[str]:
    """Return what persons asked and noted, a line each."""
    for event in record.events:
        if isinstance(event, CommandGiven) and event.author:
            yield f"{event.hardware_time:.3f} s, {event.author}: {words(event)}"


def _data_collection(record: SessionRecord, facts: Facts) -> Iterator[str]:
    """Return what recorded the session, a line each."""
    header, definition = record.header, record.definition
    yield f"Recorded by mouserig {header.mouserig_version} on {header.computer}."
    yield f"Python {header.python}; SHA-256 of the code {header.code_sha256 or 'not recorded'}."
    if header.git_commit:
        yield f"Git commit {header.git_commit}{', changed' if header.git_dirty else ''}."
    yield f"Clock: {definition.clock}. Seed of all chance: {definition.seed}."
    yield f"SHA-256 of the file of the task: {definition.protocol_sha256}."
    if definition.mouse:
        yield f"Virtual mouse: {definition.mouse}."
    lay = recorded_placement(definition)
    if lay:
        yield f"The cortex, and all disks with it, lay against its reference: {lay}."
    if facts.added:
        yield (
            "Not in the record of the session, but in the lab's files at the time of the export: "
            f"{'; '.join(facts.added)}."
        )


def _subject(record: SessionRecord, facts: Facts) -> Subject:
    values, zone = facts.subject, facts.started_at.tzinfo
    told = {
        key: without_nul(str(values.get(key) or "")) or None
        for key in ("species", "sex", "strain", "genotype", "description")
    }
    weight = values.get("weight_g")
    return Subject(
        subject_id=record.definition.subject,
        date_of_birth=None if facts.born is None else datetime.combine(facts.born, time(), zone),
        age=None if facts.age_days is None else f"P{facts.age_days}D",
        age__reference="birth",
        weight=None if weight is None else f"{weight:g} g",
        **told,
    )
