"""`rig curve`: learning curves of recorded sessions, the figure, JSON, bad input."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from fit_sessions import session, trial
from helpers import plan_for, run_virtual
from inside import inside

from analysis.behaviour.course import course_of, courses_of
from analysis.fits.reading import Trial
from analysis.fits.sessions import LeftOut, Past, Wanted, read_past
from models.errors import ModelError
from rig.errors import ExitCode
from rig.frames import pack
from rig.journal import MAGIC, read_frames
from rig.lab import Lab
from rig.wrap_up import WRAP_UP, WrapUp


def go_nogo(hits: int, misses: int, false_alarms: int, rejections: int) -> list[Trial]:
    rows = [trial("go", "A", "hit")] * hits + [trial("go", "A", "miss")] * misses
    rows += [trial("nogo", "B", "false_alarm")] * false_alarms
    rows += [trial("nogo", "B", "correct_rejection")] * rejections
    return [rows[k] for k in np.random.default_rng(0).permutation(len(rows))]


def past(*sessions: Sequence[Trial], left_out: tuple[LeftOut, ...] = ()) -> Past:
    names = [f"M1/2026-01-0{number}/1" for number in range(1, len(sessions) + 1)]
    recorded = tuple(
        session(rows, name, stage="") for rows, name in zip(sessions, names, strict=True)
    )
    return Past("M1", recorded, left_out)


def test_rates_of_sessions_and_bins_over_them() -> None:
    catch = [trial("catch", "C", "catch_lick")] * 7
    first, second = go_nogo(60, 60, 60, 60), [*go_nogo(110, 10, 12, 108), *catch]
    found = course_of(past(first, second, go_nogo(115, 5, 6, 114)), (), 100)
    one, two, three = found.sessions
    assert (one.first, one.last, two.first, two.last, three.last) == (1, 240, 241, 480, 720)
    assert (two.go, two.nogo, two.correct) == (120, 120, 218 / 240)
    assert (two.hit_rate, two.false_alarm_rate) == (110 / 120, 12 / 120)
    assert one.d_prime == pytest.approx(0)
    assert (three.d_prime or 0) > 3
    assert [each.last for each in found.bins] == [100, 200, 300, 400, 500, 600, 700]
    in_order = [row.outcome in {"hit", "correct_rejection"} for row in [*first, *second[:240]]]
    assert found.bins[2].correct == sum(in_order[200:300])
    assert {each.name for each in found.sigmoid} == {"delay", "learning", "lapse"}
    assert found.bins[0].sigmoid == pytest.approx(0.5, abs=0.05)


def test_pretraining_and_other_tasks_are_left_out_in_words() -> None:
    shifting = [trial("go", "45 deg", "hit", labels={"phase": "priming"})] * 20
    shifting += [trial("nogo", "135 deg", "miss", labels={"phase": "priming"})] * 20
    damaged = LeftOut("M1/2026-01-09/1", "it cannot be read: it is damaged")
    mouse = past([trial("go", "A", "hit")] * 50, shifting, go_nogo(40, 10, 40, 10), [],
                 left_out=(damaged,))  # fmt: skip
    found = course_of(mouse, (), 50)
    assert [each.session for each in found.sessions] == ["M1/2026-01-03/1"]
    told = {each.session: each.why for each in found.left_out}
    assert told["M1/2026-01-01/1"] == "it is of pretraining: S+ alone"
    assert "set-shifting" in told["M1/2026-01-02/1"]
    assert told["M1/2026-01-04/1"] == "it has no completed go or nogo trial"
    assert told[damaged.session] == damaged.why
    named = course_of(mouse, ("go_nogo",), 50)
    assert len(named.sessions) == 2


def test_a_curve_that_no_sigmoid_fits_says_so() -> None:
    assert "too few" in course_of(past(go_nogo(50, 50, 50, 50)), (), 100).statement
    assert "all trials are correct" in course_of(past(go_nogo(300, 0, 0, 300)), (), 100).statement
    short = course_of(past(go_nogo(5, 4, 3, 2)), (), 100)
    assert short.statement == "14 trials do not fill a bin of 100."
    assert (short.bins, short.sigmoid, short.sessions[0].d_prime) == ((), (), None)


def test_a_mouse_without_a_curve_does_not_stop_the_others() -> None:
    found = courses_of([past(go_nogo(60, 60, 60, 60)), Past("M2", (), ())], (), 100)
    assert [each.subject for each in found.mice] == ["M1"]
    assert found.failed == {"M2": "it has no session. `rig ls` lists the sessions."}
    with pytest.raises(ModelError, match="no session can be used"):
        course_of(past([]), (), 100)


@pytest.fixture
def trained(lab: Lab) -> Lab:
    """Return a lab with a virtual mouse of three sessions; the second is not to be used."""
    for day in (4, 6, 5):
        result = run_virtual(plan_for(lab), datetime(2026, 3, day, 9, tzinfo=UTC))
    said = WrapUp(
        session=result.folder.name, at=datetime(2026, 3, 5, tzinfo=UTC), by="anna", usable=False
    )
    (result.folder.path / WRAP_UP).write_bytes(msgspec.json.encode(said))
    return lab


def test_the_command_tells_draws_and_refuses_in_words(trained: Lab, tmp_path: Path) -> None:
    figure = tmp_path / "new" / "curve.svg"
    done = inside(trained, "curve", "SIM01", "--binned", "50", "--out", str(figure), "--json")
    assert done.code == ExitCode.OK, done.err
    told = json.loads(done.out)
    assert told["figure"] == str(figure)
    (mouse,) = told["mice"]
    assert (mouse["subject"], mouse["simulated"]) == ("SIM01", True)
    names = [each["session"] for each in mouse["sessions"]]
    assert names == ["SIM01/2026-03-04/1", "SIM01/2026-03-06/1"]
    assert [each["go"] + each["nogo"] for each in mouse["sessions"]] == [250, 250]
    assert [each["last"] for each in mouse["bins"]] == list(range(50, 501, 50))
    assert "not to be used" in mouse["left_out"][0]["why"]
    assert mouse["holes"] == mouse["left_out"]
    text = figure.read_text(encoding="utf-8")
    assert "SIMULATED" in text
    assert "SIM01" in text
    beside = json.loads(figure.with_suffix(".json").read_text(encoding="utf-8"))
    assert beside == {name: told[name] for name in told if name != "figure"}
    made_of = json.loads((figure.parent / "curve.svg.json").read_text(encoding="utf-8"))
    assert (made_of["sessions"], made_of["parameters"]) == (names, {"bin_trials": 50})

    printed = inside(trained, "curve", "SIM01", "SIM02")
    assert printed.code == ExitCode.CHECK_FAILED
    assert "SIM01/2026-03-04/1  go_nogo" in printed.out
    assert "Not in the curve as a whole, though others follow: SIM01/2026-03-05/1." in printed.out
    assert "SIM02: it has no session." in printed.out
    assert (trained.folder / "curves" / "curve-SIM01-SIM02.png").is_file()

    for words, code, *arguments in (
        (
            "none of its 3 sessions is asked for",
            ExitCode.RECORDING,
            "SIM01",
            "--since",
            "2027-01-01",
        ),
        (
            "not asked for: 2 others (--protocol leaves out go_nogo)",
            ExitCode.RECORDING,
            "SIM01",
            "--protocol",
            "nope",
        ),
        ("there is no mouse 'NOBODY'", ExitCode.RECORDING, "NOBODY"),
        ("there is no learning curve. SIM02", ExitCode.RECORDING, "SIM02"),
        ("is no figure", ExitCode.USAGE, "SIM01", "--out", "curve.txt"),
        ("is no day", ExitCode.USAGE, "SIM01", "--since", "soon"),
        ("cannot be written", ExitCode.RECORDING, "SIM01", "--out", "lab.toml/curve.png"),
        ("do not fit into one figure", ExitCode.USAGE, *[f"M{number}" for number in range(25)]),
    ):
        refused = inside(trained, "curve", *arguments)
        assert refused.code == code, refused.err
        assert words in refused.err, refused.err
        assert "Traceback" not in refused.err


def test_a_damaged_journal_tells_the_first_trial_that_is_lost(short: Lab) -> None:
    folder = run_virtual(plan_for(short)).folder
    payloads = list(read_frames(folder.journal))
    ends = [n for n, payload in enumerate(payloads) if b"trial_ended" in payload]
    lost_end = ends[12]  # that of the trial 13
    sound = b"".join(pack(payload) for payload in payloads[:lost_end])
    folder.journal.write_bytes(MAGIC + sound + b"torn")
    past = read_past("SIM01", [folder], Wanted())
    (told,) = past.left_out
    assert told.why.startswith("its trials from 13 on: ")
    assert len(past.sessions[0].rows) <= 12
