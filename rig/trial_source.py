"""Asks the protocol for the next trial and lets nothing through that is not sound."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from rig.errors import GraphError, ProtocolError
from rig.graph import TrialGraph, plain
from rig.graph_check import GraphCheck
from rig.protocol import Finished, TrialProtocol
from rig.trials import TrialRow

_OF_A_TRIAL = tuple[str, str, Mapping[str, float], int, Mapping[str, str]]


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
        graph = _ask(self.protocol, number, self.rows)
        if isinstance(graph, Finished):
            return graph
        try:
            of_a_trial = graph.trial_type, graph.stimulus, graph.draws, graph.block, graph.labels
            _convert(of_a_trial, _OF_A_TRIAL)
            shape = graph.shape()
            if shape in self._sound_shapes:
                return graph
            _convert(graph, TrialGraph)
        except (TypeError, AttributeError, ValueError, msgspec.ValidationError) as error:
            raise ProtocolError(
                f"the graph holds a value of a wrong type: {error}",
                _where(self.protocol, number),
                "Compare it with the fields of rig.graph.TrialGraph and rig.graph.State.",
            ) from error
        problems = self._check.problems(graph)
        if problems:
            raise GraphError(problems, _where(self.protocol, number))
        self._sound_shapes.add(shape)
        return graph


def _ask(protocol: TrialProtocol, number: int, rows: Sequence[TrialRow]) -> TrialGraph | Finished:
    """Return what a protocol answers; raise `ProtocolError` if it fails or answers nonsense."""
    try:
        graph = protocol.trial(number, rows)
    except (Exception, SystemExit) as error:
        # The name of the file alone: a record must not tell where the lab's folder lies.
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}, line {last.lineno}"
        raise ProtocolError(
            f"the protocol raised {type(error).__name__}: {error}",
            f"{_where(protocol, number)}, {place}",
            "Mend that line.",
        ) from error
    if isinstance(graph, Finished) and not isinstance(graph.reason, str):
        raise ProtocolError(
            f"the protocol finished with a {type(graph.reason).__name__}",
            _where(protocol, number),
            "Return Finished('why, in words').",
        )
    if not isinstance(graph, TrialGraph | Finished):
        raise ProtocolError(
            f"the protocol returned a {type(graph).__name__}",
            _where(protocol, number),
            "Return a TrialGraph or Finished.",
        )
    return graph


def _convert(value: object, wanted: object) -> None:
    """Raise `msgspec.ValidationError` if a value is not of the wanted type, nor NumPy's for it."""
    msgspec.convert(msgspec.to_builtins(value, enc_hook=plain), wanted)


def _where(protocol: TrialProtocol, number: int) -> str:
    return f"protocol '{type(protocol).__name__}', trial {number}"
