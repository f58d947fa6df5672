"""``rig today``: the mice of the day in their order."""

from __future__ import annotations

from typing import Annotated

import typer

from rig.commands.entering import ByOption, author, checked_text, now_utc
from rig.commands.water import DayOption
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab
from rig.counting import counted
from rig.day_plan import DayMouse
from rig.ledger.days import local_day, zone_of


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("today", epilog="Example: rig today")(today)


def today(
    day: DayOption = None,
    skip: Annotated[str, typer.Option(help="Leave this mouse out today.", show_default=False)] = "",
    reason: Annotated[str, typer.Option(help="Why it is left out.", show_default=False)] = "",
    by: ByOption = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Show the mice of the day in their order: rig, suggested stage, last session, how far each is.

    The order is that of day-plan.toml or, without such a file, that of the last day with sessions.
    """
    from rig import day_board

    the, now = the_lab(lab), now_utc()
    if skip:
        why = checked_text(reason, "--reason")
        if not why or day:
            raise typer.BadParameter("--skip needs --reason, and holds for today")
        day_board.skip(the, skip, why, author(by), now)
    found = day_board.day_board(the, day.date() if day else local_day(now, zone_of(the.config)))
    if json:
        print_json(found)
        return
    print_table(
        ("mouse", "tag", "rig", "state", "stage", "last session"),
        [
            (
                each.subject,
                each.ear_tag,
                each.rig,
                f"{each.state}: {each.why}" if each.why else each.state,
                each.stage.stage if each.stage else each.protocol,
                _last(each),
            )
            for each in found.mice
        ],
        f"{found.day}: {found.order}",
    )
    console.print()
    if found.problem:
        console.print(f"LOOK  {found.problem}", soft_wrap=True, markup=False)
    for each in found.mice:
        if each.stage is not None and each.stage.verdict != "hold":
            console.print(f"{each.subject}: {each.stage.sentence}", soft_wrap=True, markup=False)
        if each.problem:
            console.print(f"LOOK  {each.subject}: {each.problem}", soft_wrap=True, markup=False)


def _last(mouse: DayMouse) -> str:
    last = mouse.last
    return "" if last is None else f"{last.day} {last.rig}, {counted(last.trials, 'trial')}"
