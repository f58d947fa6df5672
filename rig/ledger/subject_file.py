"""Keeps the file of a subject, ``subjects/NAME.toml``, in step with the ledger.

The file is what a session needs, and is copied into it. Tag, cage, sex, strain and birth stand in
both; who enters them in the ledger has them written into the file, with its comments kept.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError

from rig.config import Subject, read_config, validated
from rig.errors import ConfigError, RecordingError
from rig.lab import Lab
from rig.ledger.subjects import Facts, LedgerSubject

KEYS = {
    "tag": "ear_tag",
    "cage": "cage",
    "sex": "sex",
    "strain": "strain",
    "birth": "date_of_birth",
}
"""What the facts of the ledger are called in the file."""


def check_name(lab: Lab, name: str) -> None:
    """Raise `ConfigError` if a name cannot be that of a subject."""
    validated(Subject, {"id": name}, str(lab.folder / "subjects"))


def facts_in_file(lab: Lab, name: str) -> dict[str, object]:
    """Return what the file of a subject tells of the facts; empty if there is no file.

    Raises
    ------
    ConfigError
        If the file is wrong.
    """
    if not lab.subject_file(name).exists():
        return {}
    subject = lab.subject(name).model_dump()
    return {fact: subject[key] for fact, key in KEYS.items()}


def write_facts(lab: Lab, subject: LedgerSubject) -> bool:
    """Write facts into the file of a subject; make it if there is none.

    Returns
    -------
    bool
        Whether something was written.

    Raises
    ------
    ConfigError
        If the file is no TOML; or there is none, and the name cannot be that of a file.
    RecordingError
        If it cannot be written.
    """
    path = lab.subject_file(subject.name)
    text = _text(path, subject.name)
    document = _document(text, path)
    facts, empty = msgspec.structs.asdict(subject.facts), msgspec.structs.asdict(Facts())
    for fact, key in KEYS.items():
        value, usual = facts[fact], empty[fact]
        if value == usual and key in document:
            del document[key]
        elif value != usual and document.get(key) != value:
            document[key] = value
    new = tomlkit.dumps(document)
    if new == text and path.exists():
        return False
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(exist_ok=True)
        partial.write_text(new, encoding="utf-8")
        read_config(partial, Subject)
        partial.replace(path)
    except OSError as error:
        raise RecordingError(
            f"the file of the subject cannot be written: {error.strerror}",
            str(path),
            "Check the rights on the folder. The ledger has what you entered.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    return True


def differences(lab: Lab, subject: LedgerSubject) -> list[str]:
    """Return which facts are others in the file than in the ledger, in words."""
    facts = msgspec.structs.asdict(subject.facts)
    return [
        f"{KEYS[fact]} is '{value}' in the file, and '{facts[fact]}' in the ledger"
        for fact, value in facts_in_file(lab, subject.name).items()
        if value != facts[fact]
    ]


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return f'id = "{name}"\n'
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", str(path), "Check the file.") from error


def _document(text: str, path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise ConfigError(f"is not valid TOML: {error}", str(path), "Mend that line.") from error
