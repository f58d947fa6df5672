"""What decoding a session came to, in words and tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.session_decoding.results import LeftOut, Result, Variable
from rig.console import console, print_table

_COLUMNS = (
    "of", "classes", "trials", "peak", "SEM", "at s", "chance", "threshold", "above it from s",
    "to s", "share",
)  # fmt: skip
MOST_NUMBERS = 8
"""So many units are named in a line."""


def print_result(found: Result) -> None:
    """Print the table of the variables, and what it was made of."""
    print_table(_COLUMNS, [_row(each) for each in found.variables], found.session)
    for line in _lines(found):
        console.print(line, soft_wrap=True, markup=False)


def _row(each: Variable) -> tuple[object, ...]:
    return (
        each.of, " / ".join(each.classes), "{} / {}".format(*each.trials), each.peak, each.peak_sem,
        f"{each.peak_time:.2f}", each.chance, each.threshold, _time(each.above_from),
        _time(each.above_until), each.above_share,
    )  # fmt: skip


def _time(time: float | None) -> str:
    return "never" if time is None else f"{time:.2f}"


def _lines(found: Result) -> Iterator[str]:
    """Yield what else is to be told, a line each."""
    width = (2 * found.neighbours + 1) * found.bin * 1000
    yield (
        f"Logistic regression: C = {found.strength:g}, {found.folds} folds in the order of the "
        f"trials, windows of {width:g} ms, z scores by the baseline from {found.window[0]:g} s on."
    )
    if found.smoothing and found.kind == "spikes":
        reach = 2 * found.smoothing + found.neighbours * found.bin
        yield (
            f"Rates are smoothed (SD {found.smoothing:g} s): a bin sees spikes up to {reach:.2f} s "
            "before and behind it, and what begins may seem to begin that much earlier."
        )
    yield (
        f"Chance: {found.shuffles} shuffles of the labels; 5 % of them exceed the threshold "
        "somewhere, at whatever time."
    )
    if found.alignment:
        yield f"Clock: brought to that of the session by {found.alignment}"
    if found.overlapping:
        yield (
            f"{found.overlapping} trials begin within the {found.window[1]:g} s of the one before: "
            "late bins hold two trials. --window shortens them."
        )
    yield from _drift_lines(found.variables)
    yield from _angle_lines(found)
    yield from _counted("Trials", found.trials, found.trials_left_out)
    yield from _counted("Units", len(found.units), found.units_left_out)


def _drift_lines(variables: Sequence[Variable]) -> Iterator[str]:
    for each in variables:
        if each.drift is not None:
            yield (
                f"Drift control: left-out trials are told right in {each.drift.middle:.2f} at the "
                f"change of context, and in {each.drift.edges:.2f} at the ends of the session. "
                "What is told at the ends alone may be drift."
            )
        elif each.no_drift:
            yield f"No drift control of {each.of}: {each.no_drift}"


def _angle_lines(found: Result) -> Iterator[str]:
    accuracy = {each.of: each.in_angle for each in found.variables}
    doubtful = {
        each.of for each in found.variables
        if each.in_angle is not None and each.in_angle <= each.threshold_of_bin
    }  # fmt: skip
    for each in found.angles:
        told = ", ".join(f"{name} {accuracy[name]:.2f}" for name in (each.one, each.other))
        noise = [name for name in (each.one, each.other) if name in doubtful]
        doubt = f"; {' and '.join(noise)}: no better than chance there, so the angle tells nothing"
        yield (
            f"Angle of {each.one} and {each.other}, {found.angle[0]:g} to {found.angle[1]:g} s: "
            f"{each.degrees:.0f} degrees (accuracy: {told}{doubt if noise else ''})."
        )


def _counted(what: str, used: int, left_out: Sequence[LeftOut]) -> Iterator[str]:
    yield f"{what}: {used} used."
    for each in left_out:
        shown = ", ".join(map(str, each.which[:MOST_NUMBERS]))
        more = ", ..." if len(each.which) > MOST_NUMBERS else ""
        yield f"  left out: {len(each.which)} {each.why} ({shown}{more})"
