"""``rig align``: the clock of another recorder aligned to that of a session."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from rig.console import (
    JsonOption,
    LabOption,
    console,
    print_json,
    print_table,
    the_session,
    told_if_stopped,
)
from rig.errors import OptionError, RecordingError
from rig.session_folder import SessionFolder

if TYPE_CHECKING:
    from analysis.clocks.alignment import Alignment
    from analysis.clocks.pulses import Pulses
    from analysis.clocks.store import AlignmentFile
    from rig.dataset import SessionData

MOST_LISTED = 20
"""So many pulses are listed on the screen; the file has all."""
_COLUMNS = (
    "matched", "missing", "extra", "drift (ppm)", "offset (s)", "residual SD (ms)", "worst (ms)",
    "uncertainty (ms)",
)  # fmt: skip


@dataclass(frozen=True)
class Other:
    """What the other recorder saw: its file, and the line in it."""

    file: Path
    channel: str | None


class By(StrEnum):
    """By what pulses are known again."""

    PULSES = "pulses"
    BARCODE = "barcode"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("align", epilog="Example: rig align SIM01 --with ephys.nwb --channel sync")(align)


def align(
    session: Annotated[str, typer.Argument(help="SUBJECT/DATE/N, SUBJECT or a folder.")],
    with_: Annotated[
        Path,
        typer.Option(
            "--with", help="What the other recorder saw of the line: .nwb, .csv, .npy, .stream."
        ),
    ],
    line: Annotated[
        str | None,
        typer.Option(help="The line of the session; by default its barcode.", show_default=False),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(help="The line in an .nwb or a .stream, if several.", show_default=False),
    ] = None,
    by: Annotated[
        By, typer.Option(help="Know pulses by their intervals, or by numbers in them.")
    ] = By.PULSES,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write, .json; in the session's folder.", show_default=False),
    ] = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Align the clock of another recorder to a session's, by pulses that both recorded.

    The alignment goes to alignment-FILE.json in the session's folder, a figure beside it. The
    session's own files are not touched.
    """
    if out is not None and out.suffix.lower() != ".json":
        raise OptionError(f"'{out}' is no file of an alignment", "--out", "End its name in .json.")
    folder = the_session(session, lab)
    file = out or folder.path / f"alignment-{with_.name}.json"
    with told_if_stopped("the alignment is not written; an earlier one is as it was."):
        made = _align(folder, Other(with_, channel), line, by, file)
    if json:
        print_json(
            {
                "written": str(file.resolve()),
                "figure": str(file.with_suffix(".png").resolve()),
                **_summary(made.alignment),
                **msgspec.to_builtins(made),
            }
        )
    else:
        _print(made.alignment, f"{folder.name}, {made.line} with {with_.name}", file)


def _align(
    folder: SessionFolder, other: Other, line: str | None, by: By, file: Path
) -> AlignmentFile:
    """Align the clocks, draw the figure, and write the alignment."""
    from analysis.clocks.files import read_pulses  # pandas and SciPy take a second to load
    from analysis.clocks.session_lines import default_line, session_pulses
    from analysis.clocks.store import write_alignment
    from rig.dataset import read_session

    data = read_session(folder.path)
    name = line or default_line(data)
    way = _way(by, name, data)
    found = _aligned(session_pulses(data, name), read_pulses(other.file, other.channel), way)
    _draw(found, file.with_suffix(".png"), data, name, other.file.name)
    return write_alignment(
        file, found, session=folder.name, line=name, file=other.file, channel=other.channel or "",
        by=way.value,
    )  # fmt: skip


def _way(by: By, line: str, data: SessionData) -> By:
    """Return by what the pulses are known: the code of the session's own barcode are intervals."""
    from rig.sync_lines import sync_of

    return By.PULSES if line == sync_of(data.record.definition.rig_toml).barcode else by


def _aligned(session: Pulses, other: Pulses, by: By) -> Alignment:
    from analysis.clocks.alignment import align_by_barcodes, align_by_intervals
    from models.errors import ModelError

    try:
        if by is By.BARCODE:
            return align_by_barcodes(session, other)
        return align_by_intervals(session, other)
    except ModelError as error:
        raise RecordingError(error.what, "both records", error.do) from error


def _draw(found: Alignment, figure: Path, data: SessionData, line: str, other: str) -> None:
    from analysis.clocks.figure import alignment_figure
    from analysis.figures import draw_and_save
    from analysis.report import simulated_words

    session, simulated = data.record.folder.name, simulated_words(data.record)
    title = f"{session}: {line} with {other}"
    made_of = {"line": line, "with": other, **_summary(found)}
    make = partial(alignment_figure, found, title, simulated)
    draw_and_save(make, figure, [session], made_of)


def _summary(found: Alignment) -> dict[str, object]:
    """Return what an alignment came to in numbers, in seconds but for the drift."""
    return {
        "matched_pulses": len(found.matched),
        "missing_pulses": len(found.missing),
        "extra_pulses": len(found.extra),
        "drift_ppm": found.mapping.drift_ppm,
        "offset": found.mapping.offset,
        "residual_sd": found.residual_sd,
        "worst": found.worst,
        "uncertainty": found.largest_uncertainty,
        "pieces": len(found.mapping.session) - 1,
    }


def _print(found: Alignment, title: str, file: Path) -> None:
    ms = [each * 1e3 for each in (found.residual_sd, found.worst, found.largest_uncertainty)]
    row = [
        len(found.matched), len(found.missing), len(found.extra), found.mapping.drift_ppm,
        found.mapping.offset, *ms,
    ]  # fmt: skip
    print_table(_COLUMNS, [row], title)
    for what, times in (
        ("missing, at seconds of the session", found.missing),
        ("extra, at seconds of the other clock", found.extra),
    ):
        if times:
            more = f" and {len(times) - MOST_LISTED} more" if len(times) > MOST_LISTED else ""
            listed = ", ".join(f"{time:.3f}" for time in times[:MOST_LISTED])
            console.print(f"{what}: {listed}{more}", soft_wrap=True)
    for what, count in (("session", found.session_beyond), ("file", found.other_beyond)):
        if count:
            console.print(
                f"{count} pulses of the {what} lie before or behind what the other record has.",
                soft_wrap=True,
            )
    console.print(f"Alignment: {file.resolve()}", soft_wrap=True)
    console.print(f"Figure: {file.with_suffix('.png').resolve()}", soft_wrap=True)
