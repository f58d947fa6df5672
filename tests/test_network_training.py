"""Training of recurrent networks: optimisers, checkpoints, ensembles, and what comes of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from models.directions import angle_deg
from models.errors import (
    Floats,
    ModelError,
    NotFiniteError,
    OneClassError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
)
from models.network import Network
from models.network_analysis import (
    Which,
    angles,
    block_means,
    context_accuracy,
    context_by_rank,
    context_index,
    correlation,
    last_trials,
    modality_index,
    performance,
    powers,
    projections,
    selectivity,
    sorted_recurrent,
)
from models.network_decoding import accuracy, decoder
from models.network_ensemble import Ensemble, restore, save, train_ensemble
from models.network_task import Flags
from models.network_training import Adam, Trained, Trainer, Training, evaluate, optimiser, train

pytestmark = pytest.mark.timeout(400)  # the first use of the loops compiles them
SHORT = Training(epochs=60, snapshots=(2, 50))


def literal_training(start: Network, adam: Adam, epochs: int, renewed: bool) -> Floats:
    """Adam as it is printed; a new one in each epoch if it is renewed."""
    weights = start.vector
    mean, square, steps = np.zeros_like(weights), np.zeros_like(weights), 0
    for _ in range(epochs):
        if renewed:
            mean, square, steps = np.zeros_like(weights), np.zeros_like(weights), 0
        now = evaluate(Network.from_vector(weights), precision="float64")
        g = np.concatenate([array.ravel() for array in now.gradient.values()])
        steps += 1
        mean = 0.9 * mean + 0.1 * g
        square = 0.999 * square + 0.001 * g**2
        corrected, root = mean / (1 - 0.9**steps), np.sqrt(square / (1 - 0.999**steps))
        weights = weights - adam.rate * corrected / (root + 1e-8)
    return weights


@pytest.mark.parametrize(("name", "renewed"), [("released", True), ("text", False)])
def test_an_optimiser_does_what_its_name_says(name: str, renewed: bool) -> None:
    trainer = Trainer(
        Network.initial(4), Training(5, optimiser(name), snapshots=(), precision="float64")
    )
    trainer.run(5)
    wanted = literal_training(Network.initial(4), optimiser(name), 5, renewed)
    np.testing.assert_allclose(trainer.weights, wanted, rtol=0, atol=1e-11)


@cache
def trained_through() -> Trained:
    return train(5, SHORT)


def same(one: Trained, other: Trained) -> bool:
    """Return whether two networks are the same, and came about in the same way, to the bit."""
    return (
        np.array_equal(one.network.vector, other.network.vector)
        and np.array_equal(one.course.loss, other.course.loss)
        and np.array_equal(one.course.incongruent, other.course.incongruent)
        and one.snapshots.keys() == other.snapshots.keys()
        and all(
            np.array_equal(one.snapshots[k].vector, other.snapshots[k].vector)
            for k in one.snapshots
        )
    )


def test_a_training_that_was_killed_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    """It is resumed from the middle, where moments of Adam and courses matter."""
    killed = Trainer(Network.initial(5), SHORT)
    killed.run(33)
    save(killed, tmp_path / "network_5.npz")
    resumed = train_ensemble([5], SHORT, tmp_path)
    assert same(resumed.networks[5], trained_through())
    again = train_ensemble([5], SHORT, tmp_path)
    assert same(again.networks[5], trained_through())


def test_moments_are_resumed_too(tmp_path: Path) -> None:
    options = Training(20, optimiser("text"), snapshots=())
    through, first, second = (Trainer(Network.initial(6), options) for _ in range(3))
    through.run(20)
    first.run(9)
    save(first, tmp_path / "x.npz")
    restore(second, tmp_path / "x.npz")
    second.run(11)
    assert np.array_equal(through.weights, second.weights)


def test_a_stop_saves_what_was_done(tmp_path: Path) -> None:
    """Whatever stops it: here a report does, as an interrupt of the program would."""
    options, begun = Training(), threading.Barrier(2)

    def stop(seed: int, epoch: int) -> None:
        if epoch == 25:
            begun.wait(300)
        if seed == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_ensemble([5, 6], options, tmp_path, workers=2, report=stop)
    for seed in (5, 6):
        trainer = Trainer(Network.initial(seed), options)
        restore(trainer, tmp_path / f"network_{seed}.npz")
        assert 25 <= trainer.epoch < options.epochs


def torn(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 torn")


def an_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.ones(3))


def too_short(path: Path) -> None:
    trainer = Trainer(Network.initial(6), SHORT)
    trainer.course = trainer.course[:3]
    save(trainer, path)


@pytest.mark.parametrize("write", [torn, an_array, too_short])
def test_a_network_that_fails_does_not_lose_the_others(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    write(tmp_path / "network_6.npz")
    threads: set[int] = set()
    found = train_ensemble(
        [5, 6, 7], SHORT, tmp_path, 2, lambda *_: threads.add(threading.get_ident())
    )
    assert list(found.networks) == [5, 7]
    assert same(found.networks[5], trained_through())
    assert "network_6.npz is no checkpoint" in found.failed[6]


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    save(Trainer(Network.initial(5), SHORT), tmp_path / "network_5.npz")
    found = train_ensemble([5], Training(epochs=61, snapshots=(2, 50)), tmp_path)
    assert "another folder" in found.failed[5]


def test_a_rate_that_is_too_high_is_named() -> None:
    with pytest.raises(NotFiniteError, match="epoch"):
        train(5, Training(epochs=30, optimiser=Adam(1e38), snapshots=()))


@cache
def ensemble() -> Ensemble:
    return train_ensemble(range(101, 105), Training(epochs=300, snapshots=(10, 200)))


def test_networks_first_learn_congruent_trials_and_then_the_context() -> None:
    """As in Fig. 4b: all congruent trials soon, incongruent ones by and by."""
    courses = [each.course for each in ensemble().networks.values()]
    assert not ensemble().failed
    incongruent = np.mean([course.incongruent for course in courses], axis=0)
    assert all(course.congruent[200:].min() == 1.0 for course in courses)
    assert 0.45 < incongruent[10] < 0.55
    assert incongruent[300] > incongruent[50] + 0.03
    assert incongruent[300] > 0.57
    assert all(course.loss[300] < course.loss[50] < course.loss[0] for course in courses)


def test_analyses_agree_with_the_course_of_training() -> None:
    for each in ensemble().networks.values():
        trials = last_trials(each.network)
        found = performance(trials)
        assert found.mean() == pytest.approx(each.course.right[-1])
        assert found[:, :, 1].mean() == pytest.approx(each.course.incongruent[-1])
        assert set(each.snapshots) == {10, 200}


def test_the_context_can_be_decoded_where_incongruent_trials_are_right() -> None:
    decoded = [context_accuracy(last_trials(e.network)) for e in ensemble().networks.values()]
    incongruent = [each.course.incongruent[-1] for each in ensemble().networks.values()]
    assert np.mean(decoded) == pytest.approx(np.mean(incongruent), abs=0.08)


def test_activity_follows_the_inputs_of_the_relevant_modality() -> None:
    """Fig. 4g: in the first step with stimuli already."""
    found = [projections(e.network, last_trials(e.network)) for e in ensemble().networks.values()]
    relevant, other = np.mean(found, axis=0)[:, :, 3].T
    assert (relevant > other + 0.2).all()


def planted(strength: float) -> Network:
    """Return a network of two halves with inputs of one modality each, that inhibit each other."""
    signs = np.repeat([1.0, -1.0], 4)
    inputs = np.zeros((8, 6))
    inputs[:4, :2] = np.arange(4, 0, -1)[:, None] * 0.1
    inputs[4:, 2:4] = np.arange(1, 5)[:, None] * 0.1
    return Network(
        inputs,
        strength * np.outer(signs, signs),
        signs * 0,
        signs * 0,
        np.ones((2, 8)),
        np.zeros(2),
    )


def test_halves_that_inhibit_each_other_are_found() -> None:
    """Fig. 5d and e on a network of which they are known: shuffled units are put in order."""
    network = planted(0.1)
    order = np.random.default_rng(1).permutation(8)
    shuffled = Network(
        network.input_weights[order],
        network.recurrent_weights[np.ix_(order, order)],
        network.bias,
        network.start,
        network.output_weights,
        network.output_bias,
    )
    assert (np.diff(np.sort(-modality_index(shuffled, go=True))) > 0).all()
    np.testing.assert_allclose(sorted_recurrent(shuffled), network.recurrent_weights)
    for power in powers(sorted_recurrent(shuffled)):
        np.testing.assert_allclose(block_means(power), [[1, -1], [-1, 1]])


@pytest.mark.parametrize("which", ["all", "congruent"])
def test_context_indices_go_by_rank(which: Which) -> None:
    """Fig. 5f, unit by unit, as in the authors' code and as in their text."""
    network = ensemble().networks[101].network
    trials, found = last_trials(network), np.zeros(30)
    taken = trials.congruent if which == "congruent" else np.ones(2048, dtype=bool)
    for k, go in enumerate((True, False)):
        difference = network.input_weights[:, k] - network.input_weights[:, 2 + k]
        for rank, unit in enumerate(sorted(range(30), key=lambda unit: -difference[unit])):
            activity = trials.states[:, :, unit].mean(axis=1)
            chosen = taken & (trials.wanted == go)
            visual = activity[chosen & trials.visual_context].mean()
            found[rank] += (visual - activity[chosen & ~trials.visual_context].mean()) / 2
    np.testing.assert_allclose(context_by_rank(network, trials, which=which), found, atol=1e-12)


def test_output_cells_are_chosen_and_compared_unit_by_unit() -> None:
    """Fig. 4h and i: of five cells the one that prefers the relevant stimulus most."""
    network = ensemble().networks[102].network
    trials, found = last_trials(network), []
    for k, go in enumerate((True, False)):
        relevant = [n for n in range(2048) if trials.wanted[n] == go and not trials.congruent[n]]
        other = [n for n in range(2048) if trials.wanted[n] != go and not trials.congruent[n]]
        cells = sorted(range(30), key=lambda unit: -network.output_weights[k, unit])[:5]
        found.append(
            max(
                trials.states[relevant, 9, cell].mean() - trials.states[other, 9, cell].mean()
                for cell in cells
            )
        )
    np.testing.assert_allclose(selectivity(network, trials), found, atol=1e-12)


def test_angles_are_those_of_standardised_units() -> None:
    """Fig. 4e and f, by scikit-learn's regression of the same penalty."""
    trials = last_trials(ensemble().networks[103].network)
    units = trials.states.transpose(2, 0, 1)
    scaled = np.array([(unit - unit.mean()) / unit.std() for unit in units]).transpose(1, 2, 0)

    def weights(step: int, yes: Flags) -> Floats:
        model = LogisticRegression(solver="newton-cholesky", tol=1e-10, max_iter=1000)
        return np.asarray(model.fit(scaled[:, step - 1], yes).coef_[0], dtype=np.float64)

    visual, auditory = (weights(4, trials.stimuli[:, k]) for k in range(2))
    early, late = weights(4, trials.visual_context), weights(10, trials.visual_context)
    decision = weights(10, trials.went)
    pairs = [(visual, auditory), (early, visual), (early, auditory), (late, decision)]
    wanted = [np.degrees(np.arccos(a @ b / np.sqrt(a @ a * (b @ b)))) for a, b in pairs]
    assert angles(trials) == pytest.approx(wanted, abs=1e-3)


def test_a_decoder_is_where_the_penalised_likelihood_is_greatest() -> None:
    rng = np.random.default_rng(2)
    activity = rng.standard_normal((200, 3))
    yes = activity @ [1.0, -2.0, 0.0] + rng.standard_normal(200) > 0.5
    found = decoder(activity, yes, strength=0.5)
    p = 1 / (1 + np.exp(-(activity @ found.weights + found.intercept)))
    np.testing.assert_allclose(activity.T @ (yes - p), found.weights / 0.5, atol=1e-3)
    assert (yes - p).sum() == pytest.approx(0, abs=1e-3)
    assert accuracy(activity, yes) > 0.8
    assert abs(accuracy(rng.standard_normal((400, 3)), np.arange(400) % 2 == 0) - 0.5) < 0.1
    assert angle_deg(found.weights, [1, -2, 0]) < 15


def test_a_correlation_has_the_freedom_of_its_pairs() -> None:
    found = correlation([1, 2, 3, 4], [1, 3, 2, 4])
    assert (found.r, found.freedom) == (pytest.approx(0.8), 2)
    assert found.t == pytest.approx(0.8 * np.sqrt(2 / 0.36))
    assert correlation([1, 2, 3], [2, 4, 6]).t > 1e6


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: optimiser("sgd"), UnknownNameError),
        (lambda: Training(output="relu"), UnknownNameError),
        (lambda: Training(precision="float16"), UnknownNameError),
        (lambda: Training(epochs=0), ModelError),
        (lambda: Training(units=3001), OutOfBoundsError),
        (lambda: Training(optimiser="text"), ModelError),  # type: ignore[arg-type]
        (lambda: Training(snapshots=(0,)), OutOfBoundsError),
        (lambda: Training(penalty=-1e-4), OutOfBoundsError),
        (lambda: Adam(float("nan")), OutOfBoundsError),
        (lambda: Adam(1e-3, square_decay=1.0), OutOfBoundsError),
        (lambda: decoder(np.ones((3, 2)), [1, 1, 1]), OneClassError),
        (lambda: decoder(np.full((3, 2), np.nan), [0, 1, 1]), NotFiniteError),
        (lambda: decoder(np.ones((3, 2)), [0, 1]), ShapeError),
        (lambda: correlation([1, 2], [1, 2]), ShapeError),
        (lambda: correlation([1, 1, 1], [1, 2, 3]), OneClassError),
        (lambda: accuracy(np.ones((4, 2)), [0, 1, 0, 1], folds=1), OutOfBoundsError),
        (lambda: accuracy(np.ones((4, 2)), [0, 1, 0, 1], folds=3), OneClassError),
        (lambda: accuracy(np.ones((5, 2)), [0, 1, 0, 1]), ShapeError),
        (lambda: decoder(np.ones((2, 2)), [0, 1], strength=0.0), OutOfBoundsError),
        (lambda: context_index(last_trials(Network.initial(1)), True, which="x"), UnknownNameError),
    ],
)
def test_bad_input_is_named(make: Callable[[], object], named: type[ModelError]) -> None:
    with pytest.raises(named):
        make()
