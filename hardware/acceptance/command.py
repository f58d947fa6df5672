"""The verb ``rig acceptance``: try whether a physical rig keeps to what experiments rely on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from hardware.acceptance.checks import CHECKS, make_all
from hardware.acceptance.place import Place
from hardware.acceptance.record import RECORD, keep
from hardware.acceptance.results import Result
from hardware.common.alone import alone_on
from hardware.weighing import balance_of, scales
from rig.console import JsonOption, LabOption, console, print_json, print_table, rig_file, the_lab
from rig.errors import ConfigError, ExitCode
from rig.person import Terminal
from rig.rig_plan import plan_rig

STOPPED = "Stopped: every device is off."


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("acceptance", epilog="Example: rig acceptance box1 --only latency --pulses 20")(
        acceptance
    )


def acceptance(
    rig: Annotated[str, typer.Argument(help="The rig: its name or its file.")],
    only: Annotated[
        list[str] | None,
        typer.Option(help=f"Make this check alone; may be repeated: {', '.join(CHECKS)}."),
    ] = None,
    pulses: Annotated[
        int, typer.Option(min=3, max=1000, help="Drops and stimuli of each check.")
    ] = 100,
    balance: Annotated[
        str,
        typer.Option(
            help="USB number of the balance (MT-SICS) under the spout; none: you type weights.",
            show_default="as in the rig file, else none",
        ),
    ] = "",
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Try whether a rig keeps to what experiments rely on; put a dish under each spout first.

    A check passes, fails, or is not applicable, and says why. The numbers and a picture of them
    stay in the lab's folder acceptance/. Exit code 4 if a check failed or none could be made, 7 if
    a session runs on the rig.
    """
    names = _chosen(only or [])
    the = the_lab(lab)
    path = rig_file(the, rig)
    made_at = datetime.now().astimezone()
    with (
        alone_on(the, path.stem, f"an acceptance test of '{path.stem}'", STOPPED),
        scales(balance_of(path, balance), the, Terminal()) as weigh,
    ):
        plan = plan_rig(the, path, simulate=False)
        results = make_all(Place(the, plan, pulses, weigh), names, _tell)
    folder = keep(the, path, results, made_at)
    if json:
        print_json({"folder": str(folder), "results": results})
    else:
        _print(results)
        console.print(f"Recorded: {folder / RECORD}", soft_wrap=True)
    verdicts = {result.verdict for result in results}
    if "fail" in verdicts or "pass" not in verdicts:
        raise typer.Exit(ExitCode.HARDWARE)


def _chosen(only: Sequence[str]) -> list[str]:
    """Return the checks to make; raise `ConfigError` if there is no such one."""
    for name in only:
        if name not in CHECKS:
            raise ConfigError(
                f"there is no check '{name}'", "--only", f"Name one of: {', '.join(CHECKS)}."
            )
    return [name for name in CHECKS if name in only or not only]


def _tell(what: str) -> None:
    typer.echo(f"{what} ...", err=True)


def _print(results: Sequence[Result]) -> None:
    rows: list[tuple[object, ...]] = []
    for result in results:
        name = (result.check, result.device or None)
        for value in result.values:
            verdict = "pass" if value.is_kept() else "FAIL"
            measured = None if value.measured is None else f"{value.measured:.7g} {value.unit}"
            rows.append((*name, verdict, value.what, measured, value.limit()))
        if not result.values:
            verdict = "FAIL" if result.verdict == "fail" else result.verdict
            rows.append((*name, verdict, None, None, result.words))
    print_table(("check", "device", "verdict", "value", "measured", "limit, or why"), rows)
    counts = Counter(result.verdict for result in results)
    console.print(
        ", ".join(f"{counts[each]} {each}" for each in ("pass", "fail", "not applicable"))
    )
