"""Where the states of a trial's graph stand when it is drawn: in layers, from the first one down.

No Qt here. The way is that of Sugiyama, Tagawa and Toda (1981, "Methods for visual understanding
of hierarchical system structures"): each state stands one layer below the last of those that lead
to it, arrows that pass a layer get a point in it, and each layer is ordered by the mean place of
its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rig.graph import END

PASSING = 0.35
"""Width that an arrow takes where it passes a layer; that of a state is 1."""
SWEEPS = 6

Edge = tuple[str, str]


@dataclass(frozen=True)
class Place:
    """A state in the drawing.

    Attributes
    ----------
    name, meaning, outcome
        As the protocol gives them; the outcome is empty if the state gives none.
    x, y
        Its middle: widths of a state from the left, and layers from the top.
    ends
        Whether the trial may end here.
    """

    name: str
    meaning: str
    outcome: str
    x: float
    y: int
    ends: bool


@dataclass(frozen=True)
class Arrow:
    """The ways from one state to another.

    Attributes
    ----------
    source, target
        The states.
    causes
        What leads along it, in words.
    points
        Where it runs, from the source on, in the units of `Place`.
    """

    source: str
    target: str
    causes: tuple[str, ...]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class GraphLayout:
    """A drawing: `width` in states, and `height` in layers."""

    width: float
    height: int
    places: tuple[Place, ...]
    arrows: tuple[Arrow, ...]


def ways_out(state: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return every way out of a recorded state as (cause, target).

    Examples
    --------
    >>> ways_out({"name": "wait", "timeout": "miss", "to": {"lick_on": "hit"}})
    [('timeout', 'miss'), ('lick on', 'hit')]
    """
    ways = [("timeout", state["timeout"])] if state.get("timeout") else []
    ways += [(event.replace("_", " "), target) for event, target in state.get("to", {}).items()]
    ways += [
        (f"{count['measure']} >= {count['reaches']:g}", count["target"])
        for count in state.get("count", ())
        if count.get("target") and count.get("reaches") is not None
    ]
    ways += [
        (f"{rule['measure']} >= {rule['at_least']:g}", rule["target"])
        for rule in state.get("decide", ())
    ]
    return [*ways, ("otherwise", state["otherwise"])] if state.get("otherwise") else ways


def lay_out(states: Sequence[Mapping[str, Any]], first: str) -> GraphLayout:
    """Return where the states stand, and how the arrows run.

    Parameters
    ----------
    states
        The states as `rig.events.GraphDefined` has them.
    first
        The state in which the trial begins.
    """
    causes = _causes(states)
    names = _reached_first(states, first)
    back = _backward(names, causes)
    forward = [(b, a) if (a, b) in back else (a, b) for a, b in causes if a != b]
    layer = _layers(names, forward)
    rows, chains = _rows(names, layer, forward)
    rows = _ordered(rows, chains)
    x = _columns(rows)
    return GraphLayout(
        width=max((_width(row) for row in rows), default=1.0),
        height=len(rows),
        places=tuple(_place(state, x[state["name"]], layer[state["name"]]) for state in states),
        arrows=tuple(
            _arrow(edge, causes[edge], _chain(edge, chains, back), x, layer)
            for edge in causes
            if edge[0] != edge[1]
        ),
    )


def _causes(states: Sequence[Mapping[str, Any]]) -> dict[Edge, tuple[str, ...]]:
    """Return what leads from each state to each other one; ends of the trial are left out."""
    known = {state["name"] for state in states}
    found: dict[Edge, tuple[str, ...]] = {}
    for state in states:
        for cause, target in ways_out(state):
            edge = state["name"], target
            if target != END and target in known:
                found[edge] = (*found.get(edge, ()), cause)
    return found


def _reached_first(states: Sequence[Mapping[str, Any]], first: str) -> list[str]:
    """Return the names of the states, the first one before all others."""
    names = [state["name"] for state in states]
    return sorted(names, key=lambda name: name != first)


def _backward(names: Sequence[str], causes: Mapping[Edge, object]) -> set[Edge]:
    """Return the edges that lead back to a state on the way to themselves."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for source, target in causes:
        after[source].append(target)
    found: set[Edge] = set()
    on_the_way: set[str] = set()
    done: set[str] = set()
    for start in names:
        stack = [(start, iter(after[start]))] if start not in done else []
        on_the_way.add(start)
        while stack:
            name, targets = stack[-1]
            target = next(targets, "")
            if not target:
                stack.pop()
                on_the_way.discard(name)
                done.add(name)
            elif target in on_the_way:
                found.add((name, target))
            elif target not in done:
                on_the_way.add(target)
                stack.append((target, iter(after[target])))
        on_the_way.discard(start)
    return found


def _layers(names: Sequence[str], forward: Sequence[Edge]) -> dict[str, int]:
    """Return the layer of each state: the longest way to it."""
    layer = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in forward:
            layer[target] = max(layer[target], layer[source] + 1)
    return layer


Chains = dict[Edge, tuple[str, ...]]


def _rows(
    names: Sequence[str], layer: Mapping[str, int], forward: Sequence[Edge]
) -> tuple[list[list[str]], Chains]:
    """Return what stands in each layer, and each edge as the chain of what it passes."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=0) + 1)]
    for name in names:
        rows[layer[name]].append(name)
    chains: Chains = {}
    for source, target in forward:
        if (source, target) in chains:
            continue
        passed = [f"{source}>{target}>{at}" for at in range(layer[source] + 1, layer[target])]
        for at, name in enumerate(passed, layer[source] + 1):
            rows[at].append(name)
        chains[source, target] = (source, *passed, target)
    return rows, chains


def _ordered(rows: list[list[str]], chains: Chains) -> list[list[str]]:
    """Return the rows in the order in which the fewest arrows cross, of those tried."""
    steps = [step for chain in chains.values() for step in pairwise(chain)]
    above: dict[str, list[str]] = {name: [] for row in rows for name in row}
    below: dict[str, list[str]] = {name: [] for row in rows for name in row}
    for upper, lower in steps:
        above[lower].append(upper)
        below[upper].append(lower)
    best, fewest = rows, _crossings(rows, steps)
    for sweep in range(SWEEPS):
        neighbours = below if sweep % 2 else above
        rows = [_by_neighbours(row, neighbours, _columns(rows)) for row in rows]
        crossings = _crossings(rows, steps)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _by_neighbours(
    row: list[str], neighbours: Mapping[str, list[str]], x: Mapping[str, float]
) -> list[str]:
    """Return a row sorted by the mean place of each one's neighbours."""

    def mean(name: str) -> float:
        places = [x[other] for other in neighbours[name]]
        return sum(places) / len(places) if places else x[name]

    return sorted(row, key=mean)


def _crossings(rows: Sequence[Sequence[str]], steps: Sequence[Edge]) -> int:
    """Return how many pairs of steps between two layers cross."""
    at = {name: (y, place) for y, row in enumerate(rows) for place, name in enumerate(row)}
    ends = [(at[upper], at[lower]) for upper, lower in steps]
    return sum(
        a[0][0] == b[0][0] and (a[0][1] - b[0][1]) * (a[1][1] - b[1][1]) < 0
        for number, a in enumerate(ends)
        for b in ends[:number]
    )


def _columns(rows: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return the middle of all that stands in the rows, each row in the middle of the drawing."""
    widest = max((_width(row) for row in rows), default=1.0)
    x: dict[str, float] = {}
    for row in rows:
        free = (widest - _width(row)) / (len(row) + 1) if row else 0.0
        left = free
        for name in row:
            x[name] = left + _own_width(name) / 2
            left += _own_width(name) + free
    return x


def _width(row: Sequence[str]) -> float:
    return sum(map(_own_width, row))


def _own_width(name: str) -> float:
    return PASSING if ">" in name else 1.0


def _place(state: Mapping[str, Any], x: float, y: int) -> Place:
    ends = any(target == END for _, target in ways_out(state))
    return Place(state["name"], state.get("meaning", ""), state.get("outcome") or "", x, y, ends)


def _chain(edge: Edge, chains: Chains, back: set[Edge]) -> tuple[str, ...]:
    """Return what an edge passes, in the order in which it runs."""
    source, target = edge
    return chains[target, source][::-1] if edge in back else chains[edge]


def _arrow(
    edge: Edge,
    causes: tuple[str, ...],
    chain: Sequence[str],
    x: Mapping[str, float],
    layer: Mapping[str, int],
) -> Arrow:
    """Return the arrow along a chain."""
    source, target = edge
    step = 1 if layer[source] < layer[target] else -1
    points = tuple((x[name], float(layer[source] + step * at)) for at, name in enumerate(chain))
    return Arrow(source, target, causes, points)
