"""The report of a session: a page that stands alone, for whatever came of the session."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from conftest import Done
from helpers import plan_for, run_virtual
from matplotlib.lines import Line2D
from PIL import Image
from recorded import old_session, short_session

from analysis.html import table
from analysis.report import report
from analysis.report_facts import water_of
from analysis.session_figures import course_figure
from analysis.timing import output_timing
from rig.errors import ExitCode
from rig.events import CommandGiven, DeviceReported, Event, Fault, ParameterChanged
from rig.lab import Lab
from rig.measures import sensitivity, type_performance
from rig.session import Session
from rig.session_folder import SessionFolder
from rig.session_record import SessionRecord, load_session
from rig.wrap_up import WRAP_UP, WrapUp

Command = Callable[..., Done]
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """What a browser makes of a page: its text, its images, its open ends."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data + " "


def page_of(record: SessionRecord) -> Page:
    """Return a report as it is read; assert that it is whole and needs nothing from outside."""
    html = report(record)
    page = Page(html)
    assert page.open == []
    assert not re.search(r"https?:|<script|<link|@import|url\(", html)
    for image in page.images:
        assert (image["src"] or "").startswith("data:image/png;base64,")
        assert image["alt"]
    page.text = re.sub(r"\s+", " ", page.text)
    return page


def with_events(record: SessionRecord, *events: Event) -> SessionRecord:
    """Return a session in which more has happened."""
    return replace(record, events=[*record.events, *events])


def said(verb: str, words: str, author: str = "anna", **more: object) -> CommandGiven:
    return msgspec.structs.replace(CommandGiven(1, 75.0, 75.0, 3, verb, words, author), **more)


@pytest.fixture
def session(lab: Lab) -> SessionRecord:
    """Return a session of 24 trials of Go/NoGo."""
    return load_session(short_session(lab, "go_nogo", 24))


def test_a_report_tells_whose_session_it_is_and_what_came_of_it(session: SessionRecord) -> None:
    page = page_of(session)
    assert "SIM01 on box1" in page.text
    assert session.folder.name in page.text
    assert "SIMULATED" in page.text
    misses = sum(row.outcome == "miss" for row in session.rows)
    assert f"miss M {misses} " in page.text
    assert len(page.images) == 2
    for state in ("pips", "delay", "response"):
        assert state in page.text
    assert f"seed {session.definition.seed}" in page.text


def test_a_report_tells_who_started_it_and_what_was_changed_for_it(session: SessionRecord) -> None:
    definition = msgspec.structs.replace(
        session.definition, operator="anna", changed={"reward_ul": 4.0}
    )
    text = page_of(replace(session, definition=definition)).text
    assert "started by anna for this session reward_ul = 4.0" in text


@pytest.mark.parametrize(
    ("protocol", "title", "figures"),
    [
        ("set_shifting", "Course of the session", 2),
        ("detection", "Psychometric curve", 3),
        ("optogenetic", "Course of the session", 2),
        ("habituation", "Course of the session", 2),
        ("imaging_sounds", "Course of the session", 2),
    ],
)
def test_every_sort_of_protocol_has_a_report(
    lab: Lab, protocol: str, title: str, figures: int
) -> None:
    page = page_of(load_session(short_session(lab, protocol, 12)))
    assert title in page.text
    assert len(page.images) == figures


def test_catch_trials_stand_apart_from_the_others(lab: Lab) -> None:
    page = page_of(load_session(short_session(lab, "detection", 48)))
    assert re.search(
        r"catch trials responses trials share 95 % interval silence \d+ \d+ ", page.text
    )


def test_a_session_without_trials_says_so(lab: Lab) -> None:
    with Session(plan_for(lab), "virtual") as session:
        session.stop("stop_now", "too early")
        folder = session.run().folder
    page = page_of(load_session(folder))
    assert "The session has no trials." in page.text
    assert "The session aborted: too early." in page.text
    assert page.images == []


def test_a_session_of_one_aborted_trial_has_a_report(session: SessionRecord) -> None:
    row = msgspec.structs.replace(session.rows[0], outcome=None, aborted=True, stimulus_time=None)
    page = page_of(replace(session, rows=[row]))
    assert "aborted A 1 100.0%" in page.text
    assert len(page.images) == 1


def test_a_session_that_was_cut_off_or_is_damaged_says_so(lab: Lab) -> None:
    folder = short_session(lab, "go_nogo", 24)
    folder.journal.write_bytes(folder.journal.read_bytes()[:-3])
    text = page_of(load_session(folder)).text
    assert "The session was cut off" in text
    assert "Not the whole session: the journal is damaged: its last frame is cut short." in text


def test_a_running_session_is_reported_so_far(session: SessionRecord) -> None:
    text = page_of(replace(session, running=True, ended=None, damage="its end is cut short")).text
    assert "The session still runs" in text
    assert "cut off" not in text
    assert "Not the whole session" not in text


def test_the_report_of_real_devices_is_not_marked_as_simulated(session: SessionRecord) -> None:
    definition = session.definition
    devices = tuple(msgspec.structs.replace(one, simulated=False) for one in definition.devices)
    real = msgspec.structs.replace(definition, mouse=None, devices=devices)
    assert "SIMULATED" not in page_of(replace(session, definition=real)).text
    twin = msgspec.structs.replace(devices[0], simulated=True)
    partly = msgspec.structs.replace(real, devices=(twin, *devices[1:]))
    assert f"PARTLY SIMULATED: {twin.name} " in page_of(replace(session, definition=partly)).text


def test_water_is_split_into_what_the_task_gave_and_what_persons_gave(lab: Lab) -> None:
    record = load_session(short_session(lab, "set_shifting", 30))
    drop = DeviceReported(1, 9.0, 9.0, 1, "valve", "opening", "", 0.1, 0.1, 4.0, "anna")
    flush = msgspec.structs.replace(drop, volume_ul=None)
    given = replace(with_events(record, drop, flush), water_ul=record.water_ul + 4.0)
    water = water_of(given)
    assert water.by_hand_ul == 4.0
    assert water.removed_ul > 0
    assert water.task_ul + water.by_hand_ul - water.removed_ul == pytest.approx(water.total_ul)
    assert "given by hand 0.004" in page_of(given).text


def test_what_persons_said_stands_with_its_time_and_alarms_apart(session: SessionRecord) -> None:
    changed = ParameterChanged(2, 80.0, 80.0, 3, "reward_ul", 5.0, 4.0, "ben", "next trial")
    text = page_of(
        with_events(
            session,
            said("note", "<b>limps</b> & sneezes"),
            said("reward", "", value=2.0, accepted=False, reply="the valve is open"),
            said("note", "alarm: no lick for 5 min", ""),
            changed,
        )
    ).text
    alarms, notes = text.split(" Notes and commands ")
    assert "no lick for 5 min" in alarms
    assert "no lick" not in notes
    assert re.search(r"1:15 \(\d\d:\d\d:\d\d\) 3 anna note: <b>limps</b> & sneezes", notes)
    assert "reward 2.0 (refused: the valve is open)" in notes
    assert "ben reward_ul: 5.0 → 4.0" in notes


def test_faults_are_told_with_what_to_do(session: SessionRecord) -> None:
    fault = Fault(1, 75.0, 75.0, 3, "the valve did not close", "valve", "Look at it.", "error")
    text = page_of(with_events(session, fault)).text
    assert "error the valve did not close valve Look at it." in text


def test_the_timing_of_devices_is_what_they_achieved_less_what_was_asked(
    session: SessionRecord,
) -> None:
    reports = [
        DeviceReported(1, 5.0, 5.0, 1, "pump", "opening", "", requested, achieved, 5.0)
        for requested, achieved in ((0.05, 0.051), (0.06, 0.058), (0.05, 0.05))
    ]
    (pump,) = output_timing(reports)
    assert (pump.device, pump.what, pump.times) == ("pump", "opening", 3)
    assert (pump.shortest, pump.longest) == (0.05, 0.06)
    assert (pump.mean_ms, pump.most_ms) == (pytest.approx(-1 / 3), pytest.approx(2.0))
    assert output_timing([]) == []
    text = page_of(with_events(session, *reports)).text
    assert "pump opening 3 0.050 0.060 -0.333 2.000" in text


def test_the_wrap_up_stands_in_the_report(session: SessionRecord) -> None:
    said_of_it = WrapUp(
        session=session.folder.name, at=datetime(2026, 1, 2, 9, tzinfo=UTC), by="Doe, Jane",
        condition="quiet", comment="12 trials only", droppings=3, usable=False,
    )  # fmt: skip
    path = session.folder.path / WRAP_UP
    path.write_bytes(msgspec.json.encode(said_of_it))
    text = page_of(session).text
    assert "Marked as not usable." in text
    for words in ("quiet", "12 trials only", "droppings 3", "Doe, Jane, 2026-01-02 09:00"):
        assert words in text
    path.write_bytes(b"{")
    assert "the wrap-up cannot be read" in page_of(session).text


@pytest.mark.parametrize("layout", ["layout-1", "layout-2"])
def test_old_sessions_have_a_report(tmp_path: Path, layout: str) -> None:
    assert page_of(load_session(old_session(layout, tmp_path))).images


def test_the_command_writes_the_page_beside_the_journal(short: Lab, command: Command) -> None:
    folder = run_virtual(plan_for(short)).folder
    before = {path.name: path.read_bytes() for path in folder.path.iterdir() if path.is_file()}
    told = json.loads(command("report", "SIM01", "--json").out)
    file = folder.path / "report.html"
    assert (told["session"], told["file"]) == (folder.name, str(file))
    assert told["water"]["total_ul"] == pytest.approx(1000 * told["summary"]["water_ml"])
    assert folder.name in Page(file.read_text(encoding="utf-8")).text
    after = {path.name: path.read_bytes() for path in folder.path.iterdir() if path.is_file()}
    assert {name: after[name] for name in before} == before


def test_what_cannot_be_reported_is_told_in_a_sentence(short: Lab, command: Command) -> None:
    folder: SessionFolder = run_virtual(plan_for(short)).folder
    refused = command("report", "SIM01", "--out", f"{folder.journal}/page.html")
    assert refused.code == ExitCode.RECORDING
    assert "choose another place with --out" in refused.err
    folder.journal.write_bytes(b"garbage")
    unreadable = command("report", "SIM01")
    assert unreadable.code == ExitCode.RECORDING
    assert "this is no journal of mouserig" in unreadable.err


def test_numbers_stand_on_the_right_as_texts_too() -> None:
    made = table(("hits", "d", "day"), [("94%", None, "2026-11-28")])
    assert '<th class="number">hits</th><th class="number">d</th><th>day</th>' in made
    assert '<td class="number">94%</td><td class="number">-</td><td>2026-11-28</td>' in made


LONG = "share of rewards collected 0.90 on the last day"


@pytest.mark.parametrize(
    ("row", "folds"),
    [(["1"] * 4, False), (["1"] * 5, True), (["1", LONG], False), (["1", "2", LONG], True)],
)
def test_a_table_too_wide_for_a_phone_names_each_value_by_its_column_there(
    row: list[str], folds: bool
) -> None:
    made = table([f"<{place}>" for place in range(len(row))], [row])
    assert [f'data-name="&lt;{place}&gt;"' in made for place in range(len(row))] == (
        [folds] * len(row)
    )
    assert ('class="folds"' in made) == folds


def test_figures_are_drawn_for_the_width_of_a_phone(lab: Lab) -> None:
    images = page_of(load_session(short_session(lab, "detection", 12))).images
    assert len(images) == 3
    for image in images:
        png = base64.b64decode((image["src"] or "").partition(",")[2])
        with Image.open(io.BytesIO(png)) as shown:
            assert 96 * shown.width / shown.info["dpi"][0] < 390 - 20
        assert not {"width", "style"} & set(image)


def test_no_two_entries_of_the_legend_look_alike(session: SessionRecord) -> None:
    sorts = itertools.product(("", "congruent", "incongruent"), ("go", "nogo"))
    rows = [
        msgspec.structs.replace(row, trial_type=kind, labels={"congruency": congruency})
        for row, (congruency, kind) in zip(session.rows, itertools.cycle(sorts), strict=False)
    ]
    figure = course_figure(rows, type_performance(rows), sensitivity(rows))
    handles, words = figure.axes[1].get_legend_handles_labels()
    looks = [
        (line.get_color(), line.get_linestyle()) for line in handles if isinstance(line, Line2D)
    ]
    assert len(looks) == len(set(looks)) == 4
    assert "go and go congruent" in words
