"""Draws the state graphs of a protocol with Graphviz, one panel for each kind of trial."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import graphviz
import msgspec

from rig.devices import describe
from rig.errors import ConfigError
from rig.graph import END, Flash, Play, Show, State, TrialGraph
from rig.graph_check import reachable

MOST_NAMES = 4
_FILL = {
    "hit": "#cfe8dc",
    "correct_rejection": "#d3e5f3",
    "miss": "#f6e7c1",
    "false_alarm": "#f5d5c8",
}


class Drawn(msgspec.Struct, frozen=True):
    """One panel: the trials of a type that differ only in what is presented, and in their lead.

    Attributes
    ----------
    graph
        One of these trials, with the states of all of them.
    timeouts
        State -> shortest and longest of its timeouts in seconds.
    stimuli
        What the trials present, in the order in which it first came.
    presented
        State -> what it presents: device, verb and names of the stimuli.
    sometimes
        States that only some of the trials have.
    """

    graph: TrialGraph
    timeouts: dict[str, tuple[float, float]]
    stimuli: list[str]
    presented: dict[str, list[tuple[str, str, list[str]]]]
    sometimes: list[str]


def shapes_of(graphs: Iterable[TrialGraph]) -> list[Drawn]:
    """Return the panels for graphs of trials, ordered by trial type."""
    found: dict[object, list[TrialGraph]] = {}
    for graph in graphs:
        found.setdefault((graph.trial_type, _skeleton(graph)), []).append(graph)
    drawn = [_drawn(same) for same in found.values()]
    return sorted(drawn, key=lambda one: one.graph.trial_type)


def _drawn(graphs: Sequence[TrialGraph]) -> Drawn:
    """Return the panel of trials with one skeleton."""
    states: dict[str, State] = {}
    for graph in graphs:
        states.update((state.name, state) for state in graph.states if state.name not in states)
    everywhere = set.intersection(*({state.name for state in graph.states} for graph in graphs))
    sometimes = [name for name in states if name not in everywhere]
    ordered = [states[name] for name in (*sometimes, *(n for n in states if n in everywhere))]
    return Drawn(
        graph=msgspec.structs.replace(graphs[0], states=tuple(ordered)),
        timeouts=_timeouts(graphs),
        stimuli=sorted({graph.stimulus for graph in graphs}, key=_natural),
        presented=_presented(graphs),
        sometimes=sometimes,
    )


def _presented(graphs: Sequence[TrialGraph]) -> dict[str, list[tuple[str, str, list[str]]]]:
    """Return what each state of these trials presents: device, verb and names."""
    found: dict[str, dict[tuple[str, str], set[str]]] = {}
    for graph in graphs:
        for state in graph.states:
            for action in state.enter:
                if isinstance(action, Play | Show | Flash):
                    verb, name, _ = describe(action)
                    by = found.setdefault(state.name, {})
                    by.setdefault((action.device, verb), set()).add(name)
    return {
        state: [(device, verb, sorted(names, key=_natural)) for (device, verb), names in by.items()]
        for state, by in found.items()
    }


def _natural(name: str) -> list[tuple[int, str]]:
    """Return what names are ordered by: the numbers in them count as numbers.

    Examples
    --------
    >>> sorted(["135 deg", "45 deg", "A"], key=_natural)
    ['45 deg', '135 deg', 'A']
    """
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (sys.maxsize, part) for part in parts]


def _skeleton(graph: TrialGraph) -> object:
    """Return what the trials of a panel share: their states from the onset of the stimulus on.

    What is presented and the lengths of timeouts are left out.
    """
    states = {state.name: state for state in graph.states}
    reached = reachable(states, graph.stimulus_state or graph.states[0].name)
    bare = [_bare(state) for state in graph.states if state.name in reached]
    return TrialGraph(tuple(bare), "", "").shape()


def _bare(state: State) -> State:
    """Return a state without what it presents."""
    enter = tuple(a for a in state.enter if not isinstance(a, Play | Show | Flash))
    return msgspec.structs.replace(state, enter=enter)


def _timeouts(graphs: Sequence[TrialGraph]) -> dict[str, tuple[float, float]]:
    """Return the range of each state's timeout over graphs."""
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
        label=f"{graph.trial_type}: {_listed(shape.stimuli)}",
        color="#bbbbbb",
        style="rounded",
        fontsize="14",
    )
    for state in graph.states:
        panel.node(
            f"{number}_{state.name}",
            _label(state, shape),
            fillcolor=_FILL.get(state.outcome or "", "#f7f7f7"),
            shape="diamond" if state.otherwise else "box",
            style=_style(state, shape),
        )
        for cause, target in state.targets():
            panel.edge(
                f"{number}_{state.name}",
                f"{number}_{target}",
                f" {_cause(state, cause, shape.timeouts)} ",
            )
    panel.node(f"{number}_{END}", "end of trial", shape="plaintext", style="", fillcolor="none")


def _style(state: State, shape: Drawn) -> str:
    """Return the style of a state's box: dashed if only some trials have the state."""
    corners = "filled" if state.otherwise else "rounded,filled"
    return f"{corners},dashed" if state.name in shape.sometimes else corners


def _listed(names: Sequence[str]) -> str:
    """Return names in a row; of many only the first ones.

    Examples
    --------
    >>> _listed(["A", "B"]), _listed(["A", "B", "C", "D", "E"])
    ('A, B', 'A, B, C and 2 more')
    """
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    few = MOST_NAMES - 1
    return f"{', '.join(names[:few])} and {len(names) - few} more"


def _label(state: State, shape: Drawn) -> str:
    """Return name, meaning, and what the state does, as a Graphviz HTML label."""
    lines = [f"<B>{_escape(state.name)}</B>"]
    if state.name in shape.sometimes:
        lines.append('<FONT POINT-SIZE="9">(in some trials)</FONT>')
    lines += [
        f'<FONT POINT-SIZE="9">{_escape(part)}</FONT>' for part in textwrap.wrap(state.meaning, 34)
    ]
    for device, verb, stimuli in shape.presented.get(state.name, []):
        lines.append(f"<I>{_escape(f'{device}: {verb} {_listed(stimuli)}')}</I>")
    for action in _bare(state).enter:
        verb, _, value = describe(action)
        what = "" if value is None else f"{value:g} uL"
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
