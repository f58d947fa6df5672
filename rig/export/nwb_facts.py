"""The facts about a session that its NWB file states, and where each of them comes from.

They come from the record. What the record lacks about mouse and lab is looked for in the lab's
files of today, so that a fact that was forgotten can be written down later; the file says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rig.config import read_toml
from rig.errors import RigError
from rig.lab import LAB_TOML, find_lab
from rig.session_record import SessionRecord

_OF_MOUSE = ("date_of_birth", "sex", "strain", "genotype", "description")
"""What stays true of a mouse; its weight does not."""
_NOT_SAID = (None, "", "U")
"""What a key holds that says nothing; U is a sex that is not known."""


@dataclass(frozen=True)
class Facts:
    """What is known of a session beside what happened in it; what is not known is empty or None.

    Attributes
    ----------
    started_at
        Start of the session, with time zone.
    lab, institution, experimenters
        Where it was run, and by whom, as ``Last, First``.
    subject
        The values of the subject's file.
    born
        When the subject was born; None also if that is said to be after the session.
    added
        What the record lacks and the lab's files of today tell, by file and key.
    """

    started_at: datetime
    lab: str
    institution: str
    experimenters: tuple[str, ...]
    subject: Mapping[str, Any]
    born: date | None
    added: tuple[str, ...]

    @property
    def age_days(self) -> int | None:
        """Age of the subject in whole days; None if it is not known."""
        return None if self.born is None else (self.started_at.date() - self.born).days


def facts_of(record: SessionRecord) -> Facts:
    """Return what is known of a session."""
    definition = record.definition
    recorded = _toml(definition.lab_toml)
    lab, mouse = _files_of_today(record, str(recorded.get("name", "")))
    added: list[str] = []
    subject = dict(definition.subject_values)
    for key in _OF_MOUSE:
        if subject.get(key) in _NOT_SAID and mouse.get(key, "") not in _NOT_SAID:
            subject[key] = mouse[key]
            added.append(f"subjects/{definition.subject}.toml, {key}")
    of_lab = {
        "institution": recorded.get("institution"),
        "experimenters": definition.experimenters or recorded.get("experimenters"),
    }
    for key, value in of_lab.items():
        if not value and lab.get(key):
            of_lab[key] = lab[key]
            added.append(f"{LAB_TOML}, {key}")
    started_at = _with_zone(record.header.started_at)
    born = _date(subject.get("date_of_birth"))
    return Facts(
        started_at=started_at,
        lab=str(recorded.get("name", "")),
        institution=str(of_lab["institution"] or ""),
        experimenters=tuple(of_lab["experimenters"] or ()),
        subject=subject,
        born=born if born and born <= started_at.date() else None,
        added=tuple(added),
    )


def _files_of_today(record: SessionRecord, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the lab's file and the mouse's; empty where there is none.

    A lab of another `name` is not the one that ran the session: its folder may lie in ours.
    """
    for folder in (record.folder.path, Path(record.header.lab_folder or record.folder.path)):
        try:
            lab = find_lab(folder)
        except RigError:
            continue
        if lab.config.name != name:
            continue
        try:
            mouse = read_toml(lab.subject_file(record.definition.subject))
        except RigError:
            mouse = {}
        same = mouse.get("id") == record.definition.subject
        return lab.config.model_dump(mode="json"), mouse if same else {}
    return {}, {}


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _with_zone(started_at: str) -> datetime:
    """Return the start; one without a time zone was meant as local time."""
    time = datetime.fromisoformat(started_at)
    return time if time.tzinfo else time.astimezone()


def _date(value: object) -> date | None:
    """Return a date that stands in a file or in a record."""
    if isinstance(value, date):
        return date(value.year, value.month, value.day)  # what a file holds may have a time, too
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
