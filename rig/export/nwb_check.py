"""Whether an NWB file is as it should be: pynwb's validation and both ways of nwbinspector.

A message about a fact that is missing says in which file of the lab to write it down.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from rig.errors import Problem
from rig.events import Definition
from rig.lab import LAB_TOML

_SUBJECT = "/general/subject"
_EXPORT_AGAIN = "and export the session again."
_LATER = "sessions that are run from then on have it."
_REPORT = "Report it: what the export itself decides should give no message."


def check(path: Path, definition: Definition) -> list[Problem]:
    """Return what pynwb and nwbinspector have to say about an NWB file; nothing if all is well.

    Parameters
    ----------
    path
        The file.
    definition
        What the session was made of, for the remedies.
    """
    from nwbinspector import inspect_nwbfile, inspect_nwbfile_object, load_config
    from pynwb import NWBHDF5IO

    remedies = _remedies(definition)
    found: dict[tuple[str, str, str], Problem] = {}
    with warnings.catch_warnings():  # nwbinspector changes the filters of the whole program
        messages = list(inspect_nwbfile(path))
        with NWBHDF5IO(path, "r") as io:
            messages += inspect_nwbfile_object(io.read(), config=load_config("dandi"))
    for message in filter(None, messages):
        name, place = str(message.check_function_name), _place(message)
        about = f"{name} {_SUBJECT}" if place.startswith(_SUBJECT) else name
        do = remedies.get(about) or remedies.get(name) or _REPORT
        key = (name, place, message.message)
        found[key] = Problem(f"{message.message} [{name}]", f"{path}, {place}", do, "warning")
    return list(found.values())


def _place(message: Any) -> str:
    """Return where in the file something is that a message is about."""
    location = str(message.location or "/")
    named = str(message.object_name or "")
    return location if location.endswith(named) else f"{location} {named}"


def _remedies(definition: Definition) -> dict[str, str]:
    """Return what to do about the messages that a lab can do something about, by their checks."""
    subject = f"subjects/{definition.subject}.toml"
    born = f"Write date_of_birth = 2026-01-31 (the true day, before the session) in {subject}, "
    species = f'Write species = "Mus musculus" in {subject}; {_LATER}'
    return {
        "check_experimenter_exists": f'Write experimenters = ["Last, First"] in {LAB_TOML}, '
        f"{_EXPORT_AGAIN} `rig run --experimenter` names a person for one session.",
        "check_experimenter_form": "Write names as 'Last, First', without digits and brackets, "
        f"in {LAB_TOML}; {_LATER}",
        "check_institution": f'Write institution = "..." in {LAB_TOML}, {_EXPORT_AGAIN}',
        "check_experiment_description": "Write what the task is into the docstring of its class, "
        f"{definition.protocol_class}; {_LATER}",
        "check_subject_age": born + _EXPORT_AGAIN,
        "check_subject_species_exists": species,
        "check_subject_species_form": species,
        f"check_description {_SUBJECT}": f'Write description = "..." in {subject}, {_EXPORT_AGAIN}',
        "check_session_start_time_future_date": "Set the clock of this computer or of the rig's: "
        "the session seems to begin in the future.",
        "check_session_start_time_old_date": "Set the clock of the rig's computer. What is "
        "recorded of this session stays.",
        "check_image_series_external_file_valid": "Put the video beside the NWB file where it says "
        "so, or export into the session's own folder.",
        "check_image_series_external_file_relative": "Export onto the drive that the video is on.",
    }
