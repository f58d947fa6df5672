"""The ledger as CSV files: every table out, and subjects, weights and supplements in.

Files are UTF-8 with a header line. Moments are ISO 8601; one without a zone is the lab's time. What
is missing is empty. Reading the same file twice enters nothing twice.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from rig.errors import CheckFailed, ConfigError, Problem, RecordingError, RigError, problems_of
from rig.lab import Lab
from rig.ledger.days import FIRST_YEAR, is_day, local_day, moment, zone_of
from rig.ledger.entries import enter_act
from rig.ledger.place import has_ledger
from rig.ledger.posting import insert_new
from rig.ledger.store import Ledger, begin_ledger, open_ledger
from rig.ledger.subject_file import check_name, facts_in_file, write_facts
from rig.ledger.subjects import (
    LONGEST,
    Facts,
    LedgerSubject,
    add_subject,
    all_subjects,
    check_alive,
    check_new_name,
    check_tag,
    known_facts,
    made_facts,
)
from rig.ledger.tables import METADATA, subject_facts, subjects, supplements, weighings
from rig.set_options import is_text
from rig.water_policy import LEAST_G, MOST_G, WaterConfig, weight_doubt

IMPORTED = ("subjects", "weighings", "supplements")
"""What can be read from a file."""
_LINES = UUID("b4b1f5b0-8a86-4c0b-8f0f-3a4d3f2b9a10")
_TABLES = {"weighings": weighings, "supplements": supplements}
_VALUES = {"weighings": "weight_g", "supplements": "volume_ul"}
_MOST_UL = 10_000.0


@dataclass(frozen=True)
class Source:
    """Where lines come from: for errors, and for what a line does not say.

    Attributes
    ----------
    file
        The file.
    by, now
        Who imports it, and when.
    zone
        The lab's time zone.
    water
        The lab's rules.
    """

    file: Path
    by: str
    now: datetime
    zone: ZoneInfo | None
    water: WaterConfig


def export_tables(ledger: Ledger, folder: Path) -> list[Path]:
    """Write every table into a file of the folder, as it is now; return the files.

    Raises
    ------
    RecordingError
        If one cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ledger.reading() as connection:
            names = {each.id: each.name for each in connection.execute(sa.select(subjects))}
            for table in METADATA.sorted_tables:
                path = folder / f"{table.name}.csv"
                _write(path, connection, table, names)
                written.append(path)
    except OSError as error:
        raise RecordingError(
            f"the tables cannot be written: {error.strerror}",
            str(folder),
            "Check the rights on it.",
        ) from error
    return written


def import_table(lab: Lab, name: str, file: Path, by: str, now: datetime) -> int:
    """Enter the lines of a file, all or none; return how many were not in yet.

    Subjects begin the ledger of a lab that has none.

    Raises
    ------
    CheckFailed
        With every line that is wrong; nothing is entered then.
    ConfigError
        If the file cannot be read, or there is no ledger yet.
    """
    source = Source(file, by, now, zone_of(lab.config), lab.config.water)
    lines = _read(file)
    if name == "subjects":
        entered = _import_subjects(lab, lines, source)
    else:
        entered = _import_rows(lab, _TABLES[name], lines, source)
    with open_ledger(lab) as ledger:
        enter_act(ledger, "imported", f"{entered} {name} of {file.name}", by, now)
    return entered


def _write(
    path: Path, connection: sa.Connection, table: sa.Table, names: Mapping[str, str]
) -> None:
    columns = list(table.columns.keys())
    named = "subject" in columns
    rows = connection.execute(sa.select(table).order_by(*table.primary_key))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(["name"] if named else []), *columns])
        for row in rows.mappings():
            cells = [_cell(row[column]) for column in columns]
            writer.writerow([*([names[row["subject"]]] if named else []), *cells])


def _cell(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


def _read(file: Path) -> list[dict[str, str]]:
    """Return the lines of a file by their columns; raise `ConfigError` if it is no CSV."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        do = "Name a file of UTF-8 text, with a header line."
        raise ConfigError(f"cannot be read: {error}", str(file), do) from error
    header = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if ";" in header else ",")
    try:
        lines = [dict(line) for line in reader]
    except csv.Error as error:
        raise ConfigError(f"is no CSV: {error}", str(file), "Mend it.") from error
    for number, line in enumerate(lines, start=2):
        if None in line or None in line.values():
            raise ConfigError(
                "the line has another number of cells than the header",
                f"{file}, line {number}", "Mend it: a decimal sign is a point, not a comma.",
            )  # fmt: skip
    return lines


def _checked(
    lines: list[dict[str, str]], source: Source, made: Callable[[dict[str, str]], Any]
) -> list[Any]:
    """Return what each line makes; raise `CheckFailed` with every line that is wrong."""
    rows: list[Any] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=2):
        told: list[str] = []
        try:
            if not all(map(is_text, line.values())) or any("\0" in each for each in line.values()):
                raise ValueError("a cell is no text in Unicode")
            rows.append(made(line))
        except RigError as error:
            told = [each.what for each in problems_of(error)]
        except ValueError as error:
            told = [str(error)]
        where = f"{source.file}, line {number}"
        problems += [Problem(what, where, "Mend the line.") for what in told]
    if problems:
        raise CheckFailed(problems)
    return rows


def _import_rows(lab: Lab, table: sa.Table, lines: list[dict[str, str]], source: Source) -> int:
    """Enter the weighings or supplements that the ledger has not yet; return how many these are."""
    needed = {"name", "at", _VALUES[table.name]}
    _check_columns(lines, source.file, {"name", *table.columns.keys()}, needed)
    count = sa.select(sa.func.count()).select_from(table)
    with open_ledger(lab) as ledger:
        with ledger.reading() as connection:
            known = {each.name: each for each in all_subjects(connection)}
            rows = _checked(lines, source, lambda line: _row(table, line, known, source))
            _check_once(rows, source)
            _check_corrections(connection, table, rows, source)
        try:
            with ledger.writing() as connection:
                before = connection.scalar(count) or 0
                insert_new(connection, table, _corrections_last(rows))
                return int((connection.scalar(count) or 0) - before)
        except IntegrityError:
            raise ConfigError(
                "a line corrects a row that is neither in the file nor in the ledger",
                f"{source.file}, column corrects",
                "Nothing is entered. Put that row into the file, or empty the cell.",
            ) from None


def _row(
    table: sa.Table, line: dict[str, str], known: Mapping[str, LedgerSubject], source: Source
) -> dict[str, Any]:
    """Return a line as a row; raise `ValueError` or `RigError` if it is wrong."""
    value = _VALUES[table.name]
    if line["name"] not in known:
        raise ValueError(f"'{line['name']}' is not in the ledger")
    subject, at = known[line["name"]], _moment(line["at"], source)
    check_alive(subject, at, source.zone)
    amount = _number(value, line[value]) if line[value] else None
    if amount is None and not line.get("corrects"):
        raise ValueError(f"{value} is empty")
    confirmed = line.get("confirmed") == "1"
    if amount is not None:
        _check_amount(value, amount, source.water, confirmed=confirmed)
    row: dict[str, Any] = {
        "id": line.get("id") or str(uuid5(_LINES, f"{table.name} {subject.id} {at} {line[value]}")),
        "subject": subject.id,
        "at": at,
        "entered_at": source.now,
        "by": line.get("by") or source.by,
        "corrects": line.get("corrects") or None,
        "reason": line.get("reason", ""),
        value: amount,
    }
    if any(len(str(row[each])) > LONGEST for each in ("id", "by")):
        raise ValueError("a cell is too long")
    if table is supplements:
        return row | {"form": line.get("form") or "water"}
    return row | {"source": "import", "confirmed": confirmed}


def _check_once(rows: list[dict[str, Any]], source: Source) -> None:
    """Raise `CheckFailed` with every line that says the same as an earlier one."""
    first: dict[str, int] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        earlier = first.setdefault(row["id"], number)
        if earlier != number:
            what = f"the line says the same as line {earlier}: nothing is entered"
            do = "Take it out; if it was so twice, write two moments."
            problems.append(Problem(what, f"{source.file}, line {number}", do))
    if problems:
        raise CheckFailed(problems)


def _check_corrections(
    connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]], source: Source
) -> None:
    """Raise `CheckFailed` with every line that corrects another mouse's row, or one again."""
    owners = {row["id"]: row["subject"] for row in rows}
    correctors: dict[str, str] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        old, what = row["corrects"], ""
        if old is None:
            continue
        owner = owners.get(old) or connection.scalar(
            sa.select(table.c.subject).where(table.c.id == old)
        )
        later = correctors.setdefault(old, row["id"])
        if later == row["id"]:
            later = connection.scalar(sa.select(table.c.id).where(table.c.corrects == old)) or later
        if owner not in (None, row["subject"]):
            what = f"the row '{old}' is of another mouse"
        elif later != row["id"]:
            what = f"the row '{old}' was corrected already, by '{later}'"
        if what:
            do = "Nothing is entered. Mend the cell `corrects`."
            problems.append(Problem(what, f"{source.file}, line {number}", do))
    if problems:
        raise CheckFailed(problems)


def _moment(text: str, source: Source) -> datetime:
    """Return the moment of a cell; raise `ValueError` if it is none, or no one's past."""
    try:
        at = moment(text, source.zone)
    except (ValueError, OverflowError):
        raise ValueError(f"at is '{text}', and no moment as 2026-11-25T08:05") from None
    if not is_day(at.date()):
        raise ValueError(f"{text} is on no day of a lab: they begin in {FIRST_YEAR}")
    if at > source.now:
        raise ValueError(f"{text} is still to come")
    return at


def _number(name: str, text: str) -> float:
    """Return the number of a cell; raise `ValueError` if it is none."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name} is '{text}', and no number as 21.4") from None


def _check_amount(name: str, amount: float, water: WaterConfig, *, confirmed: bool) -> None:
    """Raise `ValueError` if a weight or a volume is none that a mouse can have."""
    if name == "volume_ul":
        if not 0 <= amount <= _MOST_UL:
            raise ValueError(f"{amount:g} is no volume in uL from 0 to {_MOST_UL:g}")
        return
    if not LEAST_G <= amount <= MOST_G:
        raise ValueError(f"{amount:g} is no weight in g from {LEAST_G:g} to {MOST_G:g}")
    doubt = weight_doubt(water, amount, None)
    if doubt and not confirmed:
        raise ValueError(f"{doubt}; if it is so, the column confirmed is 1")


def _corrections_last(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows such that each stands behind the one that it corrects."""
    by_id = {row["id"]: row for row in rows}

    def before(row: dict[str, Any]) -> int:
        """Return how many rows stand before it in its chain; a circle ends, too."""
        count = 0
        while row["corrects"] in by_id and count < len(rows):
            row, count = by_id[row["corrects"]], count + 1
        return count

    return sorted(rows, key=before)


def _import_subjects(lab: Lab, lines: list[dict[str, str]], source: Source) -> int:
    """Enter the subjects that the ledger has not yet; those that it has stay as they are.

    As with one that is added, what its file says and the line does not is taken over.
    """
    known_columns = {"name", "by", *Facts.__struct_fields__, *subject_facts.columns.keys()}
    _check_columns(lines, source.file, known_columns, {"name"})
    corrected = {line.get("corrects") for line in lines} - {""}
    read: dict[str, Facts] = {}

    def made(line: dict[str, str]) -> None:
        if line.get("id") and line["id"] in corrected:
            return  # in a table that was exported: what was known before an edit
        name = line["name"].strip()
        if not name:
            raise ValueError("name is empty")
        if name in read:
            raise ValueError(f"'{name}' stands in an earlier line, too")
        check_name(lab, name)
        read[name] = _facts(line, facts_in_file(lab, name), source)

    _checked(lines, source, made)
    known: dict[str, Facts] = {}
    if has_ledger(lab):
        with open_ledger(lab) as ledger, ledger.reading() as connection:
            known = known_facts(connection)
    new = {name: facts for name, facts in read.items() if name not in known}
    for name, facts in new.items():
        check_new_name(name, known | new)
        check_tag(name, facts.tag, known | new)
    with begin_ledger(lab) as ledger:
        for name, facts in new.items():
            write_facts(lab, add_subject(ledger, name, facts, source.by, source.now))
    return len(new)


def _facts(line: dict[str, str], in_file: dict[str, object], source: Source) -> Facts:
    """Return what a line and its file tell of a subject; raise `ValueError` or `RigError`."""
    told: dict[str, Any] = {key: line[key] for key in Facts.__struct_fields__ if line.get(key)}
    for key in ("baseline_g", "implant_g"):
        if key in told:
            told[key] = _number(key, told[key])
    return made_facts(in_file | told, str(source.file), local_day(source.now, source.zone))


def _check_columns(
    lines: list[dict[str, str]], file: Path, known: set[str], needed: set[str]
) -> None:
    """Raise `ConfigError` if a file has a column that nobody knows, or lacks one."""
    columns = set(lines[0]) if lines else needed
    for what, wrong in (("unknown", columns - known), ("missing", needed - columns)):
        if wrong:
            names = ", ".join(sorted(wrong))
            do = f"Known are: {', '.join(sorted(known))}."
            raise ConfigError(f"{what} column: {names}", f"{file}, line 1", do)
