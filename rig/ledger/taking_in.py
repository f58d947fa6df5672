"""Takes into the ledger what files of the lab tell: sessions, stages, spot checks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from rig.calibration_checks import SPOT_CHECKS
from rig.errors import Problem, RecordingError, problems_of
from rig.lab import Lab
from rig.ledger.posting import Posted, insert_new, not_entered, post
from rig.ledger.store import Ledger
from rig.ledger.tables import spot_checks, stages
from rig.session_folder import find_sessions
from rig.stage_history import all_with_history, read_history


def take_in_sessions(
    ledger: Ledger,
    lab: Lab,
    since: date | None = None,
    tell: Callable[[Posted], object] = lambda _: None,
) -> list[Posted]:
    """Enter the sessions whose journals are not in; return what came of them.

    Parameters
    ----------
    ledger, lab
        The ledger, and its lab.
    since
        The first day whose sessions are looked at; None for all days.
    tell
        Is told of each session that was entered.

    Raises
    ------
    RecordingError
        If the ledger cannot be reached.
    """
    first = "" if since is None else since.isoformat()
    folders = [each for each in find_sessions(lab.data) if each.path.parts[-2] >= first]
    done = []
    for folder in not_entered(ledger, folders):
        posted = post(ledger, folder)
        tell(posted)
        done.append(posted)
    return done


def take_in_files(ledger: Ledger, lab: Lab, now: datetime) -> list[Problem]:
    """Enter moves of stages and spot checks; return which of their files cannot be read."""
    rows, problems = [], []
    for subject in all_with_history(lab):
        try:
            history = read_history(lab, subject)
        except RecordingError as error:
            problems += problems_of(error)
            continue
        for number, entry in enumerate(history, start=1):
            named = {"mouse": subject, "number": number, "entered_at": now}
            rows.append(named | _kept(entry, stages))
    checks: list[dict[str, Any]] = []
    try:
        checks = [{"entered_at": now} | _kept(each, spot_checks) for each in SPOT_CHECKS.read(lab)]
    except RecordingError as error:
        problems += problems_of(error)
    if not rows and not checks:
        return problems
    with ledger.writing() as connection:
        insert_new(connection, stages, rows)
        insert_new(connection, spot_checks, checks)
    return problems


def _kept(record: msgspec.Struct, table: Any) -> dict[str, Any]:
    """Return the fields of a record that a table has columns for."""
    return {
        name: value
        for name, value in msgspec.structs.asdict(record).items()
        if name in table.columns
    }
