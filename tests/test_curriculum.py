"""The way of a mouse through a curriculum: entering, moving, and what never moves it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import Done
from helpers import run_virtual

from rig.errors import CheckFailed, ExitCode
from rig.journal import frame
from rig.lab import Lab
from rig.plan import Plan, make_plan
from rig.session import Session
from rig.session_folder import SessionFolder
from rig.session_record import load_session
from rig.session_result import Result
from rig.stage_history import history_file, read_history
from rig.stage_moves import accept, enter, override
from rig.stages import choose, read_standing

Command = Callable[..., Done]
Edit = Callable[[str, str, str], None]

RIG = Path("rigs/box1.toml")
FILE = Path("curricula/small.toml")
START = datetime(2026, 12, 1, 9, tzinfo=timezone(timedelta(hours=1)))
RUN = ("run", "--rig", "rigs/box1.toml", "--subject", "SIM01", "--virtual")
EAGER, LAZY = 3.0, 0.1
"""What excites a virtual mouse: one licks to every sound, the other to none."""


@pytest.fixture
def pupil(school: Lab, edit: Edit) -> Lab:
    """Return a lab with the curriculum and short sessions."""
    edit("protocols/pretraining.toml", "max_trials = 100", "max_trials = 60")
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 40")
    return school


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def let_lick(lab: Lab, excitation: float) -> None:
    """Let the mouse lick to every sound from now on or to none; it learns nothing."""
    file = lab.subject_file("SIM01")
    kept = file.read_text().split("[mouse]")[0]
    settings = {"alpha": 1e-9, "common_excitation": excitation, "common_inhibition": 1.0}
    lines = "".join(f"{key} = {value}\n" for key, value in settings.items())
    file.write_text(f"{kept}[mouse]\n{lines}")
    (lab.folder / "subjects/SIM01.memory.json").unlink(missing_ok=True)


def plan_by_stage(lab: Lab, excitation: float, seed: int) -> Plan:
    """Return the plan of the session that the mouse's stage chooses."""
    let_lick(lab, excitation)
    choice = choose(lab, "SIM01")
    return make_plan(
        lab, RIG, choice.protocol, "SIM01", simulate=True, seed=seed, stage=choice.params
    )


def train(lab: Lab, number: float, excitation: float = EAGER) -> Result:
    """Run the session that the mouse's stage chooses."""
    return run_virtual(plan_by_stage(lab, excitation, seed=int(10 * number)), day(number))


def abort(lab: Lab, number: float, after: float) -> Result:
    """Run a session, and stop it at once after some seconds."""
    plan = plan_by_stage(lab, EAGER, seed=1)
    with Session(plan, "virtual", started_at=day(number)) as session:
        room = session._context.room
        room.agenda.at(after, lambda _: session.stop("stop_now", "stopped by the test"))
        return session.run()


def test_a_mouse_goes_its_way_by_the_command_line(pupil: Lab, command: Command) -> None:
    too_early = command(*RUN)
    assert too_early.code == ExitCode.CHECK_FAILED
    assert "'SIM01' has entered no curriculum" in too_early.err
    assert "--protocol" in too_early.err
    let_lick(pupil, EAGER)
    entered = json.loads(command("stage", "SIM01", "--enter", str(FILE), "--json").out)
    assert (entered["stage"], entered["recorded"]["by"]) == ("pretraining", "rule")
    ran = json.loads(command(*RUN, "--json").out)
    assert (ran["stage"], ran["suggestion"]) == ("small/pretraining", None)
    shown = command("stage", "SIM01").out
    assert "stage 'pretraining' (1 of 3) of 'Small', assignment" in shown
    assert "Stage 'discrimination' suggested: share of rewards collected" in shown
    again = command(*RUN)
    assert "SIM01 on box1 (SIMULATED), stage small/pretraining" in again.out
    assert "Stage 'discrimination' suggested" in again.out
    accepted = json.loads(command("stage", "SIM01", "--accept", "--by", "Ada", "--json").out)
    assert (accepted["stage"], accepted["recorded"]["by"]) == ("discrimination", "Ada")
    assert accepted["recorded"]["before"] == "pretraining"
    assert len(accepted["recorded"]["sessions"]) == 2
    twice = command("stage", "SIM01", "--accept")
    assert (twice.code, len(read_history(pupil, "SIM01"))) == (ExitCode.OK, 2)
    assert "Nothing recorded" in twice.out
    moved = command("stage", "SIM01", "--to", "reversal", "--reason", "a trial", "--by", "Ada")
    assert "Recorded, by Ada: a trial." in moved.out
    last = read_history(pupil, "SIM01")[-1]
    assert (last.stage, last.by, last.reason) == ("reversal", "Ada", "a trial")
    moves = json.loads(command("stage", "SIM01", "--json").out)["history"]
    assert [move["stage"] for move in moves] == ["pretraining", "discrimination", "reversal"]
    assert "Last 3 of 3 moves" in moved.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "reversal"), "say --reason and --by"),
        (("--to", "reversal", "--reason", "why"), "say --reason and --by"),
        (("--to", "reversal", "--by", "Ada"), "say --reason and --by"),
        (("--to", "reversal", "--reason", " ", "--by", "Ada"), "say --reason and --by"),
        (("--enter", str(FILE), "--assignment", "2"), "say --reason and --by"),
        (("--enter", str(FILE), "--accept"), "choose one of"),
        (("--assignment", "1"), "goes with --enter"),
        (("--accept", "--reason", "why"), "goes with --to or --enter"),
        (("--by", "Ada"), "goes with --accept"),
        (("--accept", "--by", "rule"), "the name of a person"),
    ],
)
def test_options_that_do_not_go_together(
    school: Lab, command: Command, arguments: tuple[str, ...], said: str
) -> None:
    done = command("stage", "SIM01", *arguments)
    assert done.code == ExitCode.USAGE
    assert said in done.err
    assert not history_file(school, "SIM01").exists()


def test_a_session_records_its_stage_and_its_parameters(pupil: Lab) -> None:
    number = enter(pupil, "SIM01", pupil.folder / FILE, START).assignment
    override(pupil, "SIM01", "discrimination", START, "to begin there", "Ada")
    definition = load_session(train(pupil, 1).folder).definition
    assert definition.stage == "small/discrimination"
    assert definition.protocol == "go_nogo"
    assert definition.params["time_out"] == 7.0
    assert definition.params["go_sound"] == {1: "A", 2: "B"}[number or 0]
    assert definition.params["response_delay"] in {0.5, 0.6}
    assert definition.params["response_window"] == 1.0


def test_promote_and_set_back_and_accept_twice(pupil: Lab) -> None:
    enter(pupil, "SIM01", pupil.folder / FILE, START)
    train(pupil, 1, LAZY)
    assert accept(pupil, "SIM01", day(1.5)) is None
    assert "not yet 'discrimination': share of" in read_standing(pupil, "SIM01").decision.reason
    train(pupil, 2)
    promoted = accept(pupil, "SIM01", day(2.5))
    assert promoted is not None
    assert promoted.reason.endswith("on the last day, the rule asks for at least 0.8")
    assert promoted.sessions == ("SIM01/2026-12-02/1", "SIM01/2026-12-03/1")
    assert accept(pupil, "SIM01", day(2.6)) is None
    for number in (3, 4):
        train(pupil, number, LAZY)
    back = accept(pupil, "SIM01", day(4.5))
    assert back is not None
    assert (back.stage, back.before) == ("pretraining", "discrimination")
    assert "on the last 2 days, the rule asks for less than 0.4" in back.reason
    assert accept(pupil, "SIM01", day(4.6)) is None
    assert [entry.stage for entry in read_history(pupil, "SIM01")] == [
        "pretraining", "discrimination", "pretraining",
    ]  # fmt: skip


def test_a_session_counts_once_even_if_the_clock_was_wrong(pupil: Lab) -> None:
    """The session seems to begin after the move that rests on it."""
    enter(pupil, "SIM01", pupil.folder / FILE, START)
    train(pupil, 5)
    assert accept(pupil, "SIM01", day(1)) is not None
    override(pupil, "SIM01", "pretraining", day(1.1), "once more", "Ada")
    assert accept(pupil, "SIM01", day(1.2)) is None
    assert read_standing(pupil, "SIM01").decision.sessions == ()


def test_a_session_in_the_millisecond_of_the_entry_counts(pupil: Lab) -> None:
    enter(pupil, "SIM01", pupil.folder / FILE, START + timedelta(microseconds=900))
    train(pupil, 0)
    assert read_standing(pupil, "SIM01").decision.verdict == "promote"


def test_a_session_of_another_protocol_is_left_out(pupil: Lab) -> None:
    enter(pupil, "SIM01", pupil.folder / FILE, START)
    path = Path("protocols/go_nogo.toml")
    run_virtual(make_plan(pupil, RIG, path, "SIM01", simulate=True, seed=1), day(1))
    reason = read_standing(pupil, "SIM01").decision.reason
    assert reason == ("no session counts for this stage yet (1 session left out: 1 ran 'go_nogo')")


def test_an_aborted_session_never_promotes(pupil: Lab) -> None:
    enter(pupil, "SIM01", pupil.folder / FILE, START)
    result = abort(pupil, 1, after=430.0)
    hits = sum(row.outcome == "hit" for row in result.rows)
    assert hits >= 40, "but for the stop, the rule would hold"
    assert accept(pupil, "SIM01", day(2)) is None
    assert "1 aborted" in read_standing(pupil, "SIM01").decision.reason


def _cut(folder: SessionFolder) -> None:
    """Cut off the last event."""
    last = load_session(folder).events[-1]
    folder.journal.write_bytes(folder.journal.read_bytes()[: -len(frame(last))])


def _tear(folder: SessionFolder) -> None:
    folder.journal.write_bytes(folder.journal.read_bytes()[:-3])


def _spoil(folder: SessionFolder) -> None:
    folder.journal.write_bytes(b"garbage")


@pytest.mark.parametrize(
    ("harm", "why"), [(_cut, "cut off"), (_tear, "damaged"), (_spoil, "unreadable")]
)
def test_a_session_that_is_not_whole_never_promotes(
    pupil: Lab, harm: Callable[[SessionFolder], None], why: str
) -> None:
    enter(pupil, "SIM01", pupil.folder / FILE, START)
    folder = train(pupil, 1).folder
    assert read_standing(pupil, "SIM01").decision.verdict == "promote"
    harm(folder)
    decision = read_standing(pupil, "SIM01").decision
    assert decision.verdict == "hold"
    assert f"1 session left out: 1 {why}" in decision.reason
    assert accept(pupil, "SIM01", day(2)) is None


def test_a_simulated_session_never_promotes_a_real_animal(pupil: Lab, edit: Edit) -> None:
    enter(pupil, "SIM01", pupil.folder / FILE, START)
    train(pupil, 1)
    assert read_standing(pupil, "SIM01").decision.verdict == "promote"
    edit("subjects/SIM01.toml", "simulated = true", "simulated = false")
    with pytest.raises(CheckFailed, match="is real, and its moves are those of a virtual one"):
        read_standing(pupil, "SIM01")
    history_file(pupil, "SIM01").unlink()
    enter(pupil, "SIM01", pupil.folder / FILE, START)
    decision = read_standing(pupil, "SIM01").decision
    assert decision.verdict == "hold"
    assert "1 simulated" in decision.reason
    assert accept(pupil, "SIM01", day(2)) is None


def test_the_parameter_sets_take_turns(pupil: Lab) -> None:
    """Each comes once in two sessions that count; one that was aborted has its turn again."""
    enter(pupil, "SIM01", pupil.folder / FILE, START)
    override(pupil, "SIM01", "discrimination", START, "to begin there", "Ada")
    delays = []
    for number in range(1, 9):
        asked = choose(pupil, "SIM01").params.params["response_delay"]
        if number == 4:
            aborted = load_session(abort(pupil, number, after=200.0).folder)
            assert aborted.definition.params["response_delay"] == asked
            assert choose(pupil, "SIM01").params.params["response_delay"] == asked
        folder = train(pupil, number + 0.1).folder
        delays.append(load_session(folder).definition.params["response_delay"])
        assert delays[-1] == asked
    assert all(set(delays[at : at + 2]) == {0.5, 0.6} for at in range(0, 8, 2))


def test_a_replay_decides_as_the_live_decisions_did(pupil: Lab, command: Command) -> None:
    enter(pupil, "SIM01", pupil.folder / FILE, START)
    live = []
    for number, excitation in enumerate(
        (LAZY, EAGER, LAZY, LAZY, EAGER, EAGER, EAGER, EAGER), start=1
    ):
        train(pupil, number, excitation)
        decision = read_standing(pupil, "SIM01").decision
        live.append((decision.stage, decision.verdict, decision.target, decision.reason))
        accept(pupil, "SIM01", day(number + 0.5))
    assert Counter(verdict for _, verdict, _, _ in live) == {"hold": 4, "promote": 3, "set_back": 1}
    before = history_file(pupil, "SIM01").read_bytes()
    rows = json.loads(command("curriculum", "replay", str(FILE), "SIM01", "--json").out)
    keys = ("stage", "verdict", "target", "reason")
    assert [tuple(row[key] for key in keys) for row in rows] == live
    assert history_file(pupil, "SIM01").read_bytes() == before
    table = command("curriculum", "replay", str(FILE), "SIM01").out
    assert all(row["session"] in table for row in rows)


def test_a_replay_of_no_sessions(school: Lab, command: Command) -> None:
    done = command("curriculum", "replay", str(FILE), "SIM02")
    assert (done.code, done.out) == (ExitCode.OK, "There are no sessions of SIM02.\n")
