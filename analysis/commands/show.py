"""``rig show``: one session, its timing and its trials."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import rich.markup
import typer

from analysis.summary import summary_of
from analysis.timing import state_timing
from rig.console import (
    JsonOption,
    LabOption,
    as_cell,
    console,
    print_json,
    print_table,
    the_session,
)
from rig.session_record import load_session
from rig.trials import TrialRow, short_outcome
from rig.wrap_up import told_of

SHOWN_TRIALS = 20
_TRIAL_COLUMNS = (
    "trial",
    "type",
    "start",
    "end",
    "stimulus",
    "lick",
    "licks",
    "response",
    "uL",
    "outcome",
    "where",
)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("show", epilog="Example: rig show SIM01 --trials 50")(show)


def show(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    trials: Annotated[int, typer.Option(min=0, help="Show that many last trials.")] = SHOWN_TRIALS,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Show one session: its summary, the timing of its states, its table of trials."""
    record = load_session(the_session(session, lab))
    timing = state_timing(record.events)
    summary = summary_of(record)
    said = told_of(record.folder)
    if json:
        print_json({"summary": summary, "wrap_up": said, "trials": record.rows, "timing": timing})
        return
    outcomes = ", ".join(f"{name} {count}" for name, count in summary["outcomes"].items())
    exports = ", ".join(f"{name} {told}" for name, told in summary["exports"].items())
    said_of = {"qc": ", ".join(summary["qc"]), "qc_why": " ".join(summary["qc_why"]) or None}
    types = ", ".join(summary["trial_types"])
    in_words = {"outcomes": outcomes, "trial_types": types, "exports": exports or None, **said_of}
    for name, value in (summary | in_words).items():
        console.print(f"[bold]{name:<17}[/] {as_cell(value)}", soft_wrap=True)
    console.print(f"[bold]{'wrap_up':<17}[/] {_said(said)}", soft_wrap=True)
    if timing:
        console.print("\nStates: requested and achieved durations in s, the engine's lateness")
        columns = ("requested", "shortest", "longest", "error ms", "late ms")
        print_table(
            ("state", "entered", *columns), [msgspec.structs.astuple(row) for row in timing]
        )
    shown = record.rows[-trials:] if trials else []
    if shown:
        title = f"\nLast {len(shown)} of {len(record.rows)} trials (times in s)"
        names = _TRIAL_COLUMNS if any(row.labels for row in shown) else _TRIAL_COLUMNS[:-1]
        print_table(names, [_shown(row)[: len(names)] for row in shown], title)


def _said(wrap_up: dict[str, Any] | None) -> str:
    """Return what a person said of a session, in a line."""
    if wrap_up is None:
        return as_cell(None)
    if "problem" in wrap_up:
        return rich.markup.escape(wrap_up["problem"])
    droppings = wrap_up["droppings"]
    told = (
        wrap_up["reason"],
        wrap_up["condition"],
        "" if droppings is None else f"{droppings} droppings",
        wrap_up["comment"],
        "" if wrap_up["usable"] else "NOT TO BE USED",
    )
    return rich.markup.escape(f"{wrap_up['by']}: {'; '.join(filter(None, told))}")


def _shown(row: TrialRow) -> tuple[object, ...]:
    """Return a row as people read it: stimulus and first lick as times in the trial.

    A drop that the vacuum removed stands in brackets; last comes where the trial stands in the
    experiment.
    """
    return (
        row.trial,
        f"{row.trial_type} {row.stimulus}",
        row.start_time,
        row.end_time,
        _since(row.start_time, row.stimulus_time),
        _since(row.stimulus_time, row.first_lick_time),
        row.lick_count,
        _response(row),
        row.reward_ul if row.removed_ul is None else f"({row.reward_ul:.3f})",
        short_outcome(row.outcome or "aborted"),
        " ".join([str(row.block)] * bool(row.block) + list(row.labels.values())),
    )


def _response(row: TrialRow) -> str | None:
    """Return what the criterion saw, with its unit."""
    if row.dwell is not None:
        return f"{row.dwell:.3f} s"
    return None if row.licks is None else f"{row.licks:g} licks"


def _since(start: float | None, time: float | None) -> float | None:
    return None if start is None or time is None else time - start
