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
        name = type(self.protocol).__name__
        where = f"protocol '{name}', trial {number}"
        try:
            graph = self.protocol.trial(number, self.rows)
        except Exception as error:
            raise ProtocolError(
                f"the protocol raised {type(error).__name__}: {error}",
                where,
                "Mend the protocol; the traceback tells the line.",
            ) from error
        if isinstance(graph, Finished):
            return graph
        if not isinstance(graph, TrialGraph):
            raise ProtocolError(
                f"the protocol returned a {type(graph).__name__}",
                where,
                "Return a TrialGraph or Finished.",
            )
        shape = graph.shape()
        if shape not in self._sound_shapes:
            problems = self._check.problems(graph)
            if problems:
                raise GraphError(problems, where)
            self._sound_shapes.add(shape)
        return graph
