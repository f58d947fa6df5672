"""Where records of calibrations are kept: none is ever changed or deleted.

The file that a rig file names holds the record in force. Every record that was ever in force lies
in ``calibration/records`` as well, under a name of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from datetime import UTC
from pathlib import Path

import tomlkit

from rig.calibration_age import of_another_kind
from rig.calibration_record import Calibration, read_calibration
from rig.errors import Problem, RecordingError, RigError

RECORDS = Path("calibration") / "records"


def put_in_force(folder: Path, name: str, record: Calibration) -> Path:
    """Keep a sealed record, and make it the one that devices read; return where it is kept.

    Parameters
    ----------
    folder, name
        The lab's folder, and the file that the rig file names, relative to it.
    record
        A record that `rig.calibration_record.sealed` returned.

    Raises
    ------
    RecordingError
        If it cannot be written, or a record of another kind lies in that file. What was in force
        before is still in force then, and what was measured lies in the computer's folder for
        temporary files.
    """
    target = folder / name
    other = of_another_kind(target, record.kind)
    if other is not None:
        saved = _saved(record, "that file")
        raise RecordingError(other.what, other.where, f"{other.do} {saved}")
    try:
        _keep_typed(folder, target)
        kept = record_file(folder, record)
        _keep(kept, text_of(record))
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        partial.write_text(text_of(record), encoding="utf-8")
        partial.replace(target)
    except OSError as error:
        raise RecordingError(
            f"the calibration cannot be kept: {error.strerror}",
            str(error.filename or target),
            "Check the rights on the folder and the room on the disk. "
            f"{_saved(record, str(target))}",
        ) from error
    return kept


def record_file(folder: Path, record: Calibration) -> Path:
    """Return where a sealed record is kept in a lab's folder; its picture lies beside it."""
    origin = record.record
    if origin is None or not origin.id:
        raise ValueError("only sealed records are kept")
    time = origin.measured_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return folder / RECORDS / f"{origin.rig}-{origin.device}-{time}-{origin.id}.toml"


def lacks_copy(folder: Path, name: str, record: Calibration) -> Problem | None:
    """Return what is wrong with the copy that is kept of a record in force; None if nothing is.

    Parameters
    ----------
    folder, name
        The lab's folder, and the file in force, relative to it.
    record
        What was read there. What was typed by hand has no copy.
    """
    if record.record is None:
        return None
    path = record_file(folder, record)
    do = f"Copy {name} to {path.relative_to(folder)}."
    if not path.is_file():
        return Problem("the copy that is kept of this record is gone", str(path), do)
    with contextlib.suppress(RigError):
        kept = read_calibration(folder, str(path.relative_to(folder)), type(record))
        if kept.record == record.record:
            return None
    return Problem("the copy that is kept of this record was changed", str(path), do)


def text_of(calibration: Calibration) -> str:
    """Return a calibration as TOML; points stand below each other."""
    document = tomlkit.document()
    said = calibration.model_dump(mode="python", exclude_defaults=True)
    tables = {key: said.pop(key) for key in [key for key in said if isinstance(said[key], dict)]}
    for key, value in said.items():
        document.add(key, _rows(value) if _is_table_list(value) else tomlkit.item(value))
    for key, table in tables.items():
        document.add(key, tomlkit.item(table))
    return document.as_string()


def _is_table_list(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(each, dict) for each in value)


def _rows(points: object) -> tomlkit.items.Array:
    """Return points as an array of inline tables, one on a line."""
    array = tomlkit.array()
    for point in points if isinstance(points, tuple | list) else ():
        row = tomlkit.inline_table()
        row.update(point)
        array.append(row)
    return array.multiline(multiline=True)


def _saved(record: Calibration, target: str) -> str:
    """Save a record that cannot be kept, so that nothing is lost; return what to do with it."""
    path = Path(tempfile.gettempdir()) / record_file(Path(), record).name
    try:
        path.write_text(text_of(record), encoding="utf-8")
    except OSError:
        return "Then calibrate again."
    return f"Then copy {path} to {target}: it is what was measured."


def _keep_typed(folder: Path, target: Path) -> None:
    """Keep a file that a person typed, or a broken one, before a record takes its place."""
    if not target.is_file():
        return
    content = target.read_bytes()
    known = {each.read_bytes() for each in (folder / RECORDS).glob("*.toml")}
    if content not in known:
        digest = hashlib.sha256(content).hexdigest()[:16]
        (folder / RECORDS).mkdir(parents=True, exist_ok=True)
        (folder / RECORDS / f"{target.stem}-replaced-{digest}.toml").write_bytes(content)


def _keep(path: Path, text: str) -> None:
    """Write a file that does not exist yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
