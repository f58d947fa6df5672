"""The list of sessions: sorted, searched, told in words, and what can be done with one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from gui_helpers import Asked, Bench, button, click, texts
from helpers import plan_for, run_virtual
from PyQt5.QtCore import QUrl
from PyQt5.QtGui import QDesktopServices
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot

from analysis.quality import quality, words_of
from gui.listing.rows import COLUMNS, may_recover, summary_words, timing_words
from gui.screens.sessions import DAYS, Sessions
from rig.lab import Lab
from rig.session_folder import find_sessions


def row(session: str, **facts: Any) -> dict[str, Any]:
    """Return a session as `rig ls --json` tells it."""
    subject, day, number = session.split("/")
    told = {
        "session": session, "subject": subject, "day": day, "number": int(number),
        "started_at": f"{day}T10:00:00+01:00", "duration": 2700.0, "rig": "box1",
        "protocol": "go_nogo", "stage": None, "trials": 250, "hit_rate": 0.9,
        "false_alarm_rate": 0.2, "d_prime": 2.1, "outcomes": {"hit": 110, "miss": 15},
        "water_ml": 0.55, "simulated": False, "ended": "250 trials", "running": False,
        "damage": None, "wrapped_up": True, "usable": True, "exports": {}, "folder": "/data",
        "how": "limit",
    }  # fmt: skip
    return judged({**told, **facts})


def judged(facts: dict[str, Any]) -> dict[str, Any]:
    """Return a session with the words of its quality."""
    findings = quality(facts, ())
    return {**facts, "qc": words_of(findings), "qc_why": [each.why for each in findings]}


GOOD = row("M014/2026-11-25/1")
CUT = row("M014/2026-11-24/1", ended="cut off", how=None, trials=12, d_prime=None, wrapped_up=False)
RUNNING = row("M015/2026-11-25/1", ended="still runs", running=True, wrapped_up=False)
EMPTY = row("M016/2026-11-25/2", trials=0, outcomes={}, hit_rate=None, d_prime=None, water_ml=0.0)
DAMAGED = row("M017/2026-11-23/1", damage="a frame has a wrong checksum", protocol="detection")
UNREADABLE = judged({
    "session": "M018/2026-11-22/1", "subject": "M018", "day": "2026-11-22", "number": 1,
    "wrapped_up": False, "usable": None, "running": False, "folder": "/data/M018",
    "ended": "unreadable: this is no journal", "damage": "this is no journal",
})  # fmt: skip
ALL = [UNREADABLE, DAMAGED, CUT, GOOD, RUNNING, EMPTY]


@pytest.fixture
def jobs(bench: Bench) -> Asked:
    """Return what is asked of `rig`, to be answered by the test."""
    made = Asked()
    bench.place.jobs = made  # type: ignore[assignment]
    return made


def screen_of(bench: Bench, qtbot: QtBot) -> Sessions:
    screen = Sessions(bench.place)
    qtbot.addWidget(screen)
    screen.resize(1100, 600)
    screen.show()
    qtbot.waitExposed(screen)
    screen.arrive()
    return screen


@pytest.fixture
def screen(jobs: Asked, bench: Bench, qtbot: QtBot) -> Sessions:
    """Return the screen with six sessions of all kinds."""
    made = screen_of(bench, qtbot)
    jobs.answer(ALL)
    jobs.waiting.clear()
    return made


def shown(screen: Sessions, title: str = "mouse") -> list[str]:
    """Return what stands in a column, from top to bottom."""
    column = [each.title for each in COLUMNS].index(title)
    order = screen._order
    return [str(order.index(line, column).data()) for line in range(order.rowCount())]


def choose(screen: Sessions, mouse: str) -> None:
    screen.table.setCurrentIndex(screen._order.index(shown(screen).index(mouse), 0))


def test_the_last_two_weeks_are_read_and_all_on_demand(
    jobs: Asked, bench: Bench, qtbot: QtBot
) -> None:
    screen = screen_of(bench, qtbot)
    first = date.today() - timedelta(days=DAYS - 1)
    assert jobs.asked == [["ls", "--since", first.isoformat()]]
    assert "Reading the sessions ..." in texts(screen)
    jobs.answer([GOOD])
    assert "1 sessions in the last 14 days" in texts(screen)
    screen.since.setCurrentIndex(1)
    screen.since.activated.emit(1)
    assert jobs.asked[-1] == ["ls"]


def test_sessions_of_all_kinds_are_rows_with_words(screen: Sessions) -> None:
    assert sorted(shown(screen, "quality")) == sorted(
        ["unreadable", "damaged", "cut off, short", "good", "runs", "no trials"]
    )
    assert "cut off" in shown(screen, "ended")
    assert sorted(shown(screen, "wrapped up")) == ["", "no", "no", "yes", "yes", "yes"]


def test_the_newest_stand_first_and_a_title_sorts(screen: Sessions) -> None:
    assert shown(screen, "day")[0] == "2026-11-25"
    assert (shown(screen)[0], shown(screen)[-1]) == ("M016", "M018"), "the second of a day is newer"
    by_d_prime = [each.title for each in COLUMNS].index("d'")
    for order in (0, 1):
        screen.table.sortByColumn(by_d_prime, order)  # type: ignore[call-overload]
        assert shown(screen, "d'")[-3:] == ["", "", ""], "what is missing comes last"


def test_the_search_finds_mice_and_protocols(screen: Sessions) -> None:
    QTest.keyClicks(screen.search, "m014")
    assert shown(screen) == ["M014", "M014"]
    assert "2 of 6 sessions" in texts(screen)
    screen.search.setText("detection")
    assert shown(screen) == ["M017"]
    assert screen.panel.title.text() == "M017/2026-11-23/1"
    screen.search.setText("nobody is called so")
    assert shown(screen) == []
    assert "No session is chosen." in texts(screen.panel)
    assert not screen.panel.report_button.isVisible()


def test_what_was_chosen_stays_chosen_when_the_list_is_read_again(
    screen: Sessions, jobs: Asked
) -> None:
    choose(screen, "M017")
    click(screen.again)
    assert jobs.answer({"summary": DAMAGED, "wrap_up": None, "timing": []})[0] == "show"
    jobs.answer([GOOD, DAMAGED])
    assert screen.panel.title.text() == "M017/2026-11-23/1"
    assert screen._order.row_at(screen.table.currentIndex()) == DAMAGED


def test_an_answer_that_comes_late_does_not_replace_a_newer_one(
    screen: Sessions, jobs: Asked
) -> None:
    click(screen.again)
    click(screen.again)
    jobs.answer([GOOD])
    assert len(shown(screen)) == 6
    jobs.answer([GOOD, CUT])
    assert len(shown(screen)) == 2


def test_a_list_that_cannot_be_read_is_said_and_the_old_one_stays(
    screen: Sessions, jobs: Asked
) -> None:
    click(screen.again)
    jobs.answer(None, 1, "the lab cannot be read")
    assert "The sessions could not be read: the lab cannot be read" in texts(screen)
    assert len(shown(screen)) == 6


def test_the_panel_tells_of_a_session_and_of_its_timing(screen: Sessions, jobs: Asked) -> None:
    choose(screen, "M017")
    timing = [{"state": "response", "error_ms": 0.031, "late_ms": 0.2},
              {"state": "wait", "error_ms": None, "late_ms": 0.1}]  # fmt: skip
    wrap_up = {"by": "anna", "comment": "spout was blocked", "droppings": None, "usable": True}
    assert jobs.answer({"summary": DAMAGED, "wrap_up": wrap_up, "timing": timing}) == [
        "show", "M017/2026-11-23/1", "--trials", "0"]  # fmt: skip
    said = texts(screen.panel)
    assert "Wrapped up by: anna\nComment: spout was blocked" in said
    assert "Trials: hit 110, miss 15" in said
    assert "Look at: A part of its record cannot be read: a frame has a wrong checksum." in said
    assert "response: off 0.03, late 0.20\nwait: late 0.10" in said


def test_many_states_are_counted_and_nothing_is_no_line() -> None:
    many = [{"state": f"s{n}", "error_ms": None, "late_ms": 0.1} for n in range(20)]
    assert timing_words(many).splitlines()[-1] == "and 8 more states"
    assert summary_words({}) == ""


@pytest.mark.parametrize("each", ALL, ids=lambda each: str(each["session"]))
def test_recovery_is_offered_where_it_can_do_something(
    screen: Sessions, each: dict[str, Any]
) -> None:
    screen._wanted = each["session"]
    screen._choose_again()
    offered = each in (CUT, DAMAGED, UNREADABLE)
    assert may_recover(each) == offered
    assert screen.panel.recover_button.isVisible() == offered
    assert ("Nothing is deleted." in texts(screen.panel)) == offered
    assert screen.panel.report_button.isEnabled() == (each is not UNREADABLE)


def test_what_is_done_is_said_and_so_is_what_came_of_it(screen: Sessions, jobs: Asked) -> None:
    choose(screen, "M017")
    jobs.waiting.clear()
    panel, name = screen.panel, "M017/2026-11-23/1"
    for words, arguments, value, said in (
        ("Report", ["report", name, "--open"], {"file": "/d/report.html"}, "/d/report.html"),
        ("Export NWB", ["export", name, "--to", "nwb"], {"files": ["/d/s.nwb"], "warnings": []},
         "Exported: s.nwb in /d."),
        ("Export CSV", ["export", name, "--to", "csv"],
         {"files": ["/d/s.csv"], "warnings": ["w"]}, "1 warnings"),
        ("Verify", ["verify", name], [{"file": "a", "state": "good", "detail": "", "do": ""}],
         "All 1 files agree"),
        ("Verify", ["verify", name],
         [{"file": "a.h5", "state": "bad", "detail": "differs.", "do": "Recover it."}],
         "a.h5: differs. Recover it."),
        ("Recover", ["recover", name],
         {"events": 9, "files": [{"file": "session.journal", "rest": "/d/rest", "rest_bytes": 40,
                                  "restored": False}]},
         "Recovered: 9 events are kept.\n40 bytes of session.journal are in /d/rest"),
    ):  # fmt: skip
        pressed = button(panel, words)
        click(pressed)
        assert panel.words.text().endswith(" ...")
        assert not pressed.isEnabled(), "one thing after the other"
        assert jobs.answer(value) == arguments
        assert said in panel.words.text()
        assert pressed.isEnabled()
        assert jobs.answer(ALL)[0] == "ls", "the list is read again"


@pytest.mark.parametrize("words", ["Report", "Export ALF", "Verify", "Recover"])
def test_what_fails_says_why(screen: Sessions, jobs: Asked, words: str) -> None:
    choose(screen, "M017")
    jobs.waiting.clear()
    click(button(screen.panel, words))
    jobs.answer(None, 6, "the disk is full")
    assert "the disk is full" in screen.panel.words.text()


def test_words_stay_with_their_session(screen: Sessions, jobs: Asked) -> None:
    choose(screen, "M017")
    jobs.waiting.clear()
    click(button(screen.panel, "Verify"))
    choose(screen, "M016")
    assert screen.panel.words.text() == ""
    jobs.answer([])
    assert screen.panel.words.text() == ""
    choose(screen, "M017")
    assert screen.panel.words.text() == "All 0 files agree with the record."


def test_the_folder_opens_or_is_named(screen: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QUrl] = []

    def refuse(url: QUrl) -> bool:
        opened.append(url)
        return False

    monkeypatch.setattr(QDesktopServices, "openUrl", refuse)
    choose(screen, "M018")
    click(screen.panel.folder_button)
    assert [url.toLocalFile() for url in opened] == ["/data/M018"]
    assert "It is /data/M018" in texts(screen.panel)


def test_real_sessions_are_listed_and_a_damaged_one_is_recovered(
    bench: Bench, short: Lab, qtbot: QtBot
) -> None:
    run_virtual(plan_for(short))
    folder = next(iter(find_sessions(short.data)))
    journal = folder.journal.read_bytes()
    folder.journal.write_bytes(journal[:-40])
    screen = screen_of(bench, qtbot)
    qtbot.waitUntil(lambda: shown(screen) == ["SIM01"], timeout=30_000)
    assert "damaged" in shown(screen, "quality")[0]
    qtbot.waitUntil(lambda: "late" in screen.panel.timing.text(), timeout=30_000)
    click(button(screen.panel, "Recover"))
    qtbot.waitUntil(lambda: "Recovered" in screen.panel.words.text(), timeout=30_000)
    qtbot.waitUntil(lambda: "damaged" not in shown(screen, "quality")[0], timeout=30_000)
    assert "24" in shown(screen, "trials")
