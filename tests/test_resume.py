"""A session that was cut off goes on as if it had never been: same order, same chance."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from conftest import Done
from helpers import plan_for, put_mouse, run_virtual

from rig.errors import ConfigError, ExitCode, RecordingError
from rig.events import ParameterChanged, TrialStarted
from rig.inbox import Command
from rig.lab import Lab
from rig.plan import Plan
from rig.resumption import check_same, find_resumption
from rig.session import Session
from rig.session_record import load_session
from rig.session_result import Result
from rig.watcher import Nobody

GO_NOGO = Path("protocols/go_nogo.toml")
SHIFTING = Path("protocols/set_shifting.toml")
OPTOGENETIC = Path("protocols/optogenetic.toml")
DETECTION = Path("protocols/detection_adaptive.toml")
GO = ("A", "45 deg", "5 kHz", "S+ and C", "? at *")
Edit = Callable[[str, str, str], None]
Trial = tuple[str, str, dict[str, float], int]


class Interrupter(Nobody):
    """Gives orders in the second state of trials."""

    def __init__(self, orders: Mapping[int, Command | list[Command]]) -> None:
        self._orders = dict(orders)
        self.session: Session | None = None

    def entered(self, trial: int, state: str) -> None:
        command = self._orders.get(trial)
        if command is not None and state in {"response", "delay"}:
            del self._orders[trial]
            assert self.session is not None
            for each in command if isinstance(command, list) else [command]:
                self.session.hand_in(each)


def run(
    plan: Plan, orders: Mapping[int, Command | list[Command]], *, resume: bool = False
) -> Result:
    """Run a session, new or resumed; orders are given in the middle of their trials."""
    resumes = find_resumption(plan.lab, plan.subject.id) if resume else None
    if resumes is not None:
        check_same(resumes, plan.protocol)
    watcher = Interrupter(orders)
    watcher.session = Session(plan, "virtual", resumes=resumes, watcher=watcher)
    with watcher.session as session:
        return session.run()


def trials(result: Result) -> list[Trial]:
    """Return what was presented in the trials that were completed."""
    record = load_session(result.folder)
    done = {row.trial for row in record.rows if not row.aborted}
    return [
        (event.trial_type, event.stimulus, event.draws, event.trial)
        for event in record.events
        if isinstance(event, TrialStarted) and event.trial in done
    ]


def stop(trial: int) -> dict[int, Command]:
    return {trial: Command("stop_now", author="anna")}


@pytest.fixture
def steady(lab: Lab, edit: Edit) -> Lab:
    """Return a lab with a perfect mouse, whose sessions of Go/NoGo have 40 trials."""
    put_mouse(lab, policy="perfect", go=GO)
    edit("protocols/go_nogo.toml", "max_trials = 250", "max_trials = 40")
    return lab


@pytest.mark.parametrize(
    ("protocol", "cuts"),
    [(GO_NOGO, (13, 14, 29)), (SHIFTING, (17, 100, 200)), (OPTOGENETIC, (30, 90)),
     (DETECTION, (15, 40))],
)  # fmt: skip
def test_the_order_goes_on_where_it_was_cut(
    steady: Lab, edit: Edit, protocol: Path, cuts: tuple[int, ...]
) -> None:
    """Cut in the middle of those trials, again and again."""
    for file, limit in (("optogenetic", "250"), ("detection_adaptive", "200")):
        edit(f"protocols/{file}.toml", f"max_trials = {limit}", "max_trials = 120")
    plan = plan_for(steady, protocol)
    whole = trials(run_virtual(plan))
    pieces = [run(plan, stop(cut), resume=cut != cuts[0]) for cut in cuts]
    pieces.append(run(plan, {}, resume=True))
    assert [trial for piece in pieces for trial in trials(piece)] == whole
    assert [len(piece.rows) > 0 for piece in pieces] == [True] * len(pieces)


def test_the_resumed_session_names_the_one_it_goes_on_with(steady: Lab) -> None:
    plan = plan_for(steady)
    first = run(plan, stop(13))
    second = run(plan, {}, resume=True)
    record = load_session(second.folder)
    assert record.definition.resumes == first.folder.name
    assert record.definition.seed == load_session(first.folder).definition.seed
    assert [row.trial for row in record.rows] == list(range(13, 41))
    assert record.ended is not None
    assert record.ended.reason == "40 trials"


def test_water_of_the_first_part_counts(steady: Lab, edit: Edit) -> None:
    edit("protocols/go_nogo.toml", "max_water_ul = 1200", "max_water_ul = 50")
    plan = plan_for(steady)
    first = run(plan, stop(13))
    second = run(plan, {}, resume=True)
    assert first.water_ul + second.water_ul == 50.0
    assert load_session(second.folder).definition.before_ul == first.water_ul > 0


def test_changes_of_parameters_hold_in_the_resumed_session(steady: Lab) -> None:
    plan = plan_for(steady)
    change = Command("set", author="anna", key="reward_ul", value=4.0)
    first = run(plan, {5: change, **stop(13)})
    second = run(plan, {}, resume=True)
    assert {row.reward_ul for row in first.rows if row.outcome == "hit"} == {5.0, 4.0}
    assert {row.reward_ul for row in second.rows if row.outcome == "hit"} == {4.0}
    events = load_session(second.folder).events
    (changed,) = [event for event in events if isinstance(event, ParameterChanged)]
    assert (changed.after, changed.author) == (4.0, "anna")


def test_a_change_in_the_trial_that_is_cut_acts_when_that_was_played_again(steady: Lab) -> None:
    plan = plan_for(steady)
    change = Command("set", author="anna", key="reward_ul", value=4.0)
    first = run(plan, {12: change, **stop(13)})
    assert {row.reward_ul for row in first.rows if row.outcome == "hit"} == {5.0}
    late = run(plan_for(steady, subject="SIM02"), {13: change})
    cut = plan_for(steady, subject="SIM03")
    run(cut, {13: [change, stop(13)[13]]})
    second = run(cut, {}, resume=True)
    rewards = {row.trial: row.reward_ul for row in second.rows}
    assert rewards == {row.trial: row.reward_ul for row in late.rows[12:]}
    (changed,) = [e for e in load_session(second.folder).events if isinstance(e, ParameterChanged)]
    assert (changed.trial, changed.after, changed.author) == (13, 4.0, "anna")


@pytest.mark.parametrize("skip_in", [10, 13])
def test_a_skipped_block_is_the_same_in_the_resumed_session(steady: Lab, skip_in: int) -> None:
    """Skipped in a trial that was completed, or in the one that is cut."""
    skip = Command("skip_block", author="anna")
    whole = run(plan_for(steady, SHIFTING), {skip_in: skip})
    plan = plan_for(steady, SHIFTING, subject="SIM02")
    orders: dict[int, Command | list[Command]] = {10: skip, **stop(13)}
    if skip_in == 13:
        orders = {13: [skip, stop(13)[13]]}
    first = run(plan, orders)
    second = run(plan, {}, resume=True)
    assert trials(first) + trials(second) == trials(whole)
    blocks = [row.block for row in (*first.rows[:12], *second.rows)]
    assert blocks == [row.block for row in whole.rows]


def test_an_answer_holds_in_the_resumed_session(steady: Lab, edit: Edit) -> None:
    put_mouse(steady, policy="never")
    edit("protocols/set_shifting.toml", '"more_priming"', '"ask"')
    edit("protocols/set_shifting.toml", "priming_trials = 30", "priming_trials = 20")
    plan = plan_for(steady, SHIFTING)
    answers = Answerer("go on")
    with Session(plan, "virtual", watcher=answers) as session:
        answers.session, answers.stop_in = session, 25
        first = session.run()
    second = run(plan, stop(30), resume=True)
    assert {row.labels["phase"] for row in first.rows[20:]} == {"bimodal"}
    assert {row.labels["phase"] for row in second.rows} == {"bimodal"}


class Answerer(Nobody):
    """Answers every question, and stops the session in a trial."""

    def __init__(self, choice: str) -> None:
        self._choice = choice
        self.session: Session | None = None
        self.stop_in = 0

    def noticed(self, text: str) -> None:
        assert self.session is not None
        if text.endswith(")"):
            self.session.hand_in(Command("answer", self._choice, "anna"))

    def entered(self, trial: int, state: str) -> None:
        assert self.session is not None
        if trial == self.stop_in and state == "response":
            self.session.hand_in(Command("stop_now", author="anna"))


def test_a_journal_that_is_damaged_in_the_middle_is_not_resumed(steady: Lab) -> None:
    plan = plan_for(steady)
    folder = run(plan, stop(20)).folder
    data = bytearray(folder.journal.read_bytes())
    data[len(data) // 2] ^= 0xFF
    folder.journal.write_bytes(data)
    with pytest.raises(RecordingError, match="the session cannot be resumed: the journal is damag"):
        run(plan, {}, resume=True)


def test_the_mouse_does_not_repeat_itself(lab: Lab) -> None:
    plan = plan_for(lab)
    first = run(plan, stop(13))
    second = run(plan, {}, resume=True)
    visits = [[row.stimulus_time for row in part.rows[:5]] for part in (first, second)]
    assert visits[0] != visits[1]


def test_a_journal_that_was_cut_off_can_be_resumed(steady: Lab) -> None:
    """As after a power failure: the last frames are missing."""
    plan = plan_for(steady)
    whole = trials(run_virtual(plan))
    first = run(plan, stop(20))
    journal = first.folder.journal
    journal.write_bytes(journal.read_bytes()[:-2000])
    kept = [row.trial for row in load_session(first.folder).rows if not row.aborted]
    second = run(plan, {}, resume=True)
    assert trials(second) == whole[kept[-1] :]


def test_a_session_that_was_complete_is_not_resumed(steady: Lab) -> None:
    plan = plan_for(steady)
    run_virtual(plan)
    with pytest.raises(ConfigError, match="it ended with '40 trials'"):
        run(plan, {}, resume=True)


def test_another_protocol_is_not_resumed(steady: Lab, edit: Edit) -> None:
    plan = plan_for(steady)
    run(plan, stop(13))
    edit("protocols/go_nogo.toml", "reward_ul = 5.0", "reward_ul = 4.0")
    with pytest.raises(ConfigError, match="the parameters were others"):
        run(plan_for(steady), {}, resume=True)
    with pytest.raises(ConfigError, match="the protocol file was 'go_nogo'"):
        run(plan_for(steady, Path("protocols/pretraining.toml")), {}, resume=True)


def test_a_protocol_with_chance_of_its_own_is_not_resumed(lab: Lab) -> None:
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
    (lab.folder / "protocols/own.toml").write_text('protocol = "protocols/own.py:Own"\n')
    plan = plan_for(lab, Path("protocols/own.toml"))
    run(plan, stop(5))
    with pytest.raises(ConfigError, match="does not repeat trial 1"):
        run(plan, {}, resume=True)


def test_resume_on_the_command_line(steady: Lab, command: Callable[..., Done]) -> None:
    run(plan_for(steady), stop(13))
    arguments = ("run", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml",
                 "--subject", "SIM01", "--virtual")  # fmt: skip
    both = command(*arguments, "--resume", "--seed", "3")
    assert both.code == ExitCode.CHECK_FAILED
    assert "the seed of the one that it goes on with" in both.err
    assert command(*arguments, "--resume").code == ExitCode.OK
    again = command(*arguments, "--resume")
    assert again.code == ExitCode.CHECK_FAILED
    assert "the session was complete" in again.err
    shutil.rmtree(steady.data)
    nothing = command(*arguments, "--resume")
    assert nothing.code == ExitCode.RECORDING
