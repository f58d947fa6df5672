"""What every virtual mouse must do, whatever is in its mind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benches import SPEAKER
from helpers import Played, play_with, run_virtual
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_bench import TwinBench

from hardware.common.motivation import Motivation, MotivationSettings
from hardware.common.mouse_body import HEAD_FIXED_BODY, BodySettings, MouseBody, Stimulus
from hardware.detecting_mouse import DETECTING_BODY, DetectingMouse, DetectingSettings
from hardware.network_mouse import NetworkMouse, NetworkSettings
from hardware.policy_mouse import STEADY_BODY, PolicyMouse, PolicySettings
from hardware.shifting_mouse import ShiftingMouse, ShiftingSettings
from hardware.speaker import SpeakerTwin
from hardware.virtual_mouse import LearningMouse
from protocols.sounds import BUILT_IN, pips
from rig.commands.init import make_lab
from rig.config import validated
from rig.errors import CheckFailed
from rig.events import Event, InputChanged
from rig.lab import Lab, find_lab
from rig.plan import generators, make_plan
from rig.room import Mouse, Room
from rig.sound import Sound

TRIALS = 20
BOXES = {
    "go_nogo": "rigs/box1.toml",
    "detection": "rigs/box1.toml",
    "set_shifting": "rigs/box2.toml",
}


@dataclass(frozen=True)
class Kind:
    """A kind of mouse: its class, settings with which it licks a good deal, and what it does."""

    mouse: type[Mouse]
    table: Mapping[str, object]
    protocol: str
    learns: bool

    def make(self, seed: int = 1, memory: dict[str, Any] | None = None, **over: object) -> Mouse:
        """Return such a mouse, with the generator of a session of that seed."""
        made = validated(self.mouse.Settings, {**self.table, **over}, "test")
        return self.mouse(made, memory or {}, generators(seed)[1])


EAGER = {"common_excitation": 2.0, "common_inhibition": 1.0}
KINDS = {
    "learning": Kind(LearningMouse, EAGER, "go_nogo", learns=True),
    "policy": Kind(PolicyMouse, {"policy": "perfect", "go": ["A"]}, "go_nogo", learns=False),
    "detecting": Kind(DetectingMouse, {"threshold_db_spl": 20}, "detection", learns=False),
    "shifting": Kind(ShiftingMouse, {}, "set_shifting", learns=True),
    "network": Kind(NetworkMouse, {}, "set_shifting", learns=False),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a lab in which nothing is changed."""
    folder = tmp_path_factory.mktemp("mice") / "lab"
    make_lab(folder)
    return find_lab(folder)


def session(lab: Lab, kind: Kind, seed: int = 1, **over: object) -> Played:
    """Play a short session of the mouse's own protocol, in memory."""
    protocol = Path(f"protocols/{kind.protocol}.toml")
    return play_with(lab, protocol, TRIALS, kind.make(seed, **over), seed)


def licks(events: list[Event]) -> np.ndarray:
    """Return when the tongue came to the spout."""
    changes = [e for e in events if isinstance(e, InputChanged) and e.device == "lick"]
    return np.array([each.hardware_time for each in changes if each.level])


def test_the_same_seed_gives_the_same_session(shared: Lab, kind: Kind) -> None:
    first, again, other = (session(shared, kind, seed).events for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_it_licks_in_bouts_of_five_to_nine_hertz(shared: Lab, kind: Kind) -> None:
    between = np.diff(licks(session(shared, kind).events))
    assert len(between) > 30
    bouts = [bout for bout in np.split(between, np.flatnonzero(between > 0.35)) if len(bout) > 5]
    assert len(bouts) > 3
    assert all(5 <= 1 / np.mean(bout[1:]) <= 9 for bout in bouts)


@given(st.floats(5, 9), st.integers(0, 1000))
@settings(max_examples=20)
def test_a_bout_has_the_rate_that_is_set(rate_hz: float, seed: int) -> None:
    room, touches = Room(), []
    room.connect("lick", lambda level, time: touches.append(time) if level else None)
    body = BodySettings(lick_rate_hz=rate_hz, persistence=20.0, spontaneous_interval=1e6)
    mouse = MouseBody(body, np.random.default_rng(seed), lambda _: "lick", lambda _: None)
    mouse.enter(room)
    mouse.sense(Stimulus("sound", "A"), 0.0)
    room.agenda.run_until(30.0)
    assert 1 / np.mean(np.diff(touches)) == pytest.approx(rate_hz, rel=0.05)


def test_a_sated_mouse_stops(shared: Lab, kind: Kind) -> None:
    """Its trials go on, and it licks in none of them."""
    played = session(shared, kind, body={"thirst_ul": 4.0, "find_probability": 1.0})
    water = [row for row in played.rows if row.reward_ul]
    sated = next(row for row in water if row.outcome == "hit")
    late = [row for row in played.rows if row.trial > sated.trial + 3]
    assert len(late) > 5
    last = licks(played.events).max()
    assert last < min(row.start_time for row in late)


def test_what_means_nothing_to_it_makes_it_do_nothing(kind: Kind) -> None:
    steady = {"impulsive_probability": 0.0, "spontaneous_interval": 1e9}
    mouse = kind.make(body=steady)
    room, touches = Room(mouse), []
    room.connect("lick", lambda level, time: touches.append(time))
    room.let_mouse_in()
    before = mouse.memory()
    for number in range(10):
        room.sound("unheard of", 10.0 * number)
        room.grating("unseen", 10.0 * number + 3)
        room.flashes("unfelt", 10.0 * number + 6)
        room.agenda.run_until(10.0 * number + 9)
    assert touches == []
    assert mouse.memory() == before


@pytest.mark.parametrize("sensors", [("port", "lick"), ("lick",)])
def test_a_disengaged_mouse_does_nothing(kind: Kind, sensors: tuple[str, ...]) -> None:
    away = {"motivation": {"disengaged_every": 1e-3, "disengaged_for": 1e9}}
    mouse = kind.make(body=away)
    room, touches = Room(mouse), []
    for name in sensors:
        room.connect(name, lambda level, time: touches.append(time))
    room.let_mouse_in()
    for number in range(1, 11):
        for sound in ("A", "A at 73 dB", "5 kHz"):
            room.sound(sound, 10.0 * number)
        room.agenda.run_until(10.0 * number + 1)
        room.drop(2.0, 10.0 * number + 1)
        room.agenda.run_until(10.0 * number + 9)
    assert touches == []


def test_what_it_remembers_goes_to_its_file_and_back(lab: Lab, kind: Kind) -> None:
    name = f"{kind.mouse.__module__}:{kind.mouse.__name__}"
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in kind.table.items())
    (lab.folder / "subjects/M1.toml").write_text(
        f'id = "M1"\nsimulated = true\nmouse_class = "{name}"\n[mouse]\n{table}'
    )
    path = lab.folder / f"protocols/{kind.protocol}.toml"
    line = next(each for each in path.read_text().splitlines() if "max_trials" in each)
    path.write_text(path.read_text().replace(line, "max_trials = 6"))

    def planned(seed: int) -> Any:
        rig = Path(BOXES[kind.protocol])
        return make_plan(lab, rig, path, "M1", simulate=True, seed=seed)

    run_virtual(planned(1))
    kept = json.loads((lab.folder / "subjects/M1.memory.json").read_text())
    assert kept == lab.memory("M1")
    assert (kept != kind.make().memory()) == kind.learns
    assert planned(2).mouse.make(generators(2)[1]).memory() == kept


def wrong() -> Iterator[tuple[str, dict[str, object], str]]:
    """Return kinds, settings that are wrong, and what is said of them."""
    for each in KINDS:
        yield each, {"apetite": 1}, "unknown key 'apetite'"
        yield each, {"body": {"lick_rate_hz": 20}}, "body.lick_rate_hz"
        yield each, {"body": {"motivation": {"steepness": 0.5}}}, "body.motivation.steepness"
        yield each, {"body": {"motivation": {"disengaged_every": 0}}}, "disengaged_every"
    yield "detecting", {"lapse": 0.6}, "lapse"
    yield "detecting", {"slope_per_db": "steep"}, "not 'steep'"
    yield "detecting", {"body": {"guess_probability": 0.1}}, "write guess in place of"
    yield "shifting", {"hazard": 0.7}, "less than or equal to 0.5"
    yield "shifting", {"outcome_noise": 0}, "outcome_noise"
    yield "shifting", {"go": "45 deg"}, "should be a valid list, not '45 deg'"
    yield "network", {"set_back_after": 0}, "set_back_after"
    yield "network", {"go": ["5 kHz"], "nogo": ["5 kHz"]}, "stands in go and in nogo"
    yield "shifting", {"go": ["5 kHz"], "nogo": ["*", "5 kHz"]}, "stands in go and in nogo"
    yield "policy", {"go": ["5 kHz"], "nogo": ["5 kHz"]}, "stands in go and in nogo"


@pytest.mark.parametrize(("name", "over", "words"), list(wrong()))
def test_wrong_settings_are_refused_in_words(
    name: str, over: dict[str, object], words: str
) -> None:
    with pytest.raises(CheckFailed) as refused:
        KINDS[name].make(**over)
    assert words in str(refused.value)


OWN = [
    (DetectingSettings, {"threshold_db_spl": 20}, DETECTING_BODY),
    (ShiftingSettings, {}, HEAD_FIXED_BODY),
    (NetworkSettings, {}, HEAD_FIXED_BODY),
    (PolicySettings, {}, STEADY_BODY),
]


@pytest.mark.parametrize(("made_of", "table", "own"), OWN)
def test_a_table_of_a_body_changes_no_more_than_it_names(
    made_of: type[Any], table: dict[str, object], own: BodySettings
) -> None:
    """A faster tongue and shorter absences leave the rest of the mouse's own body as it is."""
    body = {"lick_rate_hz": 8.0, "motivation": {"disengaged_for": 10.0}}
    found = validated(made_of, {**table, "body": body}, "test").body
    assert found.lick_rate_hz == 8.0
    assert found.motivation.disengaged_for == 10.0
    same = {"lick_rate_hz": 7.0, "motivation": own.motivation}
    assert found.model_copy(update=same) == own


@pytest.mark.parametrize("name", [each for each in KINDS if KINDS[each].learns])
def test_the_memory_of_another_mouse_is_refused(name: str) -> None:
    with pytest.raises(CheckFailed, match=r"memory\.json"):
        KINDS[name].make(memory={"apetite": 1.0})


def present(settings: MotivationSettings) -> np.ndarray:
    """Return for every 5 s of two hours whether a mouse was there, (mice, times)."""
    times = np.arange(5.0, 7200.0, 5.0)
    mice = [Motivation(settings, 1500.0, np.random.default_rng(seed)) for seed in range(20)]
    return np.array([[mouse.absent_until(time) <= time for time in times] for mouse in mice])


def test_a_mouse_is_absent_for_a_while_and_more_often_later() -> None:
    """Periods of 60 s every 600 s: 1 in 11; a tiring mouse has more of them in its last hour."""
    steady = MotivationSettings(disengaged_every=600.0, disengaged_for=60.0)
    assert 1 - present(steady).mean() == pytest.approx(60 / 660, abs=0.03)
    tiring = steady.model_copy(update={"stamina": 7300.0, "steepness": 1.0})
    first, last = np.array_split(present(tiring), 2, axis=1)
    assert 1 - last.mean() > 2 * (1 - first.mean())


def test_without_these_settings_nothing_is_drawn() -> None:
    rng = np.random.default_rng(1)
    motivation = Motivation(MotivationSettings(), 1500.0, rng)
    motivation.drink(1499.0)
    assert motivation.takes_part(1e6)
    motivation.drink(1.0)
    assert not motivation.takes_part(1e6)
    assert rng.random() == np.random.default_rng(1).random()


def test_motivation_falls_with_water_and_time() -> None:
    settings = MotivationSettings(stamina=1000.0, steepness=2.0)
    motivation = Motivation(settings, 100.0, np.random.default_rng(1))
    assert motivation.level(0.0) == 1.0
    motivation.drink(50.0)
    assert motivation.level(500.0) == pytest.approx(0.75 * 0.75)
    assert motivation.level(1000.0) == 0.0


def test_a_mouse_decides_by_the_sound_and_not_by_what_announces_it(shared: Lab) -> None:
    mouse = PolicyMouse(PolicySettings(policy="perfect", go=("A",)), {}, np.random.default_rng(1))
    played = play_with(shared, Path("protocols/go_nogo.toml"), TRIALS, mouse, 1)
    hits = [row for row in played.rows if row.outcome == "hit"]
    assert len(hits) > 5
    assert all(0.2 < row.first_lick_time - row.stimulus_time < 1.0 for row in hits)


def test_a_sound_is_heard_behind_its_announcement_unless_it_is_cut_before(shared: Lab) -> None:
    bench = TwinBench(SpeakerTwin, SPEAKER, shared.folder)
    speaker = bench.device
    assert isinstance(speaker, SpeakerTwin)
    speaker.open()
    speaker.load({"A": Sound((BUILT_IN["A"].part(73.0),), announced_by=pips(73.0))})
    speaker.present("A")
    bench.pass_time(0.5)
    assert bench.sensed() == [("announcement", 0.0)]
    bench.pass_time(0.5)
    assert bench.sensed()[1:] == [("A", 0.85)]
    speaker.present("A")
    bench.pass_time(0.5)
    speaker.off()
    bench.pass_time(1.0)
    assert bench.sensed()[2:] == [("announcement", 1.0)]
