"""Blocks and criteria of set-shifting, trial by trial, without an engine."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from protocols.set_shifting import SetShifting
from rig.graph import TrialGraph
from rig.protocol import Finished, Question
from rig.trials import TrialRow

Judge = Callable[[TrialGraph], bool]


def ended(graph: TrialGraph, number: int, *, correct: bool) -> TrialRow:
    """Return the row of a trial that was answered rightly or wrongly."""
    right, wrong = ("hit", "miss")
    if graph.trial_type == "nogo":
        right, wrong = ("correct_rejection", "false_alarm")
    return TrialRow(
        trial=number, trial_type=graph.trial_type, stimulus=graph.stimulus,
        outcome=right if correct else wrong, aborted=False, start_time=0.0, end_time=1.0,
        stimulus_time=0.0, first_lick_time=None, lick_count=0, dwell=None, licks=None,
        reward_ul=None, block=graph.block, labels=dict(graph.labels),
    )  # fmt: skip


class Table:
    """A protocol at a table: its trials are answered by hand."""

    def __init__(self, **params: object) -> None:
        made = SetShifting.Params.model_validate({"first": "visual", **params})
        self.protocol = SetShifting(made, np.random.default_rng(1))
        self.rows: list[TrialRow] = []
        self.last: TrialGraph | Finished | Question | None = None

    def next(self) -> TrialGraph | Finished | Question:
        self.last = self.protocol.trial(len(self.rows) + 1, self.rows)
        return self.last

    def answer(self, trials: int, correct: Judge = lambda graph: True) -> list[TrialGraph]:
        """Answer that many trials; return their graphs."""
        graphs = []
        for _ in range(trials):
            graph = self.next()
            assert isinstance(graph, TrialGraph), graph
            self.rows.append(ended(graph, len(self.rows) + 1, correct=correct(graph)))
            graphs.append(graph)
        return graphs


def phases(graphs: list[TrialGraph]) -> set[tuple[int, str, str]]:
    return {(graph.block, graph.labels["context"], graph.labels["phase"]) for graph in graphs}


def test_a_mouse_that_meets_the_criterion_goes_on() -> None:
    table = Table()
    assert phases(table.answer(30)) == {(1, "visual", "priming")}
    assert phases(table.answer(120)) == {(1, "visual", "bimodal")}
    assert phases(table.answer(30)) == {(2, "auditory", "priming")}
    assert phases(table.answer(120)) == {(2, "auditory", "bimodal")}
    assert table.next() == Finished("2 blocks done")


def test_priming_presents_one_modality_alone_and_as_many_go_as_nogo() -> None:
    graphs = Table().answer(30)
    assert {graph.stimulus for graph in graphs} == {"45 deg", "135 deg"}
    assert sum(graph.trial_type == "go" for graph in graphs) == 15


@pytest.mark.parametrize(
    ("misses", "false_alarms", "met"),
    [
        (0, 0, True),
        (0, 4, True),  # correct rejections 11 of 15: 73 %
        (0, 5, False),  # 10 of 15: 67 % are not above 70 %
        (1, 0, False),  # hits 14 of 15: 93 % are not above 95 %
    ],
)
def test_the_criterion_is_the_papers(misses: int, false_alarms: int, met: bool) -> None:
    left = {"go": misses, "nogo": false_alarms}

    def correct(graph: TrialGraph) -> bool:
        left[graph.trial_type] -= 1
        return left[graph.trial_type] < 0

    table = Table()
    table.answer(30, correct)
    (graph,) = table.answer(1)
    assert graph.labels["phase"] == ("bimodal" if met else "priming")


def test_more_priming_after_a_failure_and_an_end_after_three_rounds() -> None:
    table = Table(on_failure="more_priming", priming_rounds=3)
    graphs = table.answer(90, lambda graph: graph.trial_type == "go")
    assert phases(graphs) == {(1, "visual", "priming")}
    ending = table.next()
    assert isinstance(ending, Finished)
    assert ending.reason == (
        "criterion not met in 3 rounds of visual priming: hits 100%, correct rejections 0%, d' 0.00"
    )


def test_stop_after_a_failure() -> None:
    table = Table(on_failure="stop")
    table.answer(30, lambda graph: False)
    ending = table.next()
    assert isinstance(ending, Finished)
    assert "criterion not met in 1 rounds of visual priming" in ending.reason


@pytest.mark.parametrize(
    ("choice", "after"),
    [("more priming", "priming"), ("go on", "bimodal"), ("stop", "end")],
)
def test_ask_after_a_failure(choice: str, after: str) -> None:
    table = Table(on_failure="ask")
    table.answer(30, lambda graph: False)
    question = table.next()
    assert isinstance(question, Question)
    assert question.choices == ("more priming", "go on", "stop")
    assert "hits 0%" in question.text
    assert table.next() == question, "a question that is not answered is asked again"
    table.protocol.answer(choice)
    answer = table.next()
    if after == "end":
        assert isinstance(answer, Finished)
    else:
        assert isinstance(answer, TrialGraph)
        assert answer.labels["phase"] == after


def test_more_than_two_blocks_alternate() -> None:
    table = Table(blocks=5, first="auditory", priming_trials=20, bimodal_trials=8)
    contexts = [table.answer(28)[0].labels["context"] for _ in range(5)]
    assert contexts == ["auditory", "visual", "auditory", "visual", "auditory"]
    assert table.next() == Finished("5 blocks done")


def test_a_break_stands_before_each_block_but_the_first() -> None:
    table = Table(blocks=3, priming_trials=20, bimodal_trials=8, break_time=120)
    firsts = [table.answer(28)[0].states[0] for _ in range(3)]
    assert [(state.name, state.timeout) for state in firsts] == [
        ("lead_in", (3.0, "stimulus")),
        ("break", (120.0, "stimulus")),
        ("break", (120.0, "stimulus")),
    ]


def test_a_skipped_block_gives_way_to_the_next() -> None:
    table = Table()
    table.answer(40)
    assert table.protocol.skip_block() == "the auditory block begins with the next trial"
    (graph,) = table.answer(1)
    assert (graph.block, graph.labels["phase"]) == (2, "priming")
    assert table.protocol.skip_block() == "this was the last block: the session ends"
    assert table.next() == Finished("2 blocks done")


def test_parameters_of_a_block_wait_for_the_next_one() -> None:
    table = Table(priming_trials=20, bimodal_trials=16)
    table.answer(20)
    table.protocol.params = table.protocol.params.model_copy(update={"bimodal_trials": 8})
    assert phases(table.answer(16)) == {(1, "visual", "bimodal")}
    assert phases(table.answer(20)) == {(2, "auditory", "priming")}
    table.answer(8)
    assert table.next() == Finished("2 blocks done")


def test_aborted_trials_do_not_count() -> None:
    table = Table(priming_trials=20)
    table.answer(19)
    graph = table.next()
    assert isinstance(graph, TrialGraph)
    row = ended(graph, 20, correct=True)
    table.rows.append(msgspec.structs.replace(row, aborted=True, outcome=None))
    (graph,) = table.answer(1)
    assert graph.labels["phase"] == "priming"
