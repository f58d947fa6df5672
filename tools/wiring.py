"""Draw the wiring of a reference rig: ``python tools/wiring.py`` writes ``docs/images/wiring.svg``.

The rig serves both papers' needs on one card (`docs/how-to/ni-card.md` has its rig file).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import graphviz

PICTURE = Path(__file__).resolve().parent.parent / "docs/images/wiring.svg"


class Wire(NamedTuple):
    """A wire of the card: its terminal, the part at its other end, and what it carries."""

    terminal: str
    part: str
    carries: str


VALVE = "valve driver\\n(pull-down, one-shot of 1 s)"
VACUUM = "vacuum driver\\n(pull-down, one-shot of 1 s)"
LED = "driver of the projector's LED\\n(enable input, pull-down)"
INPUTS = (
    Wire("ai0", "photodiode at the screen's patch", "light"),
    Wire("ai1", "lick circuit, spout to ground", "licks (V)"),
    Wire("ai2", "treadmill", "speed"),
    Wire("ai3", "microphone, to calibrate and to test", "sound"),
    Wire("port0/line0", "beam across the port", "visits"),
    Wire("port0/line1", "beam at the spout, or lickometer", "licks"),
    Wire("port0/line5", "imaging camera", "exposure"),
)
OUTPUTS = (
    Wire("ctr0 = PFI12", VALVE, "drops"),
    Wire("ctr1 = PFI13", VACUUM, "vacuum"),
    Wire("ao0", "amplifier and speaker", "sound"),
    Wire("port0/line6", "Intan board, digital in 1", "onset"),
    Wire("port0/line6", "projector, trigger in", "onset: starts armed flashes"),
    Wire("port0/line7", "Intan board, digital in 2", "barcode"),
    Wire("port1/line1", "house light", "on, off"),
    Wire("port1/line2", "masking light", "on, off"),
    Wire("port1/line3", LED, "on in a session"),
)
LOOPS = (
    Wire("port0/line2", "ctr0 = PFI12", "read-back of the valve"),
    Wire("port0/line3", "ctr1 = PFI13", "read-back of the vacuum"),
    Wire("port0/line4", "port0/line6", "read-back of the onset"),
    Wire("PFI0", "port0/line6", "start trigger of sound and armed drops"),
)
BESIDE = (
    ("computer", "screen with a patch in its corner", "video"),
    ("computer", "projector", "video, control"),
    ("computer", "behaviour and imaging cameras", "USB, Ethernet"),
)
SUPPLY = "supply of valves and lights\\n(through the emergency button)"
SUPPLIED = (VALVE, VACUUM, "house light", "masking light", LED)


def drawing() -> graphviz.Digraph:
    """Return the drawing: sensors, the card with its terminals, and what it switches."""
    graph = graphviz.Digraph("wiring")
    graph.attr(rankdir="LR", ranksep="1.3", nodesep="0.14", fontname="Helvetica")
    graph.attr("node", shape="box", fontname="Helvetica", fontsize="11", style="rounded")
    graph.attr("edge", fontname="Helvetica", fontsize="9", arrowsize="0.6")
    left = [*(wire.terminal for wire in INPUTS), *(wire.terminal for wire in LOOPS)]
    right = list(dict.fromkeys(wire.terminal for wire in OUTPUTS))
    graph.node("card", _card(left, right), shape="plain", style="")
    for wire in INPUTS:
        graph.edge(wire.part, f"card:{_port(wire.terminal)}:w", label=wire.carries)
    for wire in OUTPUTS:
        graph.edge(f"card:{_port(wire.terminal)}:e", wire.part, label=wire.carries)
    for wire in LOOPS:
        name = f"back-{wire.terminal}"
        graph.node(name, f"wire from {wire.part}", shape="plain", style="", fontcolor="gray30")
        graph.edge(name, f"card:{_port(wire.terminal)}:w", label=wire.carries, style="dashed")
    for here, there, carries in BESIDE:
        graph.edge(here, there, label=carries, style="bold")
    # Ranks run from left to right: the supply stands at the far side of what it feeds.
    for part in SUPPLIED:
        graph.edge(part, SUPPLY, color="red3", dir="back")
    return graph


def _port(terminal: str) -> str:
    return "".join(letter for letter in terminal if letter.isalnum())


def _card(left: list[str], right: list[str]) -> str:
    """Return the card as a table: inputs on its left, outputs on its right."""
    rows = []
    for number in range(max(len(left), len(right))):
        cells = [_cell(side, number, align) for side, align in ((left, "left"), (right, "right"))]
        rows.append(f"<tr>{cells[0]}{cells[1]}</tr>")
    title = '<tr><td colspan="2"><b>NI card: Dev1</b></td></tr>'
    body = "".join(rows)
    return (
        f'<<table border="1" cellborder="0" cellspacing="2" cellpadding="4">{title}{body}</table>>'
    )


def _cell(side: list[str], number: int, align: str) -> str:
    if number >= len(side):
        return "<td></td>"
    return f'<td port="{_port(side[number])}" align="{align}">{side[number]}</td>'


if __name__ == "__main__":
    drawing().render(outfile=PICTURE, cleanup=True)
    print(f"wrote {PICTURE}")
