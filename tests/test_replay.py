"""A recorded session comes out again to the last event, and what does not is found."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from conftest import Done
from corpus import unpacked
from helpers import PROTOCOLS, plan_for, run_virtual
from recorded import old_session

from rig.comparison import Difference
from rig.errors import ConfigError, ExitCode, RecordingError
from rig.events import (
    ActionDone,
    ClockRead,
    CommandGiven,
    DeviceReported,
    Event,
    Fault,
    GraphDefined,
    InputChanged,
    ParameterChanged,
    QuestionAsked,
    SessionEnded,
    StateEntered,
    TrialEnded,
    TrialStarted,
)
from rig.lab import Lab
from rig.replay import replay
from rig.session_folder import SessionFolder
from rig.session_record import SessionRecord, load_session

Edit = Callable[[str, str, str], None]
Corpus = dict[str, SessionRecord]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Return the sessions of the corpus by name: SUBJECT.N."""
    return unpacked(tmp_path_factory.mktemp("corpus"))


def with_events(record: SessionRecord, events: Sequence[Event]) -> SessionRecord:
    return dataclasses.replace(record, events=list(events))


def changed(record: SessionRecord, event: Event, **values: object) -> list[Difference]:
    """Return what a replay finds when one event was recorded otherwise."""
    other = msgspec.structs.replace(event, **values)
    return replay(
        with_events(record, [other if e is event else e for e in record.events])
    ).differences


def first(record: SessionRecord, kind: type[Event], **wanted: object) -> Event:
    """Return the first event of a kind with these values."""
    for event in record.events:
        if isinstance(event, kind):
            told = msgspec.structs.asdict(event)
            if all(told[key] == value for key, value in wanted.items()):
                return event
    raise AssertionError(f"there is no {kind.__name__} with {wanted}")


def test_the_corpus_holds_all_that_a_session_can_meet(corpus: Corpus) -> None:
    assert len(corpus) >= 100
    definitions = [record.definition for record in corpus.values()]
    assert {d.protocol for d in definitions} >= set(PROTOCOLS) - {"detection_adaptive"}
    assert {d.clock for d in definitions} == {"virtual", "system"}
    assert sum(bool(d.resumes) for d in definitions) >= 3
    assert len({d.seed for d in definitions}) >= 10
    ends = Counter(record.ended.how if record.ended else "cut" for record in corpus.values())
    assert ends.keys() == {"finished", "limit", "stopped", "aborted", "failed", "cut"}
    events = [event for record in corpus.values() for event in record.events]
    given = [event for event in events if isinstance(event, CommandGiven)]
    assert {(e.verb, e.accepted) for e in given} >= {
        (verb, accepted)
        for verb in ("reward", "set", "skip_block", "answer", "note", "resume", "pause_after_trial")
        for accepted in (True, False)
    }
    assert {type(event) for event in events} >= {QuestionAsked, ParameterChanged, ClockRead, Fault}


def test_every_session_of_the_corpus_comes_out_again(corpus: Corpus) -> None:
    played = {name: replay(record) for name, record in corpus.items()}
    assert {name: one.differences for name, one in played.items() if one.differences} == {}
    assert all(one.compared == one.events for one in played.values())
    assert sum(one.compared for one in played.values()) > 50_000


def test_adaptive_detection_comes_out_again(lab: Lab, edit: Edit) -> None:
    """Recorded here, since QUEST+ may choose other levels on another processor."""
    edit("protocols/detection_adaptive.toml", "max_trials = 200", "max_trials = 12")
    plan = plan_for(lab, Path("protocols/detection_adaptive.toml"))
    assert replay(load_session(run_virtual(plan).folder)).differences == []


def test_a_changed_edge_is_found_in_what_it_led_to(corpus: Corpus) -> None:
    """The edge itself is an input: what differs is the state that it led to."""
    record = corpus["go_nogo-perfect.1"]
    edge = first(record, InputChanged, device="port", level=True)
    time = edge.hardware_time - 0.01
    found = changed(record, edge, hardware_time=time)
    assert (found[0].what, found[0].field, found[0].replayed) == ("state", "hardware_time", time)


@pytest.mark.parametrize(
    ("session", "kind", "wanted", "values"),
    [
        ("go_nogo-perfect.1", TrialStarted, {"trial": 4}, {"stimulus": "C"}),
        ("habituation-never.1", TrialStarted, {"trial": 2}, {"draws": {"pause": 1.0}}),
        ("go_nogo-perfect.1", StateEntered, {"cause": "timeout"}, {"hardware_time": 1.0}),
        ("go_nogo-perfect.1", StateEntered, {"cause": "timeout"}, {"requested": 7.0}),
        ("go_nogo-random.1", TrialEnded, {"trial": 3}, {"outcome": "luck"}),
        ("go_nogo-random.1", TrialEnded, {"trial": 3}, {"measures": {"dwell": 0.0}}),
        ("drops.1", ActionDone, {"author": "anna"}, {"value": 4.5}),
        ("drops.1", ActionDone, {"author": ""}, {"device": "speaker2"}),
        ("drops.1", CommandGiven, {"accepted": True}, {"reply": "gives 6 uL"}),
        ("drops.1", DeviceReported, {"author": "anna"}, {"author": "ben"}),
        ("changes.1", ParameterChanged, {"author": "anna"}, {"before": 4.0}),
        ("asked.1", QuestionAsked, {}, {"default": "go on"}),
        ("real_time-eager.1", StateEntered, {"cause": "port_on"}, {"state": "response"}),
        ("protocol-fails.1", Fault, {}, {"what": "the protocol raised ValueError"}),
        ("resumed.2", TrialStarted, {"trial": 7}, {"trial": 8}),
        ("go_nogo-random.1", SessionEnded, {}, {"water_ul": 1.0}),
        ("go_nogo-random.1", GraphDefined, {"graph": 1}, {"first": "sound"}),
    ],
)  # fmt: skip
def test_a_changed_event_is_found(
    corpus: Corpus,
    session: str,
    kind: type[Event],
    wanted: dict[str, object],
    values: dict[str, object],
) -> None:
    """Whatever is no input must come out by itself, and not from the record."""
    record = corpus[session]
    event = first(record, kind, **wanted)
    ((field, value),) = values.items()
    found = changed(record, event, **values)
    assert (event.seq, field, value) in [(one.event, one.field, one.recorded) for one in found]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [(StateEntered, {}), (TrialStarted, {}), (ActionDone, {}), (InputChanged, {"device": "port"})],
)
def test_a_missing_event_is_found_and_ends_the_comparison(
    corpus: Corpus, kind: type[Event], wanted: dict[str, str]
) -> None:
    record = corpus["go_nogo-always.1"]
    missing = first(record, kind, trial=3, **wanted)
    rest = [each for each in record.events if each is not missing]
    played = replay(with_events(record, rest))
    assert played.differences
    assert played.differences[-1].field == ""
    assert played.compared < played.events


def test_an_event_more_than_came_out_is_found(corpus: Corpus) -> None:
    record = corpus["go_nogo-never.1"]
    state = first(record, StateEntered)
    played = replay(with_events(record, [*record.events[:-1], state, record.events[-1]]))
    (difference,) = played.differences
    assert difference.recorded is not None
    assert "state=" in difference.recorded


def test_what_was_told_of_the_recording_is_an_input(corpus: Corpus) -> None:
    """A logger that ended, and readings of other clocks: the session went on as it would have."""
    record = corpus["go_nogo-always.1"]
    place = next(i for i, e in enumerate(record.events) if isinstance(e, TrialEnded)) + 1
    at = record.events[place - 1]
    told: list[Event] = [
        Fault(0, at.hardware_time, 0.0, at.trial, "the logger has ended", "logger", "-", "warning"),
        ClockRead(0, at.hardware_time, 0.0, at.trial, "utc", 1e9, 1e-6),
    ]
    events = [*record.events[:place], *told, *record.events[place:]]
    assert replay(with_events(record, events)).differences == []


def test_lateness_of_the_computer_is_not_compared(corpus: Corpus) -> None:
    record = corpus["real_time-eager.1"]
    late = [msgspec.structs.replace(e, engine_time=e.engine_time + 1) for e in record.events]
    assert replay(with_events(record, late)).differences == []


@pytest.mark.parametrize("length", [0, 1, 57, 200])
def test_a_session_comes_out_up_to_where_it_was_cut_off(corpus: Corpus, length: int) -> None:
    for name in ("real_time-drops.1", "blocks.1"):
        record = corpus[name]
        played = replay(with_events(record, record.events[:length]))
        assert (played.whole, played.differences) == (False, [])


def test_what_the_protocol_presents_is_compared(corpus: Corpus) -> None:
    record = corpus["go_nogo-never.1"]
    sounds = {**record.definition.sounds, "A": record.definition.sounds["B"]}
    definition = msgspec.structs.replace(record.definition, sounds=sounds)
    (difference,) = replay(dataclasses.replace(record, definition=definition)).differences
    assert (difference.event, difference.what, difference.field) == (0, "definition", "sounds.A")


def test_a_sound_whose_announcement_was_recorded_as_a_part_of_it_is_the_same(
    corpus: Corpus,
) -> None:
    record = corpus["go_nogo-perfect.1"]
    sounds = {
        name: {"parts": [*sound["announced_by"], *sound["parts"]]}
        for name, sound in record.definition.sounds.items()
    }
    definition = msgspec.structs.replace(record.definition, sounds=sounds)
    assert replay(dataclasses.replace(record, definition=definition)).differences == []


def test_chance_from_elsewhere_is_found(lab: Lab) -> None:
    (lab.folder / "protocols/own.py").write_text(
        "import random\n"
        "from rig.graph import END, State, TrialGraph\n"
        "from rig.protocol import Parameters, TrialProtocol\n"
        "class Own(TrialProtocol):\n"
        "    class Params(Parameters): pass\n"
        "    def trial(self, number, past):\n"
        "        wait = State('response', 'waits a while', timeout=(1.0, END), outcome='hit')\n"
        "        return TrialGraph((wait,), 'go', 'x', {'drawn': random.random()})\n"
    )
    (lab.folder / "protocols/own.toml").write_text(
        'protocol = "protocols/own.py:Own"\n[session]\nmax_trials = 3\n'
    )
    record = load_session(run_virtual(plan_for(lab, Path("protocols/own.toml"))).folder)
    found = replay(record).differences
    assert [(one.trial, one.what, one.field) for one in found] == [
        (trial, "trial_started", "draws") for trial in (1, 2, 3)
    ]


def test_the_lab_of_today_makes_no_difference(short: Lab) -> None:
    record = load_session(run_virtual(plan_for(short)).folder)
    for name in ("rigs", "protocols", "subjects", "calibration", "lab.toml"):
        path = short.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert replay(record).differences == []


def test_a_calibration_beside_the_lab_comes_from_the_record(short: Lab, edit: Edit) -> None:
    valve = short.folder / "calibration/box1-valve.toml"
    shared = short.folder.parent / "shared/valve.toml"
    shared.parent.mkdir()
    valve.rename(shared)
    edit("rigs/box1.toml", "calibration/box1-valve.toml", "../shared/valve.toml")
    record = load_session(run_virtual(plan_for(short)).folder)
    shared.unlink()
    assert replay(record).differences == []


def test_a_calibration_elsewhere_must_be_what_it_was(
    short: Lab, edit: Edit, tmp_path: Path
) -> None:
    valve = short.folder / "calibration/box1-valve.toml"
    elsewhere = tmp_path / "elsewhere.toml"
    valve.rename(elsewhere)
    edit("rigs/box1.toml", "calibration/box1-valve.toml", elsewhere.as_posix())
    record = load_session(run_virtual(plan_for(short)).folder)
    assert replay(record).differences == []
    elsewhere.write_text(elsewhere.read_text(encoding="utf-8") + "# measured again\n", "utf-8")
    with pytest.raises(ConfigError, match="has changed since the session"):
        replay(record)


def test_the_sessions_that_were_gone_on_with_are_needed(corpus: Corpus, tmp_path: Path) -> None:
    alone = tmp_path / "resumed/2026-01-05/2"
    shutil.copytree(corpus["resumed.2"].folder.path, alone)
    with pytest.raises(RecordingError, match="there is no session 'resumed/2026-01-05/1'"):
        replay(load_session(SessionFolder(alone)))


def test_a_session_of_schema_2_comes_out_again(tmp_path: Path) -> None:
    """With a note, drops, changed parameters, a pause, and a question that nobody answers."""
    record = load_session(old_session("layout-2", tmp_path))
    assert record.header.schema_version == 2
    assert replay(record).differences == []


def test_a_session_of_schema_1_can_be_read(tmp_path: Path) -> None:
    record = load_session(old_session("layout-1", tmp_path))
    assert record.header.schema_version == 1
    assert [row.trial for row in record.rows] == [1, 2, 3, 4, 5, 6]
    assert record.damage == ""


def test_replay_on_the_command_line(short: Lab, command: Callable[..., Done]) -> None:
    folder = run_virtual(plan_for(short)).folder
    done = command("replay", "SIM01")
    assert (done.code, done.out) == (
        0,
        f"Identical: {len(load_session(folder).events)} events, 24 trials.\n",
    )
    told = json.loads(command("replay", "SIM01", "--json").out)
    assert (told["identical"], told["cut_off"], told["damage"]) == (True, False, None)
    assert told["compared"] == told["events"]
    assert (told["differences"], told["code"]) == ([], [])
    journal = folder.journal.read_bytes()
    folder.journal.write_bytes(journal[:-40])
    assert "cut short" in command("replay", "SIM01").out
    folder.journal.write_bytes(b"nothing")
    assert command("replay", "SIM01").code == ExitCode.RECORDING


def test_differences_on_the_command_line(lab: Lab, command: Callable[..., Done]) -> None:
    (lab.folder / "protocols/own.py").write_text(CLOCKED)
    (lab.folder / "protocols/own.toml").write_text(
        'protocol = "protocols/own.py:Own"\n[session]\nmax_trials = 30\n'
    )
    folder = run_virtual(plan_for(lab, Path("protocols/own.toml"))).folder
    events = len(load_session(folder).events)
    done = command("replay", "SIM01")
    assert done.code == ExitCode.CHECK_FAILED
    assert f"30 differences in {events} of {events} events." in done.out
    assert "trial_started  draws" in done.out
    assert "... and 10 more: --json shows them all." in done.out
    found = json.loads(command("replay", "SIM01", "--json").out)["differences"]
    assert len(found) == 30
    assert found[0].keys() == {"event", "trial", "what", "field", "recorded", "replayed"}


CLOCKED = """
import time
from rig.graph import END, State, TrialGraph
from rig.protocol import Parameters, TrialProtocol

class Own(TrialProtocol):
    class Params(Parameters): pass

    def trial(self, number, past):
        wait = State("wait", "waits a while", timeout=(1.0, END), outcome="hit")
        return TrialGraph((wait,), "go", "x", {"drawn": time.time()})
"""
