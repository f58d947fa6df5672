"""The timing of a session in its report: what was requested, and what was achieved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from analysis.html import banner, heading, paragraph, table
from analysis.timing import output_timing, state_timing
from rig.events import Definition, Event
from rig.timing import recorded_problems


def timing_parts(definition: Definition, events: Sequence[Event]) -> Iterator[str]:
    """Return the tables of states and of devices, where there are any.

    And that the record of the rig's timing is refused, if it is.
    """
    for each in recorded_problems(definition.rig, definition.calibration_toml):
        told = f"{each.where} {each.what}."
        yield banner(f"The times of outputs have no uncertainty: {told}", "bad")
    timing = state_timing(events)
    if timing:
        yield heading("Timing of the states: requested and achieved")
        yield table(
            ("state", "entered", "requested s", "shortest s", "longest s", "error ms", "late ms"),
            [msgspec.structs.astuple(state) for state in timing],
        )
        yield paragraph(
            "Error: largest difference between requested and achieved, where the timeout ended "
            "the state. Late: how late, at most, the engine dealt with an entry.",
            "quiet",
        )
    outputs = output_timing(events)
    if outputs:
        yield heading("Timing of the devices: requested and achieved")
        yield table(
            ("device", "what", "times", "shortest s", "longest s", "off ms", "at most ms"),
            [msgspec.structs.astuple(output) for output in outputs],
        )
        yield paragraph(
            "Shortest and longest: of what was requested. Off: achieved less requested, on "
            "average; at most: the largest difference.",
            "quiet",
        )
