"""The recurrent network of Hajnal et al. 2024: its task, its steps, and its gradient."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import value_and_grad

from models.errors import (
    Floats,
    ImpossibleOutcomeError,
    ModelError,
    NotFiniteError,
    ShapeError,
    UnknownNameError,
)
from models.network import Network, Output, play, read_trained_network, split, write_network
from models.network_task import (
    CONTEXTS,
    ceilings,
    congruent,
    incongruent_ceilings,
    inputs_at,
    sequences,
    targets,
)
from models.network_training import evaluate

pytestmark = pytest.mark.timeout(400)  # the first use of the loops compiles them
PENALTY = 1e-4


def softmax(values: Any) -> Any:
    exponents = anp.exp(values)
    return exponents / anp.sum(exponents, axis=1, keepdims=True)


def literal_loss(vector: Any, units: int, output: Output) -> Any:
    """Return the loss as it is printed: every sequence is run through all of its steps."""
    weights = split_in_order(vector, units)
    stimuli = np.concatenate([sequences()] * 2)
    wanted = np.concatenate([targets(sequences(), context) for context in CONTEXTS])
    h = anp.ones((len(stimuli), 1)) * weights["start"]
    before = None
    for trial, step in product(range(5), range(1, 16)):
        if step == 1:
            outcome = None
        x = inputs_at(step, stimuli[:, trial, 0], stimuli[:, trial, 1], before, outcome)
        driven = anp.dot(x, weights["input_weights"].T) + weights["bias"]
        h = anp.tanh(anp.dot(h, weights["recurrent_weights"].T) + driven)
        if step == 10:
            u = anp.dot(h, weights["output_weights"].T) + weights["output_bias"]
            o = anp.tanh(u) if output == "tanh" else 1 / (1 + anp.exp(-u))
            if trial == 4:
                break
            numbers = o._value if hasattr(o, "_value") else o
            outcome = (numbers[:, 0] > numbers[:, 1]) == wanted[:, trial]
        if step == 15:
            before = outcome
    p = softmax(softmax(o))
    cross_entropy = -anp.mean(anp.log(anp.where(wanted[:, 4], p[:, 0], p[:, 1])))
    penalised = ("input_weights", "recurrent_weights", "output_weights", "output_bias")
    squares = anp.concatenate([anp.ravel(weights[name]) ** 2 for name in penalised])
    return cross_entropy + PENALTY * anp.mean(squares)


def split_in_order(vector: Any, units: int) -> dict[str, Any]:
    """Return the arrays of weights in a row; the order is that of `Network.vector`."""
    found, first = {}, 0
    for name, example in Network.initial(1, units).arrays.items():
        found[name] = vector[first : first + example.size].reshape(example.shape)
        first += example.size
    return found


def disturbed(units: int, output: Output) -> Network:
    """Return a network in which no weight is zero, and which makes some mistakes."""
    initial = Network.initial(3, units, output)
    noise = 0.1 * np.random.default_rng(0).standard_normal(initial.vector.size)
    return Network.from_vector(initial.vector + noise, units, output)


@cache
def literal(units: int, output: Output) -> tuple[float, Floats]:
    vector = disturbed(units, output).vector
    loss, gradient = value_and_grad(literal_loss)(vector, units, output)
    return float(loss), np.asarray(gradient)


def in_a_row(gradient: Any) -> Floats:
    return np.concatenate([array.ravel() for array in gradient.values()])


CASES: list[tuple[int, Output]] = [(30, "sigmoid"), (7, "tanh")]


@pytest.mark.parametrize(("units", "output"), CASES)
def test_the_gradient_is_that_of_automatic_differentiation(units: int, output: Output) -> None:
    """Of every single weight, in double precision; seven units do not fill the tiles."""
    loss, gradient = literal(units, output)
    found = evaluate(disturbed(units, output), PENALTY, "float64")
    assert found.loss == pytest.approx(loss, rel=1e-12)
    error = np.abs(in_a_row(found.gradient) - gradient).max() / np.abs(gradient).max()
    assert error < 1e-12


@pytest.mark.parametrize(("units", "output"), CASES)
def test_single_precision_is_near_double(units: int, output: Output) -> None:
    loss, gradient = literal(units, output)
    found = evaluate(disturbed(units, output), PENALTY)
    assert found.loss == pytest.approx(loss, abs=1e-7)
    error = np.abs(in_a_row(found.gradient) - gradient).max() / np.abs(gradient).max()
    assert error < 1e-5


def test_the_tree_counts_right_decisions_as_play_does() -> None:
    network = disturbed(30, "sigmoid")
    alike = congruent(sequences()[:, -1])
    right = [play(network, sequences(), context).right[:, -1] for context in CONTEXTS]
    found = evaluate(network)
    assert found.congruent == np.mean([each[alike].mean() for each in right])
    assert found.incongruent == np.mean([each[~alike].mean() for each in right])


def test_no_strategy_does_better_than_the_ceilings() -> None:
    """Of all sequences, those may be wrong in which no trial before told the context."""
    stimuli = sequences()
    told = np.cumsum(~congruent(stimuli), axis=1) > 0
    before = np.column_stack([np.zeros(len(stimuli), dtype=bool), told[:, :-1]])
    unsolvable = ~congruent(stimuli) & ~before  # in either context: half of them are right
    assert ceilings() == pytest.approx(1 - unsolvable.mean(axis=0) / 2, abs=0)
    incongruent = [unsolvable[~congruent(stimuli)[:, k], k].mean() for k in range(5)]
    assert incongruent_ceilings() == pytest.approx(1 - np.array(incongruent) / 2, abs=0)
    assert 2 * unsolvable[:, -1].sum() == 64
    assert 2 * len(stimuli) == 2048


def test_contexts_are_the_same_until_an_outcome_tells_them_apart() -> None:
    """Up to the decision of the first incongruent trial all states are equal, to the last bit."""
    network, stimuli = read_trained_network(), sequences()
    visual, auditory = (play(network, stimuli, context) for context in CONTEXTS)
    first = np.where(congruent(stimuli).all(axis=1), 5, congruent(stimuli).argmin(axis=1))
    same = (visual.states == auditory.states).all(axis=-1).reshape(len(stimuli), -1)
    for trial in range(5):
        rows = same[first == trial]
        assert rows[:, : 15 * trial + 10].all()
        assert not rows[:, 15 * trial + 10].any()
    assert same[first == 5].all()


def test_a_mouse_that_steps_gets_what_play_gets() -> None:
    network = read_trained_network()
    trials = np.array([[True, False], [False, False], [False, True]])
    played = play(network, trials[None], "auditory")
    state, before = network.start, None
    for trial, (visual_go, auditory_go) in enumerate(trials):
        outcome = None
        for step in range(1, 16):
            state = network.step(state, inputs_at(step, visual_go, auditory_go, before, outcome))
            np.testing.assert_allclose(state, played.states[0, trial, step - 1], atol=1e-12)
            if step == 10:
                outcome = bool(network.goes(state)) == auditory_go
                assert outcome == played.right[0, trial]
        before = outcome


def test_the_shipped_network_shifts_between_sets() -> None:
    """At the ceiling in the fifth trial, and by chance in the first incongruent one."""
    network, stimuli = read_trained_network(), sequences()
    right = np.array([play(network, stimuli, context).right for context in CONTEXTS])
    assert right[:, :, -1].mean() > 0.97
    assert right[:, ~congruent(stimuli)[:, 0], 0].mean() == 0.5


def test_training_begins_with_weights_of_glorot_and_without_biases() -> None:
    arrays = Network.initial(7).arrays
    limits = {"input_weights": 36, "recurrent_weights": 60, "output_weights": 32}
    for name, fans in limits.items():
        limit = np.sqrt(6 / fans)
        assert 0.95 * limit < np.abs(arrays.pop(name)).max() <= limit
    assert all((array == 0).all() for array in arrays.values())


def test_a_tie_is_nogo() -> None:
    silent = Network.from_vector(np.zeros(1202))
    assert not silent.goes(np.ones(30))
    assert silent.p_go(np.ones(30)) == 0.5


def test_a_network_is_read_as_it_was_written(tmp_path: Path) -> None:
    network = Network.initial(5, 8, "tanh")
    write_network(network, tmp_path / "network.csv", "two\nlines")
    found = read_trained_network(tmp_path / "network.csv")
    assert found.output == "tanh"
    np.testing.assert_allclose(found.vector, network.vector, rtol=1e-8)
    edited = (tmp_path / "network.csv").read_text().replace("\nbias", "\n\nbias")
    (tmp_path / "edited.csv").write_bytes(edited.replace("\n", "\r\n").encode())
    assert (read_trained_network(tmp_path / "edited.csv").vector == found.vector).all()


def broken(network: Network, **arrays: object) -> Network:
    return dataclasses.replace(network, **arrays)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda n: broken(n, bias=np.full(30, np.nan)), NotFiniteError),
        (lambda n: broken(n, input_weights=np.zeros((30, 5))), ShapeError),
        (lambda n: broken(n, start=np.zeros(29)), ShapeError),
        (lambda n: broken(n, output="softmax"), UnknownNameError),
        (lambda n: Network.from_vector(n.vector[1:]), ShapeError),
        (lambda n: inputs_at(16, True, True), ImpossibleOutcomeError),
        (lambda n: targets(sequences(), "olfactory"), UnknownNameError),
    ],
)
def test_what_is_no_network_and_no_trial_is_refused(
    make: Callable[[Network], object], named: type[ModelError]
) -> None:
    with pytest.raises(named):
        make(Network.initial(1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("start,", "begin,"),
        ("output,sigmoid\n", ""),
        ("bias,", "bias,x,"),
        ("bias,", "bias,0.5,"),
        ("sigmoid", "relu"),
        ("\nbias", "\nmore,1\nbias"),
    ],
)
def test_a_file_that_holds_no_network_is_refused(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "network.csv"
    write_network(Network.initial(1), path)
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ModelError):
        read_trained_network(path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "network.csv").write_bytes(b"\xff\xfe\x00bias")
    with pytest.raises(ModelError, match="is not a network"):
        read_trained_network(tmp_path / "network.csv")


def test_weights_in_a_row_come_apart_as_they_were_put_together() -> None:
    network = disturbed(7, "sigmoid")
    for name, array in split(network.vector, 7).items():
        assert (array == network.arrays[name]).all()
