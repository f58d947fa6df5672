"""Asks the protocol for the next trial and lets nothing through that is not sound."""

from __future__ import annotations

from collections.abc import Sequence

from rig.errors import GraphError, ProtocolError
from rig.graph import TrialGraph
from rig.graph_check import GraphCheck
from rig.protocol import Finished, TrialProtocol
from rig.trials import TrialRow


class TrialSource:
    """The protocol's trials, each graph checked when its shape is seen for the first time.

    Attributes
    ----------
    protocol
        The protocol.
    rows
        The finished trials, which the protocol may look at.
    """

    def __init__(self, protocol: TrialProtocol, check: GraphCheck) -> None:
        self.protocol = protocol
        self.rows: Sequence[TrialRow] = ()
        self._check = check
        self._sound_shapes: set[object] = set()

    def trial(self, number: int) -> TrialGraph | Finished:
        """Return the graph of trial `number`, or `Finished`; raise `ProtocolError` if unsound."""
        graph = ask(self.protocol, number, self.rows)
        if isinstance(graph, Finished):
            return graph
        shape = graph.shape()
        if shape not in self._sound_shapes:
            problems = self._check.problems(graph)
            if problems:
                raise GraphError(problems, _where(self.protocol, number))
            self._sound_shapes.add(shape)
        return graph


def ask(protocol: TrialProtocol, number: int, rows: Sequence[TrialRow]) -> TrialGraph | Finished:
    """Return what a protocol answers; raise `ProtocolError` if it fails or answers nonsense."""
    try:
        graph = protocol.trial(number, rows)
    except Exception as error:
        raise ProtocolError(
            f"the protocol raised {type(error).__name__}: {error}",
            _where(protocol, number),
            "Mend the protocol; the traceback tells the line.",
        ) from error
    if not isinstance(graph, TrialGraph | Finished):
        raise ProtocolError(
            f"the protocol returned a {type(graph).__name__}",
            _where(protocol, number),
            "Return a TrialGraph or Finished.",
        )
    return graph


def _where(protocol: TrialProtocol, number: int) -> str:
    return f"protocol '{type(protocol).__name__}', trial {number}"
