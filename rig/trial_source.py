"""Asks the protocol for the next trial and lets nothing through that is not sound."""

from __future__ import annotations

import copy
import math
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import overload

import msgspec

from rig.changes import Change, ChangeRefusedError, changed
from rig.errors import GraphError, ProtocolError
from rig.graph import TrialGraph, plain
from rig.graph_check import GraphCheck
from rig.inbox import Command, Reply
from rig.protocol import NEXT_BLOCK, Finished, Parameters, Question, TrialProtocol
from rig.trials import TrialRow

TRIED_TRIALS = 40
"""Trials that a changed parameter is tried out on: so many that rare ones are among them."""
TRIED_FOR = 0.005
"""Seconds that this may take: the running trial waits meanwhile. One trial is always tried."""
_OF_A_TRIAL = tuple[str, str, Mapping[str, float], int, Mapping[str, str]]


class FinishedTrials(Sequence[TrialRow]):
    """The finished trials as a protocol sees them: it may look, and change nothing."""

    def __init__(self, rows: Sequence[TrialRow]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> TrialRow: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[TrialRow]: ...

    def __getitem__(self, index: int | slice) -> TrialRow | Sequence[TrialRow]:
        return self._rows[index]


class TrialSource:
    """The protocol's trials, each graph checked when its shape is seen for the first time.

    Parameters
    ----------
    protocol
        The protocol.
    check
        What the rig allows a graph to do.
    outputs
        The digital outputs that are on throughout.
    seconds
        Measures how long a changed parameter is tried out.

    Attributes
    ----------
    protocol
        The protocol.
    rows
        The finished trials of this session, which the protocol may look at.
    outputs
        The digital outputs that are on throughout.
    """

    def __init__(
        self,
        protocol: TrialProtocol,
        check: GraphCheck,
        outputs: tuple[str, ...] = (),
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.protocol = protocol
        self.rows: Sequence[TrialRow] = ()
        self.outputs = outputs
        self._check = check
        self._seconds = seconds
        self._before: Sequence[TrialRow] = ()
        self._sound_shapes: set[object] = set()
        self._wanted: Parameters = protocol.params
        self._changes: list[Change] = []
        self._orders: Sequence[Command] = ()

    def go_on(
        self, rows: Sequence[TrialRow], changes: Sequence[Change], orders: Sequence[Command]
    ) -> None:
        """Go on with sessions that have been; the protocol stands where they were cut off.

        Parameters
        ----------
        rows
            Their completed trials.
        changes
            Changes of parameters that hold; the protocol knows them already.
        orders
            Changes and skipped blocks that were ordered in the trial that was cut short: they
            act when it has begun again.
        """
        self._before = rows
        self._changes = list(changes)
        self._orders = orders
        self._wanted = self.protocol.params

    def trial(self, number: int) -> TrialGraph | Finished | Question:
        """Return the graph of trial `number`, or what the protocol returns in its place.

        Raises
        ------
        ProtocolError
            If the protocol fails, or returns what is no sound trial.
        """
        found = self._sound(_ask(self.protocol, number, self._past()), number)
        orders, self._orders = self._orders, ()
        for order in orders:
            if order.verb == "set":
                self.change(order, number + 1)
            else:
                self.protocol.skip_block()
        return found

    def change(self, command: Command, number: int) -> Reply:
        """Take in that a parameter is to be changed from trial `number` on; say if it will be.

        A copy of the protocol is asked for the next trials with the new value, so that one that
        the rig cannot serve is refused here.
        """
        try:
            params, change = changed(self._wanted, command.key, command.value, command.author)
            self._try_out(params, number, change)
        except ChangeRefusedError as refusal:
            return Reply(accepted=False, text=str(refusal))
        self._wanted = params
        self._changes.append(change)
        return Reply(True, f"{change.key} will be {change.after} from the {change.when}")

    def apply_changes(self) -> list[Change]:
        """Let the changes that were asked for since the last trial act; return them."""
        changes, self._changes = self._changes, []
        self.protocol.params = self._wanted
        return changes

    def _past(self) -> Sequence[TrialRow]:
        """Return all finished trials, of the sessions that this one goes on with too."""
        rows = [*self._before, *self.rows] if self._before else self.rows
        return FinishedTrials(rows)

    def _try_out(self, params: Parameters, number: int, change: Change) -> None:
        """Raise `ChangeRefusedError` if the next trials with these parameters are not sound.

        A change that waits for the next block is tried out there.
        """
        past, until = self._past(), self._seconds() + TRIED_FOR
        try:
            copied = copy.deepcopy(self.protocol)
            copied.params = params
            if change.when == NEXT_BLOCK["changeable"]:
                copied.skip_block()
            for ahead in range(TRIED_TRIALS):
                if ahead and self._seconds() > until:
                    return
                graph = self._sound(_ask(copied, number + ahead, past), number + ahead)
                if not isinstance(graph, TrialGraph):
                    return
        except GraphError as error:
            raise ChangeRefusedError(error.problems[0].what) from error
        except Exception as error:  # whatever it is, the running trial must not suffer from it
            raise ChangeRefusedError(
                f"the protocol cannot be tried out with it: {error}"
            ) from error

    def _sound(
        self, graph: TrialGraph | Finished | Question, number: int
    ) -> TrialGraph | Finished | Question:
        """Return what the protocol returned, checked."""
        if not isinstance(graph, TrialGraph):
            return graph
        where = _where(self.protocol, number)
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
                where,
                "Compare it with the fields of rig.graph.TrialGraph and rig.graph.State.",
            ) from error
        problems = self._check.problems(graph)
        if problems:
            raise GraphError(problems, where)
        self._sound_shapes.add(shape)
        return graph


def _ask(
    protocol: TrialProtocol, number: int, rows: Sequence[TrialRow]
) -> TrialGraph | Finished | Question:
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
    if isinstance(graph, Question):
        return _sound_question(graph, _where(protocol, number))
    if not isinstance(graph, TrialGraph | Finished):
        raise ProtocolError(
            f"the protocol returned a {type(graph).__name__}",
            _where(protocol, number),
            "Return a TrialGraph, Finished or a Question.",
        )
    return graph


def _sound_question(question: Question, where: str) -> Question:
    """Return a question; raise `ProtocolError` if nobody could answer it."""
    if question.default not in question.choices or not 0 < question.patience < math.inf:
        raise ProtocolError(
            f"the question '{question.text}' cannot be answered",
            where,
            "Let its default be one of its choices, and its patience a number of seconds above 0.",
        )
    return question


def _convert(value: object, wanted: object) -> None:
    """Raise `msgspec.ValidationError` if a value is not of the wanted type, nor NumPy's for it."""
    msgspec.convert(msgspec.to_builtins(value, enc_hook=plain), wanted)


def _where(protocol: TrialProtocol, number: int) -> str:
    return f"protocol '{type(protocol).__name__}', trial {number}"
