"""The learning rule of Ceballo et al. 2019, and the body of the virtual mouse."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from hardware.common.mouse_body import BodySettings, MouseBody, Stimulus
from hardware.virtual_mouse import LearningMouse, LearningSettings
from models.reinforcement import Core, learn, response_probability
from rig.room import Room

CORE = Core()
GO, NOGO = np.array([1.0, 0.0, 1.0]), np.array([1.0, 2.0, 0.0])


def train(trials: int, seed: int, core: Core = CORE) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the stochastic circuit after training, from the paper's start."""
    rng = np.random.default_rng(seed)
    excitation, inhibition = np.array([2.0, 0.01, 0.01]), np.array([1.0, 0.01, 0.01])
    for _ in range(trials):
        units, reward = (GO, 1.0) if rng.random() < 0.5 else (NOGO, -1.0)
        if rng.random() < response_probability(excitation, inhibition, units):
            excitation, inhibition = learn(excitation, inhibition, units, reward, core)
    return excitation, inhibition


def test_published_start_licks_to_everything() -> None:
    start = np.array([2.0, 0.01, 0.01]), np.array([1.0, 0.01, 0.01])
    assert response_probability(*start, GO) == pytest.approx(0.84, abs=0.005)
    assert response_probability(*start, NOGO) == pytest.approx(0.84, abs=0.005)


def test_performance_goes_to_the_published_asymptote() -> None:
    """Hit rate to Phi(1/sigma), false alarms to 1 - Phi(1/sigma): 0.947 and 0.053."""
    asymptote = NormalDist().cdf(1 / CORE.sigma)
    rates = []
    for seed in range(40):
        excitation, inhibition = train(4000, seed)
        rates.append([response_probability(excitation, inhibition, x) for x in (GO, NOGO)])
    hit_rate, false_alarm_rate = np.mean(rates, axis=0)
    assert hit_rate == pytest.approx(asymptote, abs=0.01)
    assert false_alarm_rate == pytest.approx(1 - asymptote, abs=0.02)


def test_learning_takes_as_long_as_in_the_paper() -> None:
    """S- stronger: 20 % of maximal performance after 262 trials, 80 % after 286 more."""
    correct = []
    for trials in (0, 262, 548):
        weights = [train(trials, seed) for seed in range(60)]
        rates = [(response_probability(*w, GO), response_probability(*w, NOGO)) for w in weights]
        correct.append(np.mean([(hit + 1 - false_alarm) / 2 for hit, false_alarm in rates]))
    share = (np.array(correct) - correct[0]) / (0.947 - correct[0])
    assert share[1] == pytest.approx(0.2, abs=0.06)
    assert share[2] == pytest.approx(0.8, abs=0.06)


def test_excitation_times_inhibition_is_nearly_conserved() -> None:
    excitation, inhibition = train(6000, seed=1, core=Core(alpha=0.001))
    start = np.array([2.0, 0.0001, 0.0001])
    assert excitation * inhibition == pytest.approx(start, rel=0.1)


def test_weights_are_never_negative() -> None:
    weights = np.array([1.0]), np.array([1.0])
    for reward in (1.0, -1.0):
        changed = learn(*weights, np.array([50.0]), reward, Core(alpha=0.2))
        assert min(weight.min() for weight in changed) >= 0


def test_a_positive_error_counts_more() -> None:
    weights = np.array([1.0]), np.array([1.0])
    units = np.array([1.0])
    up = learn(*weights, units, 1.0, CORE)[0] - 1
    down = 1 - learn(*weights, units, -1.0, CORE)[0]
    assert up == pytest.approx(6 * down)


def licks_after(
    duration: float, *, decide: bool, settings: BodySettings
) -> list[tuple[bool, float]]:
    """Let a mouse hear a sound at 10 s; return the touches of the spout until then + `duration`."""
    touches: list[tuple[bool, float]] = []
    room = Room()
    room.connect("lick", lambda level, time: touches.append((level, time)))
    room.connect("port", lambda level, time: None)
    spout = "lick" if decide else None
    body = MouseBody(settings, np.random.default_rng(1), lambda _: spout, lambda _: None)
    body.enter(room)
    room.agenda.run_until(10.0)
    touches.clear()
    body.sense(Stimulus("sound", "A"), 10.0)
    room.agenda.run_until(10.0 + duration)
    return touches


def test_a_mouse_licks_at_five_to_nine_hertz() -> None:
    touches = licks_after(10.0, decide=True, settings=BodySettings(persistence=8.0))
    onsets = np.array([time for level, time in touches if level])
    assert 5 <= 1 / np.mean(np.diff(onsets)) <= 9


def test_contacts_alternate_and_end() -> None:
    touches = licks_after(10.0, decide=True, settings=BodySettings())
    levels = [level for level, _ in touches]
    assert levels == [True, False] * (len(levels) // 2)
    assert len(levels) > 10


def test_a_mouse_that_decides_against_it_withholds() -> None:
    settings = BodySettings(impulsive_probability=0)
    assert licks_after(3.0, decide=False, settings=settings) == []


def test_a_mouse_that_gets_no_drop_learns_so() -> None:
    told: list[bool] = []
    room = Room()
    body = MouseBody(BodySettings(), np.random.default_rng(1), lambda _: "lick", told.append)
    body.enter(room)
    body.sense(Stimulus("sound", "A"), 0.0)
    room.agenda.run_until(2.5)
    body.drink(5.0, 2.5)
    room.agenda.run_until(20.0)
    assert told == [True]
    body.sense(Stimulus("sound", "A"), 20.0)
    room.agenda.run_until(40.0)
    assert told == [True, False]


def test_a_sated_mouse_comes_less_often() -> None:
    def visits(drunk_ul: float) -> int:
        seen: list[float] = []
        room = Room()
        room.connect("port", lambda level, time: seen.append(time) if level else None)
        body = MouseBody(BodySettings(), np.random.default_rng(1), lambda _: "lick", lambda _: None)
        body.drink(drunk_ul, 0.0)
        body.enter(room)
        room.agenda.run_until(3600.0)
        return len(seen)

    assert visits(1450.0) < visits(0.0) / 5


def test_memory_carries_the_weights_over() -> None:
    settings = LearningSettings()
    first = LearningMouse(settings, {}, np.random.default_rng(1))
    first._last = np.array([1.0, 1.0, 0.0])
    first._learn(True)
    second = LearningMouse(settings, first.memory(), np.random.default_rng(2))
    assert (
        second.memory()
        == first.memory()
        != LearningMouse(settings, {}, np.random.default_rng(1)).memory()
    )


def test_a_sound_that_means_nothing_is_ignored() -> None:
    mouse = LearningMouse(LearningSettings(), {}, np.random.default_rng(1))
    room = Room(mouse)
    room.let_mouse_in()
    before = mouse.memory()
    room.sound("unheard of", 1.0)
    room.agenda.run_until(10.0)
    assert mouse.memory() == before


def test_a_mouse_waits_at_the_port_for_what_is_announced() -> None:
    seen: list[tuple[bool, float]] = []
    room = Room()
    room.connect("port", lambda level, time: seen.append((level, time)))
    settings = BodySettings(patience=1.0)
    body = MouseBody(settings, np.random.default_rng(1), lambda _: None, lambda _: None)
    body.enter(room)
    room.agenda.run_until(room.agenda.next_time)
    came = seen[0][1]
    body.attend(came + 0.9)
    room.agenda.run_until(came + 1.9)
    assert seen == [(True, came), (False, came + 1.9)]
