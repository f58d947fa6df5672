"""Draws the state graphs of a protocol with Graphviz, one panel for each kind of trial."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import graphviz
import msgspec

from rig.devices import describe
from rig.errors import ConfigError
from rig.graph import END, State, TrialGraph

_FILL = {
    "hit": "#cfe8dc",
    "correct_rejection": "#d3e5f3",
    "miss": "#f6e7c1",
    "false_alarm": "#f5d5c8",
}


class Drawn(msgspec.Struct, frozen=True):
    """One shape of graph, as the first trials of a protocol have it.

    Attributes
    ----------
    graph
        The first trial of that shape.
    timeouts
        State -> shortest and longest of its timeouts in seconds.
    """

    graph: TrialGraph
    timeouts: dict[str, tuple[float, float]]


def shapes_of(graphs: Iterable[TrialGraph]) -> list[Drawn]:
    """Return every shape among graphs of trials, ordered by trial type."""
    found: dict[object, list[TrialGraph]] = {}
    for graph in graphs:
        found.setdefault((graph.trial_type, graph.shape()), []).append(graph)
    drawn = [Drawn(same[0], _timeouts(same)) for same in found.values()]
    return sorted(drawn, key=lambda one: one.graph.trial_type)


def _timeouts(graphs: Sequence[TrialGraph]) -> dict[str, tuple[float, float]]:
    """Return the range of each state's timeout over graphs of one shape."""
    found: dict[str, list[float]] = {}
    for graph in graphs:
        for state in graph.states:
            if state.timeout:
                found.setdefault(state.name, []).append(state.timeout[0])
    return {name: (min(times), max(times)) for name, times in found.items()}


def draw(shapes: Iterable[Drawn], title: str, path: Path) -> None:
    """Draw graphs into one file; the ending of `path` (svg, png, pdf) gives the format.

    Raises
    ------
    ConfigError
        If Graphviz is not installed, or the format is unknown.
    """
    if shutil.which("dot") is None:
        raise ConfigError(
            "Graphviz is not installed",
            "the program 'dot'",
            "Install it: `sudo apt install graphviz`, `brew install graphviz` or "
            "`winget install Graphviz.Graphviz`.",
        )
    form = path.suffix.lstrip(".").lower()
    if form not in {"svg", "png", "pdf"}:
        raise ConfigError(
            f"'{form}' is no format for drawings",
            str(path),
            "Let the file end in .svg, .png or .pdf.",
        )
    figure = _figure(title)
    for number, shape in enumerate(shapes):
        with figure.subgraph(name=f"cluster_{number}") as panel:
            _panel(panel, shape, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(figure.pipe(format=form))


def _figure(title: str) -> graphviz.Digraph:
    font = {"fontname": "Helvetica,Arial,sans-serif"}
    return graphviz.Digraph(
        graph_attr={
            **font,
            "label": title,
            "labelloc": "t",
            "fontsize": "18",
            "nodesep": "0.35",
            "ranksep": "0.4",
            "dpi": "110",
            "bgcolor": "white",
        },
        node_attr={
            **font,
            "shape": "box",
            "style": "rounded,filled",
            "fillcolor": "#f7f7f7",
            "color": "#555555",
            "fontsize": "11",
            "margin": "0.14,0.08",
        },
        edge_attr={**font, "fontsize": "10", "color": "#555555", "arrowsize": "0.7"},
    )


def _panel(panel: graphviz.Digraph, shape: Drawn, number: int) -> None:
    """Draw one graph into its panel."""
    graph = shape.graph
    panel.attr(
        label=f"{graph.trial_type}: {graph.stimulus}",
        color="#bbbbbb",
        style="rounded",
        fontsize="14",
    )
    for state in graph.states:
        panel.node(
            f"{number}_{state.name}",
            _label(state),
            fillcolor=_FILL.get(state.outcome or "", "#f7f7f7"),
            shape="diamond" if state.otherwise else "box",
            style="filled" if state.otherwise else "rounded,filled",
        )
        for cause, target in state.targets():
            panel.edge(
                f"{number}_{state.name}",
                f"{number}_{target}",
                f" {_cause(state, cause, shape.timeouts)} ",
            )
    panel.node(f"{number}_{END}", "end of trial", shape="plaintext", style="", fillcolor="none")


def _label(state: State) -> str:
    """Return name, meaning, and what the state does, as a Graphviz HTML label."""
    lines = [f"<B>{_escape(state.name)}</B>"]
    lines += [
        f'<FONT POINT-SIZE="9">{_escape(part)}</FONT>' for part in textwrap.wrap(state.meaning, 34)
    ]
    for action in state.enter:
        verb, detail, value = describe(action)
        what = detail or ("" if value is None else f"{value:g} uL")
        lines.append(f"<I>{_escape(f'{action.device}: {verb} {what}'.strip())}</I>")
    lines += [
        f"<I>{_escape(f'times {dwell.device} as {dwell.measure}')}</I>" for dwell in state.dwell
    ]
    lines += [
        f"<I>{_escape(f'counts {count.event} as {count.measure}')}</I>" for count in state.count
    ]
    if state.outcome:
        lines.append(f'<FONT COLOR="#222222"><B>{_escape(f"outcome: {state.outcome}")}</B></FONT>')
    return f"<{'<BR/>'.join(lines)}>"


def _cause(state: State, cause: str, timeouts: Mapping[str, tuple[float, float]]) -> str:
    """Return what leads along an edge, with the seconds of a timeout."""
    if cause != "timeout":
        return cause
    shortest, longest = timeouts[state.name]
    seconds = f"{shortest:g} s" if shortest == longest else f"{shortest:.1f} to {longest:.1f} s"
    return f"{seconds}, anew at {', '.join(state.restart)}" if state.restart else seconds


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
