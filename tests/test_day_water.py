"""Weights, water, what is left and notes in the report of a day."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from inside import inside
from ledger_bench import MORNING, drink, hours, put_in, small_lab
from test_day_report import row
from test_report import Page

from analysis.day_report import day_of_rows, day_page
from analysis.day_water import DayWater
from rig.errors import ExitCode
from rig.lab import Lab
from rig.ledger.entries import Entry, enter_supplement, enter_wellness
from rig.ledger.records import DayList, Task
from rig.ledger.store import begin_ledger

DAY = f"{MORNING:%Y-%m-%d}"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return small_lab(tmp_path / "lab")


def page_of(told: dict[str, Any], key: str) -> Page:
    page = Page(Path(told[key]).read_text(encoding="utf-8"))
    assert page.open == []
    page.text = re.sub(r"\s+", " ", page.text)
    return page


def test_the_report_of_a_day_shows_weights_water_what_is_left_and_notes(lab: Lab) -> None:
    with begin_ledger(lab) as ledger:
        first = put_in(ledger, "M1", 22.0, implant_g=1.0)
        put_in(ledger, "M2")
        entry = Entry(first, MORNING + hours(2), datetime.now(UTC), "anna")
        enter_supplement(ledger, entry, 360.0)
        enter_wellness(ledger, entry, "Doe, Jane", "its coat is <rough>")
        enter_wellness(ledger, entry, "Doe, Jane", "it may run", "consent")
    drink(lab, "M1", MORNING + hours(1), [600.0, -20.0])
    closed = ("--sign-off", "--reason", "the night team does it", "--by", "ben")
    came = inside(lab, "day", "--day", DAY, "--report", "--json", *closed)
    assert came.code == ExitCode.OK
    text = page_of(json.loads(came.out), "report").text
    for words in (
        "Closed by ben at",
        "left: M1 water, M2 weigh, M2 water (the night team does it).",
        "M2 It is not weighed. Do: rig weigh M2 GRAMS",
        "M1 22.0 84% 1.00 0.60 0.02 0.36 0.02",
        "M2 - - 1.00 0.00 0.00 0.00 1.00",
        "less 0.60 mL in sessions, 0.02 mL by hand and 0.36 mL of supplements: 0.02 mL due.",
        "16 % below its baseline weight",
        "M1 10:00 Doe, Jane its coat is <rough>",
        "Doe, Jane consents: it may run",
    ):
        assert words in text


def test_a_session_that_waits_for_its_wrap_up_stands_once_in_the_report() -> None:
    day = day_of_rows(MORNING.date(), [row("M1/2026-11-02/1", wrapped_up=False)])
    task = Task("M1", "wrap-up", "It has no wrap-up.", "rig wrap-up M1/2026-11-02/1")
    listed = DayList(day.day, (task,), ("M7 ran, and is not in the ledger",), ())
    text = Page(day_page(day, DayWater(listed, []))).text
    assert "1 thing is left to be done." in text
    assert "M7 ran, and is not in the ledger" in text
    assert "Not wrapped up" not in text
    assert "Not wrapped up" in Page(day_page(day, DayWater(None, [], "it is away"))).text


def test_a_report_says_when_the_ledger_cannot_be_read_and_when_nothing_is_forgotten(
    lab: Lab,
) -> None:
    without = json.loads(inside(lab, "report", "--day", DAY, "--json").out)
    assert without["water"] is None
    assert "Weights" not in page_of(without, "file").text
    with begin_ledger(lab) as ledger:
        put_in(ledger, "M1", 24.0, status="free")
    told = json.loads(inside(lab, "report", "--day", DAY, "--json").out)
    text = page_of(told, "file").text
    assert "Nothing is forgotten." in text
    assert "It has water at will." in text
    (lab.folder / "ledger.db").write_bytes(b"no database" * 100)
    told = json.loads(inside(lab, "report", "--day", DAY, "--json").out)
    assert "Weights and water are not shown: the ledger is damaged" in page_of(told, "file").text
