"""``rig stage``: where a mouse stands in its curriculum, and its moves."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab, typed
from rig.counting import counted
from rig.lab import Lab
from rig.performance import performance
from rig.stage_history import BY_RULE, StageEntry
from rig.stage_moves import accept, enter, enter_group, override
from rig.stage_rules import Day, days_of, measured, sort_out
from rig.stages import Standing, read_standing

SHOWN_DAYS = 7
SHOWN_MOVES = 5


@dataclass(frozen=True)
class _Wish:
    """What the options ask for; of `accept`, `enter` and `to` at most one."""

    accept: bool
    enter: Path | None
    assignment: int | None
    to: str | None
    reason: str
    by: str


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("stage", epilog="Example: rig stage SIM01 --enter curricula/ceballo2019.toml")(
        stage
    )


def stage(
    subject: Annotated[str, typer.Argument(help="Which mouse: the name of a file in subjects/.")],
    accepted: Annotated[
        bool, typer.Option("--accept", help="Record the move that is suggested.")
    ] = False,
    entered: Annotated[
        Path | None, typer.Option("--enter", help="Let the mouse enter this curriculum.")
    ] = None,
    assignment: Annotated[
        int | None, typer.Option(min=1, help="Its group; by default the one with the fewest mice.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="Move it to this stage, whatever the rules say.")
    ] = None,
    reason: Annotated[
        str, typer.Option(help="Why a person overrules the curriculum.", show_default=False)
    ] = "",
    by: Annotated[
        str, typer.Option(help="Name of the person who decides.", show_default=False)
    ] = "",
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Show where a mouse stands in its curriculum, what is suggested and why; or move it.

    A move is recorded beside the subject's file. Who overrules the curriculum, with --to or
    --assignment, says --reason and --by. Accepting again without a new session records nothing.
    """
    wish = _Wish(accepted, entered, assignment, to, reason.strip(), by.strip())
    _check_wish(wish)
    the = the_lab(lab)
    with contextlib.redirect_stdout(sys.stderr):  # what protocols print is not our output
        recorded = _record(the, subject, wish)
        standing = read_standing(the, subject)
    if json:
        print_json(_described(the, standing) | {"recorded": recorded})
        return
    if recorded is not None:
        console.print(f"Recorded, by {recorded.by}: {recorded.reason}.", soft_wrap=True)
    elif accepted or to is not None:
        console.print("Nothing recorded: the mouse stays where it is.")
    _print(standing)


def _check_wish(wish: _Wish) -> None:
    """Raise `typer.BadParameter` if the options do not go together."""
    ways = sum((wish.accept, wish.enter is not None, wish.to is not None))
    overrules = "--to" if wish.to is not None else "--assignment" if wish.assignment else ""
    if ways > 1:
        raise typer.BadParameter("choose one of --accept, --enter and --to")
    if wish.assignment is not None and wish.enter is None:
        raise typer.BadParameter("--assignment goes with --enter")
    if overrules and not (wish.reason and wish.by):
        raise typer.BadParameter(f"{overrules} overrules the curriculum: say --reason and --by")
    if wish.reason and not overrules and wish.enter is None:
        raise typer.BadParameter("--reason goes with --to or --enter")
    if wish.by and not ways:
        raise typer.BadParameter("--by goes with --accept, --enter or --to")
    if wish.by == BY_RULE:
        raise typer.BadParameter(f"--by needs the name of a person, not '{BY_RULE}'")


def _record(lab: Lab, subject: str, wish: _Wish) -> StageEntry | None:
    """Record what the options ask for, and return it; None if nothing changes."""
    now, by = datetime.now().astimezone(), wish.by or BY_RULE
    if wish.accept:
        return accept(lab, subject, now, by)
    if wish.to is not None:
        return override(lab, subject, wish.to, now, wish.reason, by)
    if wish.enter is None:
        return None
    path = lab.find(wish.enter)
    if wish.assignment is not None:
        return enter_group(lab, subject, path, now, wish.assignment, wish.reason, by)
    return enter(lab, subject, path, now, by, wish.reason)


def _days(standing: Standing) -> list[Day]:
    """Return the days that count for the stage."""
    return days_of(sort_out(standing.stage, standing.sessions)[0])


def _described(lab: Lab, standing: Standing) -> dict[str, Any]:
    return {
        "subject": standing.subject.id,
        "curriculum": standing.file.relative_to(lab.folder).as_posix(),
        "stage": standing.stage.name,
        "since": standing.entry.at,
        "assignment": standing.assignment,
        "days": [_figures(day) for day in _days(standing)],
        "suggestion": standing.decision,
        "history": standing.history,
    }


def _figures(day: Day) -> dict[str, Any]:
    """Return what a mouse did on a day."""
    done = performance(day.rows)
    return {
        "day": day.name,
        "sessions": len(day.sessions),
        "trials": done.trials,
        "hit_rate": done.hit_rate,
        "false_alarm_rate": done.false_alarm_rate,
        "d_prime": done.d_prime,
        "rewards": measured("rewards", day.sessions, day.rows),
    }


def _print(standing: Standing) -> None:
    stages, groups = standing.curriculum.stages, len(standing.curriculum.assignments)
    position = (standing.curriculum.position(standing.stage.name) or 0) + 1
    days, moves = _days(standing), standing.history
    group = f", assignment {standing.assignment} of {groups}" if groups else ""
    console.print(
        f"{standing.subject.id}: stage '{standing.stage.name}' ({position} of {len(stages)}) of "
        f"'{standing.curriculum.name}'{group}, since {standing.entry.at:%Y-%m-%d %H:%M}",
        soft_wrap=True,
    )
    print_table(
        ("at", "stage", "by", "reason"),
        [(f"{e.at:%Y-%m-%d %H:%M}", e.stage, e.by, e.reason) for e in moves[-SHOWN_MOVES:]],
        f"\nLast {min(len(moves), SHOWN_MOVES)} of {counted(len(moves), 'move')}",
    )
    if days:
        print_table(
            ("day", "sessions", "trials", "hits", "FA", "d'", "rewards"),
            [tuple(_figures(day).values()) for day in days[-SHOWN_DAYS:]],
            f"\nLast {min(len(days), SHOWN_DAYS)} of {counted(len(days), 'day')} in this stage",
        )
    console.print()
    console.print(standing.decision.sentence(), soft_wrap=True)
    if standing.decision.verdict != "hold":
        console.print(
            f"Accept it: {typed(f'stage {standing.subject.id} --accept')}", soft_wrap=True
        )
