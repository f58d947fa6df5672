"""A simulated month: totals are the sums of rows, and no mouse that is due water is forgotten."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from ledger_bench import MORNING, drink, put_in, small_lab
from msgspec.structs import replace

from rig.lab import find_lab
from rig.ledger.board import Row
from rig.ledger.day_list import day_list
from rig.ledger.entries import Entry, enter_supplement, enter_weight
from rig.ledger.store import begin_ledger
from rig.ledger.subjects import STATUSES, edit_subject, find_subject
from rig.water_policy import NOTHING_ML

MICE = ("M1", "M2")
BASELINE_G, TARGET, LEAST_ML, CAP_ML = 25.0, 0.85, 1.0, 3.5
mice = st.sampled_from(MICE)
grams = st.integers(180, 260).map(lambda tenth: tenth / 10)
micros = st.integers(1, 1500).map(float)


def wanted_ml(policy: str, weight_g: float | None, today: bool, taken: Mapping[str, float],
              since_ml: float) -> float | None:  # fmt: skip
    """Return what a mouse is due, reckoned once more; None if nobody can tell."""
    total = sum(taken.values())
    if policy == "fixed":
        return max(0.0, 1.0 - total)
    if weight_g is None:
        return None
    if policy == "per_gram":
        rate = 0.05 if weight_g < 0.85 * BASELINE_G else 0.04
        return max(0.0, rate * weight_g - total)
    if not today:
        return None
    lacks = TARGET * BASELINE_G - weight_g - since_ml
    return min(CAP_ML, max(lacks, LEAST_ML - total, 0.0))


class Month(RuleBasedStateMachine):
    """Everything that happens to two mice, day by day, and what must be true after each of it."""

    @initialize(policy=st.sampled_from(["fixed", "per_gram", "target_ratio"]))
    def begin(self, policy: str) -> None:
        self.policy, self.now = policy, MORNING
        self.folder = tempfile.TemporaryDirectory()
        self.lab = small_lab(Path(self.folder.name) / "lab", f'[water]\npolicy = "{policy}"\n')
        self.ledger = begin_ledger(find_lab(self.lab.folder))
        self.subjects = {name: put_in(self.ledger, name, baseline_g=BASELINE_G) for name in MICE}
        self.status = dict.fromkeys(MICE, "restricted")
        self.weights: dict[str, tuple[object, object, float]] = {}
        self.water: list[list[object]] = []
        self.last: dict[str, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()

    def entry(self, mouse: str, corrects: str = "") -> Entry:
        self.now += timedelta(minutes=5)
        return Entry(self.subjects[mouse], self.now, self.now, "anna", corrects, "test")

    @rule(mouse=mice, weight=grams)
    def weigh(self, mouse: str, weight: float) -> None:
        entry = self.entry(mouse)
        enter_weight(self.ledger, entry, weight)
        self.weights[mouse] = (self.now.date(), self.now, weight)

    @rule(mouse=mice, wrong=grams, weight=grams)
    def weigh_and_correct(self, mouse: str, wrong: float, weight: float) -> None:
        row = enter_weight(self.ledger, self.entry(mouse), wrong)
        enter_weight(self.ledger, self.entry(mouse, row), weight)
        self.weights[mouse] = (self.now.date(), self.now, weight)

    @rule(mouse=mice, volume=micros)
    def give(self, mouse: str, volume: float) -> None:
        self.last[mouse] = enter_supplement(self.ledger, self.entry(mouse), volume)
        self.water.append([mouse, self.now, "supplement", volume / 1000, self.last[mouse]])

    @rule(mouse=mice, volume=st.none() | micros)
    def correct_what_was_given(self, mouse: str, volume: float | None) -> None:
        old = self.last.pop(mouse, None)
        if old is None:
            return
        self.water = [each for each in self.water if each[-1] != old]
        row = enter_supplement(self.ledger, self.entry(mouse, old), volume)
        if volume is not None:
            self.water.append([mouse, self.now, "supplement", volume / 1000, row])

    @rule(mouse=mice, drops=st.lists(st.sampled_from([5.0, 4.0, -5.0]), max_size=5))
    def run(self, mouse: str, drops: list[float]) -> None:
        self.now += timedelta(minutes=5)
        number = int((self.now - MORNING).total_seconds())
        drink(self.lab, mouse, self.now, drops, number=number)
        for n, volume in enumerate(drops, start=1):
            source = "hand" if volume < 0 else "session"
            at = self.now + timedelta(seconds=n)
            self.water.append([mouse, at, source, abs(volume) / 1000, ""])

    @rule(mouse=mice, status=st.sampled_from(STATUSES))
    def edit(self, mouse: str, status: str) -> None:
        with self.ledger.reading() as connection:
            subject = find_subject(connection, mouse)
        facts = replace(subject.facts, status=status)
        edit_subject(self.ledger, subject, facts, "anna", self.now, "test")
        self.status[mouse] = status

    @rule()
    def sleep(self) -> None:
        self.now = (self.now + timedelta(days=1)).replace(hour=8, minute=0)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        self.now += timedelta(minutes=1)
        lab = find_lab(self.lab.folder)
        found = day_list(self.ledger, lab, self.now.date(), self.now)
        rows = {row.subject: row for row in found.board}
        tasks = {(task.subject, task.kind) for task in found.tasks}
        assert rows.keys() == {name for name in MICE if self.status[name] != "retired"}
        for name, row in rows.items():
            due = self.check_row(name, row)
            restricted = self.status[name] == "restricted"
            if due is None or abs(due - NOTHING_ML) > 1e-6:
                is_due = due is None or due > NOTHING_ML
                assert ((name, "water") in tasks) == (restricted and is_due)
            assert ((name, "weigh") in tasks) == (restricted and not row.weighed)

    def check_row(self, name: str, row: Row) -> float | None:
        """Assert that a row is the sum of what was entered; return what the mouse is due."""
        today = [each for each in self.water
                 if each[0] == name and each[1].date() == self.now.date()]  # fmt: skip
        taken = {
            source: sum(each[3] for each in today if each[2] == source)
            for source in ("session", "hand", "supplement")
        }
        told = {"session": row.session_ml, "hand": row.hand_ml, "supplement": row.supplement_ml}
        assert all(abs(told[source] - taken[source]) < 1e-9 for source in taken)
        day, at, weight = self.weights.get(name, (None, None, None))
        since = sum(each[3] for each in today if at is not None and each[1] > at)
        due = wanted_ml(self.policy, weight, day == self.now.date(), taken, since)
        if self.status[name] == "restricted":
            assert (row.due_ml is None) == (due is None)
            assert due is None or abs(row.due_ml - due) <= 0.005 + 1e-9
        return due


Month.TestCase.settings = settings(max_examples=6, stateful_step_count=25, deadline=None)
TestMonth = Month.TestCase
