"""The reports of a day and of a mouse: what they tell, also where there is nothing to tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Done
from helpers import plan_for, run_virtual
from matplotlib.figure import Figure
from test_report import Page

from analysis.day_report import day_of_rows, day_page
from analysis.figures import learning_curve, save_figure
from analysis.subject_report import learning_figure
from analysis.timelines import sensitivity_over_sessions, stage_timeline, water_over_sessions
from rig.errors import ExitCode, RecordingError
from rig.lab import Lab

Command = Callable[..., Done]
DAY = date(2026, 3, 4)


def row(session: str, **facts: Any) -> dict[str, Any]:
    """Return a session as `analysis.summary` tells it."""
    subject, day, number = session.split("/")
    told = {
        "session": session, "subject": subject, "day": day, "number": int(number), "trials": 100,
        "stage": "course/go_nogo", "d_prime": 1.0, "water_ml": 0.5, "wrapped_up": True,
        "running": False, "simulated": False, "qc": ["good"], "qc_why": [],
        "outcomes": {"hit": 40, "miss": 10, "false_alarm": 10, "correct_rejection": 40},
    }  # fmt: skip
    return {**told, **facts}


def test_a_mouse_has_one_row_whatever_it_did() -> None:
    day = day_of_rows(
        DAY,
        [
            row("M1/2026-03-02/1", d_prime=0.3),
            row("M1/2026-03-03/1", d_prime=0.7),
            row("M1/2026-03-03/2", d_prime=3.0, stage="course/other"),
            row("M1/2026-03-04/1", qc=["short"], qc_why=["12 trials; 40 are enough."]),
            row("M1/2026-03-04/2", outcomes={"hit": 10, "miss": 40, "aborted": 3}, water_ml=0.1),
        ],
    )
    (mouse,) = day.mice
    assert mouse.sessions == ["M1/2026-03-04/1", "M1/2026-03-04/2"]
    assert mouse.qc == ["short"]
    assert mouse.look_at == ["M1/2026-03-04/1: 12 trials; 40 are enough."]
    assert (mouse.trials, mouse.hit_rate, mouse.false_alarm_rate) == (150, 0.5, 0.2)
    assert mouse.d_prime == pytest.approx(0.8416, abs=1e-4)  # z(0.5) - z(0.2)
    assert mouse.d_prime_before == 0.7
    assert mouse.water_ml == pytest.approx(0.6)


def test_mice_that_are_missed_and_sessions_that_wait_are_told() -> None:
    day = day_of_rows(
        DAY,
        [
            row("M1/2026-03-04/1", wrapped_up=False),
            row("M2/2026-03-01/1"),
            row("M2/2026-03-02/1"),
            row("M3/2026-03-04/1", wrapped_up=False, running=True, qc=["runs"]),
        ],
    )
    assert [(each.subject, each.last) for each in day.absent] == [("M2", "M2/2026-03-02/1")]
    assert day.not_wrapped_up == ["M1/2026-03-04/1"]
    text = Page(day_page(day)).text
    for words in ("2 mice, 2 sessions. 1 of the mice: good.", "No session on this day", "M2/2026"):
        assert words in text
    assert "SIMULATED" not in text


def test_a_session_that_cannot_be_read_has_its_row() -> None:
    unreadable = {
        "session": "M1/2026-03-04/1", "subject": "M1", "day": "2026-03-04", "number": 1,
        "wrapped_up": False, "running": False, "qc": ["unreadable"], "qc_why": ["It is torn."],
    }  # fmt: skip
    day = day_of_rows(DAY, [unreadable])
    assert (day.mice[0].trials, day.mice[0].water_ml, day.mice[0].stage) == (0, None, None)
    assert "unreadable" in Page(day_page(day)).text


def test_the_report_of_a_day_is_written_into_the_lab(short: Lab, command: Command) -> None:
    run_virtual(plan_for(short), datetime(2026, 3, 4, 9, tzinfo=UTC))
    told = json.loads(command("report", "--day", "2026-03-04", "--json").out)
    assert told["file"] == str(short.folder / "reports/2026-03-04.html")
    assert [mouse["subject"] for mouse in told["mice"]] == ["SIM01"]
    assert [session["qc"] for session in told["sessions"]] == [["short"]]
    html = Path(told["file"]).read_text(encoding="utf-8")
    assert "SIMULATED: 1 of 1 sessions" in html
    assert "24 trials; 40 are enough." in html
    nothing = command("report", "--day", "2026-03-05")
    assert nothing.out.startswith("There are no sessions of 2026-03-05.")
    assert "SIM01/2026-03-04/1" in (short.folder / "reports/2026-03-05.html").read_text("utf-8")


def test_the_report_of_a_mouse_has_its_sessions_and_its_figures(
    short: Lab, command: Command
) -> None:
    for day in (3, 4):
        run_virtual(plan_for(short), datetime(2026, 3, day, 9, tzinfo=UTC))
    told = json.loads(command("report", "--subject", "SIM01", "--json").out)
    assert [session["day"] for session in told["sessions"]] == ["2026-03-03", "2026-03-04"]
    page = Page(Path(told["file"]).read_text(encoding="utf-8"))
    assert len(page.images) == 2
    assert page.open == []
    for words in ("2026-03-03 to 2026-03-04", "2, 0 of them good", "SIMULATED: 2 of 2 sessions"):
        assert words in page.text


def test_a_mouse_without_sessions_has_a_report_that_says_so(lab: Lab, command: Command) -> None:
    path = lab.folder / "subjects/SIM01.stages.jsonl"
    path.write_text("{", encoding="utf-8")
    out = lab.folder / "mouse.html"
    assert command("report", "--subject", "SIM01", "--out", str(out)).code == ExitCode.OK
    text = Page(out.read_text(encoding="utf-8")).text
    assert "It has no sessions." in text
    assert "the last entry is torn" in text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), ExitCode.USAGE, "name a session, or --day, or --subject"),
        (("SIM01", "--day", "today"), ExitCode.USAGE, "one of them"),
        (("--day", "4.3.2026"), ExitCode.USAGE, "'4.3.2026' is no day"),
        (("--day", "0001-01-01"), ExitCode.USAGE, "'0001-01-01' is no day"),
        (("--day", "today", "--out", "x.pdf"), ExitCode.USAGE, "'x.pdf' is no page"),
        (("--subject", "NONE"), ExitCode.RECORDING, "there is no mouse 'NONE'"),
        (("--subject", "../rigs/box1"), ExitCode.RECORDING, "there is no mouse"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_sentence(
    command: Command, arguments: tuple[str, ...], code: ExitCode, words: str
) -> None:
    done = command("report", *arguments)
    assert done.code == code
    assert words in " ".join(done.err.replace("│", " ").split())


def test_the_timelines_show_every_session() -> None:
    upper, middle, lower = Figure().subplots(3, 1)
    assert stage_timeline(upper, ["habituation", "go_nogo", "go_nogo", "habituation"]) is upper
    assert list(upper.lines[-1].get_ydata()) == [0, 1, 1, 0]
    assert [label.get_text() for label in upper.get_yticklabels()] == ["habituation", "go_nogo"]
    sensitivity_over_sessions(middle, [None, 1.0, None, 2.0])
    assert list(middle.lines[-1].get_xdata()) == [2, 4]
    water_over_sessions(lower, [0.5, None])
    assert [bar.get_height() for bar in lower.patches] == [0.5, 0.0]
    stage_timeline(Figure().subplots(), [])


def test_a_session_that_cannot_be_read_stands_in_no_stage() -> None:
    axes = stage_timeline(Figure().subplots(), ["habituation", None, "go_nogo"])
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "cannot be read", "habituation", "go_nogo",
    ]  # fmt: skip
    *_, cross = axes.get_lines()
    assert cross.get_xydata().tolist() == [[2.0, -1.0]]


def test_silent_trials_of_detection_are_no_false_alarms_in_the_report_of_a_mouse() -> None:
    rates = {"hit_rate": 0.9, "false_alarm_rate": 0.2}
    detection = {"trial_types": ["silent", "sound"], "hit_rate": 0.7, "false_alarm_rate": 0.1}
    rows = [
        row("M1/2026-03-02/1", **rates),
        row("M1/2026-03-03/1", **detection, d_prime=2.0),
        row("M1/2026-03-04/1", **rates),
    ]
    upper, lower = learning_figure(rows).axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in upper.get_lines()}
    assert drawn == {
        "licks to S+ (hits)": [[1, 0.9], [3, 0.9]],
        "licks to S- (false alarms)": [[1, 0.2], [3, 0.2]],
        "responses to sounds": [[2, 0.7]],
        "responses in silence": [[2, 0.1]],
    }
    _, discrimination, of_detection = lower.get_lines()
    assert discrimination.get_xdata().tolist() == [1, 3]
    assert of_detection.get_xydata().tolist() == [[2.0, 2.0]]
    assert not upper.patches, "no session is shaded as one without S-"


def test_days_with_s_plus_alone_are_grey_and_no_others() -> None:
    ax = Figure().subplots()
    hits = [None, 0.5, 0.6, 0.9, None, 0.7, 0.8]
    learning_curve(ax, range(1, 8), hits, [None, None, None, 0.2, None, None, 0.1], "no S-")
    spans = [(area.get_extents().x0, area.get_extents().x1) for area in ax.patches]
    back = ax.transData.inverted().transform
    assert [tuple(back([(x, 0) for x in span])[:, 0].round(3)) for span in spans] == [
        (1.5, 3.5), (5.5, 6.5),
    ]  # fmt: skip
    assert [text.get_text() for text in ax.texts] == ["no S-", "no S-"]


def test_a_figure_has_beside_it_what_it_was_made_of(tmp_path: Path) -> None:
    path = tmp_path / "curve.svg"
    save_figure(Figure(), path, ["M1/2026-03-04/1"], {"bin_trials": 100})
    told = json.loads((tmp_path / "curve.svg.json").read_text(encoding="utf-8"))
    assert told["figure"] == "curve.svg"
    assert (told["sessions"], told["parameters"]) == (["M1/2026-03-04/1"], {"bin_trials": 100})
    assert {"mouserig", "python", "matplotlib", "numpy"} <= told["versions"].keys()
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(RecordingError, match="the file cannot be written"):
        save_figure(Figure(), tmp_path / "taken/curve.png", [], {})
