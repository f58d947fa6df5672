"""What commands print: tables and sentences for people, JSON for programs."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import rich.console
import rich.markup
import rich.table
import typer

from rig.errors import ExitCode, Problem, RigError, problems_of
from rig.lab import Lab, find_lab
from rig.session_folder import JOURNAL, SessionFolder, find_session

LONGEST_WORD = 18
"""Characters: the last column of a table is never folded to less."""
console = rich.console.Console(highlight=False)
"""Writes to standard output."""

LabOption = Annotated[
    Path | None,
    typer.Option(
        "--lab",
        help="The lab's folder; by default the one that the files or you are in.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def the_lab(folder: Path | None) -> Lab:
    """Return the lab named on the command line, else the one that the shell is in."""
    return find_lab(folder or Path.cwd())


def rig_file(lab: Lab, rig: str) -> Path:
    """Return the file of a rig that was named by its name or by its path."""
    named = lab.folder / "rigs" / f"{rig}.toml"
    return lab.find(Path(rig)) if rig.endswith(".toml") else named


def the_session(name: str, lab: Path | None) -> SessionFolder:
    """Return the session named on the command line; one named by its path needs no lab."""
    if (Path(name) / JOURNAL).is_file():
        return SessionFolder(Path(name).resolve())
    return find_session(the_lab(lab).data, name)


def typed(arguments: str) -> str:
    """Return a ``rig`` command as it is to be typed here: by its path, if it is on no path."""
    if shutil.which("rig"):
        return f"rig {arguments}"
    program = Path(sys.argv[0])
    near = program.is_relative_to(Path.cwd())
    return f"{program.relative_to(Path.cwd()) if near else program} {arguments}"


@contextlib.contextmanager
def told_if_stopped(words: str) -> Iterator[None]:
    """Say what is kept and what is not, if Ctrl-C ends the work in the block; then end by it."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"Stopped: {words}", err=True)
        raise typer.Exit(ExitCode.STOPPED) from None


def print_json(value: object) -> None:
    """Print a value as JSON; what is missing or not a number is null."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Print rows under their columns; None is shown as a dash, numbers stand on the right.

    Only the last column is folded; a table that is wider than the terminal all the same is
    not cut, since a number that has lost a digit would be read as another one.
    """
    cells = [[as_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    table = rich.table.Table(
        title=title or None, title_justify="left", box=None, header_style="bold", pad_edge=False
    )
    for index, column in enumerate(columns):
        numbers = all(isinstance(row[index], int | float | None) for row in rows)
        justify: Literal["left", "right"] = "right" if numbers else "left"
        table.add_column(
            column, justify=justify, overflow="fold", no_wrap=column != columns[-1],
            min_width=min(widths[index], LONGEST_WORD),
        )  # fmt: skip
    for row in cells:
        table.add_row(*map(rich.markup.escape, row))
    needed = sum(widths[:-1]) + min(widths[-1], LONGEST_WORD) + 2 * (len(widths) - 1)
    wide = rich.console.Console(highlight=False, width=max(console.width, needed))
    wide.print(table, soft_wrap=needed > console.width)


def as_cell(value: object) -> str:
    """Return a value as it stands in a table.

    Examples
    --------
    >>> as_cell(None), as_cell(True), as_cell(0.7512), as_cell(250), as_cell(-1e-9)
    ('-', 'yes', '0.751', '250', '0.000')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:z.3f}" if isinstance(value, float) else str(value)


def print_problems(problems: Iterable[Problem]) -> None:
    """Print what is wrong, each with its place and its remedy."""
    for problem in problems:
        colour = "red" if problem.level == "error" else "yellow"
        what, where, do = (
            rich.markup.escape(text) for text in (problem.what, problem.where, problem.do)
        )
        console.print(
            f"[{colour}]{problem.level}[/]: {what}\n  where: {where}\n  do: {do}", soft_wrap=True
        )


def print_error(error: RigError, *, json: bool) -> None:
    """Print an error to standard error, all problems of it; with `json` to standard output too."""
    problems = problems_of(error)
    if json:
        print_json({"problems": problems})
    for problem in problems:
        typer.echo(f"error: {problem.what}\n  where: {problem.where}\n  do: {problem.do}", err=True)
