"""What the Run screen shows of a session, of its end, and of a box without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from gui_helpers import ADDRESS, Bench, Script, beat, button, click, texts
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import QApplication, QScrollBar, QTabBar, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from gui.boxes import Box
from gui.palette import PALETTES
from gui.reader import Silent
from gui.run.health import record_line, summary
from gui.screens.run import RunScreen
from rig.events import (
    Definition,
    DeviceRecord,
    GraphDefined,
    StateEntered,
    TrialStarted,
)
from rig.lab import Lab
from rig.session_record import SessionRecord

DEVICES = (
    DeviceRecord("lick", "digital input", "hardware.ni:Input", "Twin", True, {}),
    DeviceRecord("water", "valve", "hardware.ni:Valve", "Valve", False, {}),
    DeviceRecord("speaker", "speaker", "hardware.ni:Speaker", "Speaker", False, {}),
)


@pytest.fixture
def screen(bench: Bench, qtbot: QtBot) -> Iterator[RunScreen]:
    """Return the Run screen; a test refreshes it."""
    bench.place.go_to = bench.went.append
    made = RunScreen(bench.place)
    made.resize(1160, 700)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def show(bench: Bench, screen: RunScreen, script: Script) -> Box:
    """Let a session have told all this, and look."""
    box = bench.begin("box1", script.records)
    look(screen)
    return box


def look(screen: RunScreen) -> None:
    """Let two ticks pass: at the first look at a session, the second one draws most of it."""
    screen.refresh()
    screen.refresh()


def with_devices(script: Script, *more: DeviceRecord) -> Script:
    """Let a session have devices."""
    told = script.records[1]
    assert isinstance(told, Definition)
    script.records[1] = msgspec.structs.replace(told, devices=(*DEVICES, *more))
    return script


def with_levels(script: Script) -> Script:
    """Let the trials of a session have levels."""
    script.records = [
        msgspec.structs.replace(each, draws={"level_db_spl": 40.0})
        if isinstance(each, TrialStarted)
        else each
        for each in script.records
    ]
    return script


def test_a_box_without_a_session_says_how_to_begin_one(screen: RunScreen, bench: Bench) -> None:
    screen.refresh()
    assert "box1 is free." in texts(screen)
    click(button(screen, "Arm the next mouse"))
    assert bench.went == ["arm"]
    bench.place.box.starting = "SIM02"
    screen.refresh()
    assert "SIM02 is starting in box1 ..." in texts(screen)


def test_a_session_without_trials_is_shown(screen: RunScreen, bench: Bench) -> None:
    show(bench, screen, Script())
    assert screen.header.mouse.words == "SIM01"
    assert screen.header.trial.text() == "0"
    assert screen.header.state.words == "running"
    assert screen.side.state.state.text() == "between trials"
    assert "no trial yet" in texts(screen.plots)


def test_the_head_tells_mouse_trial_and_water(screen: RunScreen, bench: Bench) -> None:
    script = Script().trial("hit", drop_ul=600.0).drop(20.0, "anna").trial("miss").begin()
    show(bench, screen, script)
    head = screen.header
    assert (head.mouse.words, head.trial.text()) == ("SIM01", "3")
    assert head.about.words == "box1, go_nogo"
    assert head.elapsed.text() == "0:20"
    assert head.water.words == "0.62 of 1.00 mL"
    assert head.bar.accessibleName() == "task 0.60 mL, by hand 0.02 mL"
    assert head.beside.words == "20 uL by hand"


def test_water_of_earlier_parts_counts_in_the_head(screen: RunScreen, bench: Bench) -> None:
    script = Script()
    told = script.records[1]
    assert isinstance(told, Definition)
    resumes = "SIM01/2026-11-25/1"
    script.records[1] = msgspec.structs.replace(told, before_ul=250.0, resumes=resumes)
    show(bench, screen, script.trial("hit", drop_ul=150.0))
    assert screen.header.water.words == "0.40 of 1.00 mL"
    assert screen.header.before.text() == "0.25 before"
    assert screen.header.beside.words == "goes on with SIM01/2026-11-25/1"
    show(bench, screen, Script().trial("hit", drop_ul=150.0))
    assert screen.header.water.words == "0.15 of 1.00 mL"
    assert screen.header.before.isHidden()


@pytest.mark.parametrize(
    "stage", ["", "hajnal2024/visual_discrimination", "ceballo2019_optogenetic/pretraining"]
)
def test_protocol_and_stage_can_be_read_in_full(
    screen: RunScreen, bench: Bench, lab: Lab, stage: str
) -> None:
    for path in lab.files("protocols"):
        script = Script(subject="TONOTOPY0123")
        told = script.records[1]
        assert isinstance(told, Definition)
        script.records[1] = msgspec.structs.replace(told, protocol=path.stem, stage=stage)
        show(bench, screen, script)
        QApplication.processEvents()
        assert screen.header.about.text() == screen.header.about.words
        assert screen.header.state.isVisible()
        assert screen.header.state.width() >= screen.header.state.room_for_title()


def test_a_camera_is_looked_at_first(screen: RunScreen, bench: Bench, tmp_path: Path) -> None:
    pages = screen.side.pages
    show(bench, screen, Script().begin())
    assert pages.currentWidget() is screen.side.graph
    assert not pages.isTabVisible(pages.indexOf(screen.side.camera))
    script = with_devices(Script(), DeviceRecord("eye", "camera", "x:Camera", "Camera", False, {}))
    box = bench.begin("box1", script.begin().records)
    journal = tmp_path / "session.journal"
    box.address = msgspec.structs.replace(ADDRESS, journal=str(journal))
    QImage(16, 12, QImage.Format_RGB32).save(str(tmp_path / "thumbnail-eye.jpg"))
    look(screen)
    assert pages.currentWidget() is screen.side.camera
    QApplication.processEvents()
    assert "eye: camera\npicture less than 1 s old" in texts(screen.side)
    show(bench, screen, Script().begin())
    assert pages.currentWidget() is screen.side.graph


def test_the_state_is_told_in_words_and_lit_in_the_graph(
    screen: RunScreen, bench: Bench, told: SessionRecord
) -> None:
    events = list(told.events)
    at = next(n for n, e in enumerate(events) if isinstance(e, StateEntered) and e.requested)
    bench.begin("box1", [told.header, told.definition, *events[: at + 1]])
    look(screen)
    entered = events[at]
    assert isinstance(entered, StateEntered)
    graph = next(each for each in events if isinstance(each, GraphDefined))
    meanings = {state["name"]: state["meaning"] for state in graph.states}
    state = screen.side.state
    assert state.state.text() == entered.state.replace("_", " ")
    assert state.meaning.text() == meanings[entered.state]
    assert f"of {entered.requested:.1f} s" in state.passed.text()
    assert screen.side.graph.live == entered.state
    assert meanings[entered.state] in screen.side.graph.told_of(entered.state)
    started = next(each for each in events if isinstance(each, TrialStarted))
    assert state.trial.words == f"trial 1, {started.trial_type}: {started.stimulus}"


def test_a_state_that_waits_for_an_event_has_no_end(screen: RunScreen, bench: Bench) -> None:
    box = show(bench, screen, Script().begin())
    bench.tell("box1", [StateEntered(9, 0.0, 0.0, 1, "response", None, "timeout")])
    bench.tell("box1", [beat(75.0)])
    screen.refresh()
    assert box.now >= 75.0
    assert screen.side.state.passed.text() == "since 1:15"
    assert screen.side.state.progress.share == 0


def test_outcomes_and_catch_trials_are_counted_in_words(screen: RunScreen, bench: Bench) -> None:
    script = Script().trial("hit").trial("hit").trial("miss").trial("false_alarm").trial(None)
    box = show(bench, screen, script)
    assert screen.side.state.counts.words == ["hit 2", "miss 1", "false alarm 1", "aborted 1"]
    assert screen.side.state.catch.isHidden()
    catch = Script(trials=5, time=box.now).trial("false_alarm", kind="silent").records[3:]
    bench.tell("box1", catch)
    screen.refresh()
    assert "1 catch trial, licks in 1" in texts(screen.side)


def test_what_nobody_knows_is_shown_all_the_same(screen: RunScreen, bench: Bench) -> None:
    """A protocol of the lab's own has its own outcomes, types and states."""
    script = Script().trial("too_early", kind="probe_left").begin("probe_left")
    script.records.append(StateEntered(99, 10.0, 10.0, 2, "odd_state", 1e9, "lick_on"))
    show(bench, screen, script)
    assert "too early 1" in screen.side.state.counts.words
    assert screen.side.state.state.text() == "odd state"
    assert screen.side.state.trial.words == "trial 2, probe left"
    screen.side.graph.repaint()


def test_plots_are_chosen_by_what_the_session_has(screen: RunScreen, bench: Bench) -> None:
    show(bench, screen, Script().trial("hit"))
    plots = screen.plots
    assert plots.sensitivity.isHidden()
    assert plots.levels.isHidden()
    show(bench, screen, Script().trial("hit").trial("correct_rejection"))
    assert plots.sensitivity.isVisible()
    levels = with_levels(Script().trial("hit"))
    show(bench, screen, levels)
    assert plots.levels.isVisible()
    assert plots.sensitivity.isHidden()


def test_the_keyboard_stops_only_where_it_does_something(screen: RunScreen, bench: Bench) -> None:
    show(bench, screen, with_levels(Script().trial("hit")))
    stops = [
        each
        for part in (screen.plots, screen.side)
        for each in part.findChildren(QWidget)
        if each.focusPolicy() & Qt.TabFocus and each.isVisible()
    ]
    assert stops
    assert all(each.accessibleName() for each in stops)
    assert {type(each) for each in stops} <= {QScrollBar, QTabBar, QTabWidget}


def test_each_device_has_a_line(screen: RunScreen, bench: Bench) -> None:
    script = with_devices(Script()).begin()
    script.lick().drop(5.0).fails("the sound card is gone", "Plug it in.", "warning")
    script.records[-1] = msgspec.structs.replace(script.records[-1], where="device 'speaker'")
    box = bench.begin("box1", [*script.records, beat(1.0)])
    box.address = msgspec.structs.replace(ADDRESS, journal="/data/SIM01/1/session.journal")
    screen.side.pages.setCurrentWidget(screen.side.health)
    look(screen)
    record, lick, water, speaker = screen.side.health.lines
    assert record.startswith("record: 8 events, on disk up to 0.")
    assert record.endswith("s ago; logger ready")
    assert lick.startswith("lick: digital input, SIMULATED: off, 1.")
    assert water.startswith("water: valve, Valve: opening, 5 uL, 30 of 30 ms, 1.")
    assert speaker == "speaker: speaker, Speaker: the sound card is gone"
    assert "recorded in /data/SIM01/1/session.journal" in texts(screen.side.health)


def test_a_record_that_lags_behind_is_told(bench: Bench) -> None:
    box = bench.begin("box1", [*Script().begin().records, beat(10.0, 100, 100)])
    assert record_line(box).level == "good"
    bench.tell("box1", [beat(11.0, 900, 100), beat(18.0, 1900, 900), beat(22.0, 1900, 900)])
    line = record_line(box)
    assert line.level == "warn"
    assert line.told.startswith("4 events, on disk up to 11 s ago; logger ready")
    bench.tell("box1", [beat(23.0, 1900, 1900, "gone")])
    line = record_line(box)
    assert line.level == "warn"
    assert line.told.startswith("4 events, on disk up to 0.")
    assert line.told.endswith("s ago; logger gone")
    box.heard -= 30
    assert "on disk up to 30 s ago" in summary(box).told


def test_the_log_takes_in_what_has_come_while_it_was_closed(
    screen: RunScreen, bench: Bench
) -> None:
    script = Script()
    show(bench, screen, script)
    for number in range(700):
        script.obeyed("note", reason=f"seen {number}")
    bench.tell("box1", script.records[3:])
    screen.refresh()
    assert screen.log.isHidden()
    click(button(screen, "Log"))
    screen.refresh()
    assert screen.log.blockCount() == 500
    assert screen.log.toPlainText().splitlines()[-1] == "0:00  anna, note seen 699: done"
    bench.tell("box1", script.obeyed("note", reason="one more").records[-1:])
    screen.refresh()
    assert screen.log.toPlainText().splitlines()[-1] == "0:00  anna, note one more: done"


def test_an_ended_session_says_what_it_came_to(screen: RunScreen, bench: Bench) -> None:
    script = Script().trial("hit", drop_ul=5.0).trial("miss").drop(4.0, "anna")
    box = show(bench, screen, script.ends("stopped by anna", "stopped"))
    assert "SIM01: the session has ended" in texts(screen.end)
    assert "Why: stopped by anna. It came to 2 trials, 0.01 mL, 4 uL of it by hand, in 0:20." in (
        texts(screen.end)
    )
    assert not screen.controls.isVisible()
    click(button(screen, "Wrap up"))
    assert bench.went == ["wrap up"]
    box.wrapped_up = True
    screen.refresh()
    assert "box1 is free." in texts(screen)


def test_a_session_that_failed_says_so(screen: RunScreen, bench: Bench) -> None:
    show(bench, screen, Script().fails("the valve is gone", "Plug it in.").ends("x", "failed"))
    assert "SIM01: the session failed" in texts(screen.end)
    assert screen.header.state.words == "failed: wrap up"


def test_an_engine_that_died_says_what_is_safe_and_how_to_go_on(
    screen: RunScreen, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed: list[str] = []
    monkeypatch.setattr("gui.screens.run.resume", lambda place, rig: resumed.append(rig))
    show(bench, screen, Script().trial().begin())
    assert screen.trouble.isHidden()
    bench.lose("box1")
    screen.refresh()
    said = texts(screen.trouble)
    assert "The session was cut off" in said
    assert "Data up to trial 1 is safe" in said
    assert not screen.controls.isVisible()
    assert button(screen.trouble, "Wrap up").isEnabled()
    click(button(screen.trouble, "Go on as part 2"))
    assert resumed == ["box1"]
    bench.place.box.starting = "SIM01"
    screen.refresh()
    assert "SIM01 is starting in box1 ..." in texts(screen)


def test_an_engine_that_is_silent_can_still_be_stopped(screen: RunScreen, bench: Bench) -> None:
    box = show(bench, screen, Script().trial().begin())
    bench.place.boxes.take(Silent("box1", 9.0))
    screen.refresh()
    assert "does not answer" in texts(screen.trouble)
    assert screen.trouble.go_on.isHidden()
    assert button(screen, "Stop now").isEnabled()
    assert box.state()[1] == screen.header.state.words == "not answering"
    bench.tell("box1", [beat(30.0)])
    screen.refresh()
    assert screen.trouble.isHidden()


@pytest.mark.parametrize("name", list(PALETTES))
def test_the_screen_takes_on_each_palette(screen: RunScreen, bench: Bench, name: str) -> None:
    show(bench, screen, Script().trial("hit", drop_ul=5.0).trial("false_alarm").begin())
    bench.place.palette = PALETTES[name]
    screen.restyle(PALETTES[name])
    screen.refresh()
    picture = screen.grab().toImage()
    colours = {picture.pixelColor(x, 300).name() for x in range(0, picture.width(), 3)}
    assert len(colours) > 3


def test_the_screen_fits_the_smallest_window(screen: RunScreen, bench: Bench) -> None:
    """The window is at least 1100 wide and 680 high; its rail takes 190, its banner 30."""
    script = with_devices(Script()).trial("hit").trial("correct_rejection").trial("miss").begin()
    for each in (script, with_levels(script)):
        show(bench, screen, each)
        QApplication.processEvents()
        hint = screen.minimumSizeHint()
        assert hint.width() <= 1100 - 190 - 16
        assert hint.height() <= 680 - 30 - 16
