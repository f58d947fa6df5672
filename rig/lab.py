"""The lab's folder: ``lab.toml`` and what lies beside it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rig.config import LabConfig, Subject, read_config
from rig.errors import ConfigError, RecordingError

LAB_TOML = "lab.toml"


@dataclass(frozen=True)
class Lab:
    """A lab's folder and its ``lab.toml``."""

    folder: Path
    config: LabConfig

    @property
    def data(self) -> Path:
        """Where the sessions are."""
        return self.folder / self.config.data

    @property
    def locks(self) -> Path:
        """Where running sessions hold their locks."""
        return self.folder / ".locks"

    def files(self, kind: str) -> list[Path]:
        """Return the TOML files in the folder `kind` (``rigs``, ``protocols``, ``subjects``)."""
        return sorted((self.folder / kind).glob("*.toml"))

    def find(self, path: Path) -> Path:
        """Return a file named on the command line: relative to the lab, else to here."""
        in_lab = self.folder / path
        return path if path.exists() and not in_lab.exists() else in_lab

    def subject_file(self, subject: str) -> Path:
        """Return the file of a subject."""
        return self.folder / "subjects" / f"{subject}.toml"

    def subject(self, subject: str) -> Subject:
        """Return a subject by its id; raise `ConfigError` if there is none or its file is wrong."""
        path = self.subject_file(subject)
        found = read_config(path, Subject)
        if found.id != subject:
            raise ConfigError(
                f"the file says id = '{found.id}'", str(path), f"Write id = '{subject}'."
            )
        return found

    def named(self, text: str) -> str:
        """Return the id of the mouse that a text names by its id or its ear tag.

        The text itself, if there is no such mouse.

        Raises
        ------
        ConfigError
            If it names more than one.
        """
        found = [text] if text in {path.stem for path in self.files("subjects")} else []
        if text:
            others = (each for each in self.readable_subjects() if each.id != text)
            found += [each.id for each in others if each.ear_tag == text]
        if len(found) > 1:
            raise ConfigError(
                f"'{text}' names more than one mouse: {', '.join(found)}",
                str(self.folder / "subjects"),
                "Mend `ear_tag` in the file of one of them.",
            )
        return found[0] if found else text

    def readable_subjects(self) -> list[Subject]:
        """Return all subjects whose files are right; the others are left out."""
        found = []
        for path in self.files("subjects"):
            with contextlib.suppress(ConfigError):
                found.append(self.subject(path.stem))
        return found

    def memory(self, subject: str) -> dict[str, Any]:
        """Return what a virtual mouse learned in its earlier sessions; empty if it is naive."""
        path = self._memory_file(subject)
        try:
            memory = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(memory, dict):
                raise ValueError("it holds no table")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"the memory of the virtual mouse cannot be read: {error}",
                str(path),
                "Delete the file; the mouse is naive then.",
            ) from error
        return memory

    def remember(self, subject: str, memory: dict[str, Any]) -> None:
        """Keep what a virtual mouse has learned."""
        path = self._memory_file(subject)
        partial = path.with_suffix(".partial")
        try:
            partial.write_text(json.dumps(memory, indent=1, sort_keys=True), encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            raise RecordingError(
                f"what the virtual mouse has learned cannot be kept: {error.strerror}",
                str(path),
                "Check the rights on the folder. The session itself is recorded.",
            ) from error

    def _memory_file(self, subject: str) -> Path:
        return self.folder / "subjects" / f"{subject}.memory.json"


def find_lab(folder: Path) -> Lab:
    """Return the lab that `folder` is in: the nearest one that holds a ``lab.toml``.

    Raises
    ------
    ConfigError
        If there is none, or its file is wrong.
    """
    folder = folder.resolve()
    for candidate in (folder, *folder.parents):
        path = candidate / LAB_TOML
        if path.is_file():
            return Lab(candidate, read_config(path, LabConfig))
    raise ConfigError(
        "this is no lab folder: there is no lab.toml here or above",
        str(folder),
        "Make one with `rig init FOLDER`, or name one with --lab.",
    )


def write_new(files: dict[Path, str]) -> None:
    """Write new files, none of which may exist; raise `ConfigError` if one does."""
    for path in files:
        if path.exists():
            raise ConfigError("the file exists already", str(path), "Choose another name.")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
