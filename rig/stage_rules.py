"""Decides from a mouse's sessions whether it moves to another stage, and says why; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from rig.curriculum import COUNTS, Condition, Curriculum, Measure, Rule, Stage, Verdict
from rig.performance import MIN_TRIALS, performance
from rig.trials import TrialRow

NAMES: dict[Measure, str] = {
    "hit_rate": "hit rate",
    "false_alarm_rate": "false-alarm rate",
    "correct_rejection_rate": "correct-rejection rate",
    "correct": "share correct",
    "d_prime": "d'",
    "collected": "share of rewards collected",
    "trials": "trials",
    "rewards": "rewards",
    "sessions": "sessions",
}
"""The measures as they are called in reasons."""


@dataclass(frozen=True)
class Evidence:
    """What one session of a mouse has to say.

    Attributes
    ----------
    session
        Its name, ``SUBJECT/DATE/N``.
    day
        The day of its folder, YYYY-MM-DD.
    started_at
        When it began; None if its record cannot be read.
    protocol
        Name of its protocol file; empty if its record cannot be read.
    stage
        The stage that chose the protocol, ``CURRICULUM/STAGE``; empty if a person did.
    rows
        Its trials.
    unfit
        Why it never counts (``aborted``, ``simulated``, ...); empty if it may.
    resumes
        The session that it goes on with; empty if it is one of its own.
    """

    session: str
    day: str
    started_at: datetime | None
    protocol: str
    stage: str
    rows: Sequence[TrialRow]
    unfit: str = ""
    resumes: str = ""


@dataclass(frozen=True)
class Day:
    """A mouse's sessions of one day, or of several, taken together."""

    name: str
    sessions: tuple[str, ...]
    rows: tuple[TrialRow, ...]


@dataclass(frozen=True)
class Decision:
    """What the rules of a stage say.

    Attributes
    ----------
    stage, target
        Where the mouse is, and where it should be; the same if it stays.
    verdict
        ``promote``, ``hold`` or ``set_back``.
    reason
        Why, in words and numbers.
    sessions
        The sessions that count for the stage, in their order.
    """

    stage: str
    target: str
    verdict: Verdict
    reason: str
    sessions: tuple[str, ...]

    def sentence(self) -> str:
        """Return the decision as people read it."""
        match self.verdict:
            case "promote":
                return f"Stage '{self.target}' suggested: {self.reason}."
            case "set_back":
                return f"Back to stage '{self.target}' suggested: {self.reason}."
            case "hold":
                return f"Stay in stage '{self.stage}': {self.reason}."


@dataclass(frozen=True)
class _Finding:
    """Whether a condition, or one number of it, is as asked for, and what was found."""

    holds: bool
    words: str


def decide(stage: Stage, sessions: Sequence[Evidence]) -> Decision:
    """Return what the rules of a stage say.

    Parameters
    ----------
    stage
        Where the mouse is.
    sessions
        All its sessions since it came to this stage, in their order. Those that are unfit, ran
        another protocol file or belong to another stage are left out, and the reason says so.
    """
    counted, left_out = sort_out(stage, sessions)
    verdict, target, reason = _verdict(stage, days_of(counted))
    if left_out:
        reason += f" ({_left_out(left_out)})"
    return Decision(stage.name, target, verdict, reason, tuple(each.session for each in counted))


def sort_out(stage: Stage, sessions: Iterable[Evidence]) -> tuple[list[Evidence], list[str]]:
    """Return the sessions that count for a stage, and why each of the others does not."""
    counted, left_out = [], []
    for each in sessions:
        if each.unfit:
            left_out.append(each.unfit)
        elif each.protocol != PurePosixPath(stage.protocol).stem:
            left_out.append(f"ran '{each.protocol}'")
        elif each.stage and each.stage.rpartition("/")[2] != stage.name:
            left_out.append(f"of stage '{each.stage}'")
        else:
            counted.append(each)
    return counted, left_out


def days_of(sessions: Iterable[Evidence]) -> list[Day]:
    """Return the days of the sessions, in their order."""
    by_day: dict[str, list[Evidence]] = {}
    for each in sessions:
        by_day.setdefault(each.day, []).append(each)
    return [_together(day, of_the_day) for day, of_the_day in sorted(by_day.items())]


def replay(curriculum: Curriculum, sessions: Sequence[Evidence]) -> list[Decision]:
    """Return what would have been decided after each session, from the first stage on.

    Each suggestion counts as accepted before the next session begins. Which stage chose the
    protocol of a session does not matter.
    """
    sessions = [replace(each, stage="") for each in sessions]
    decisions = []
    stage, entered = curriculum.stages[0], 0
    for number in range(1, len(sessions) + 1):
        decision = decide(stage, sessions[entered:number])
        decisions.append(decision)
        position = curriculum.position(decision.target)
        if decision.verdict != "hold" and position is not None:
            stage, entered = curriculum.stages[position], number
    return decisions


def measured(measure: Measure, sessions: Sequence[str], rows: Sequence[TrialRow]) -> float | None:
    """Return a measure of sessions and their trials; None where the trials give no answer."""
    done = performance(rows)
    match measure:
        case "hit_rate" | "collected":
            return done.hit_rate
        case "false_alarm_rate":
            return done.false_alarm_rate
        case "correct_rejection_rate":
            return None if done.false_alarm_rate is None else 1 - done.false_alarm_rate
        case "correct":
            return done.correct
        case "d_prime":
            return done.d_prime
        case "trials":
            return done.trials
        case "rewards":
            return sum(bool(row.reward_ul) for row in rows)
        case "sessions":
            return len(sessions)


def _verdict(stage: Stage, days: Sequence[Day]) -> tuple[Verdict, str, str]:
    """Return verdict, target and reason of the first rule that holds, or what is missing."""
    if not days:
        return "hold", stage.name, "no session counts for this stage yet"
    short: list[tuple[Rule, list[_Finding]]] = []
    for rule in stage.rules:
        findings = [_examine(condition, days) for condition in rule.when]
        missing = [finding for finding in findings if not finding.holds]
        if not missing:
            words = "; ".join(finding.words for finding in findings)
            reason = f"{rule.note}: {words}" if rule.note else words
            return rule.verdict, rule.to or stage.name, reason
        short.append((rule, missing))
    promotions = [each for each in short if each[0].verdict == "promote"]
    ends = [each for each in short if each[0].verdict == "hold"]
    nearest = min(promotions or ends, key=lambda each: len(each[1]), default=None)
    if nearest is None:
        return "hold", stage.name, "no rule leads from here to another stage"
    rule, missing = nearest
    goal = f"'{rule.to}'" if rule.to else rule.note or "what the stage asks for"
    words = "; ".join(finding.words for finding in missing)
    return "hold", stage.name, f"not yet {goal}: {words}"


def _examine(condition: Condition, days: Sequence[Day]) -> _Finding:
    """Return whether a condition holds on these days, with its numbers."""
    wanted = condition.days
    spans = [_pooled(days)] if wanted is None else days[-wanted:]
    figures = [figure for span in spans for figure in _figures(condition, span)]
    enough = wanted is None or len(days) >= wanted
    if wanted is None:
        when = f"over {_number(len(days), 'day')}"
    elif not enough:
        when = f"on {_number(len(days), 'day')} so far"
    else:
        when = "on the last day" if wanted == 1 else f"on the last {wanted} days"
    words = (
        f"{NAMES[condition.measure]} {_listed([figure.words for figure in figures])} {when}"
        f"{_picked(condition)}, the rule asks for {_asked(condition)}"
    )
    return _Finding(enough and all(figure.holds for figure in figures), words)


def _figures(condition: Condition, day: Day) -> list[_Finding]:
    """Return the numbers of a day: one, or one for each value of the label that splits it."""
    label = condition.per
    rows = [row for row in day.rows if condition.where.items() <= row.labels.items()]
    if not label:
        return [_figure(condition, day.sessions, rows, "")]
    values = sorted({row.labels[label] for row in rows if label in row.labels})
    if len(values) < 2:
        seen = f"for {label} {values[0]} alone" if values else f"for no {label}"
        return [_Finding(holds=False, words=seen)]
    return [
        _figure(
            condition,
            day.sessions,
            [row for row in rows if row.labels.get(label) == value],
            f"{label} {value}",
        )
        for value in values
    ]


def _figure(
    condition: Condition, sessions: tuple[str, ...], rows: Sequence[TrialRow], which: str
) -> _Finding:
    """Return one number, and whether it is as asked for and rests on enough trials."""
    if condition.last_trials is not None:
        rows = [row for row in rows if not row.aborted][-condition.last_trials :]
    value = measured(condition.measure, sessions, rows)
    trials, needed = performance(rows).trials, condition.min_trials
    notes = [which] if which else []
    if condition.measure not in COUNTS and trials < needed:
        notes.append(f"{_number(trials, 'trial')}, it takes {needed}")
    elif value is None and condition.measure == "d_prime":
        notes.append(f"it takes {MIN_TRIALS} trials of each type")
    elif value is None:
        notes.append("no such trials")
    noted = f" ({'; '.join(notes)})" if notes else ""
    enough = condition.measure in COUNTS or trials >= needed
    if value is None:
        return _Finding(holds=False, words=f"unknown{noted}")
    return _Finding(enough and condition.allows(value), f"{_rounded(condition, value)}{noted}")


def _rounded(condition: Condition, value: float) -> str:
    """Return a number with two digits, or as many as show on which side of a bound it lies."""
    if isinstance(value, int):
        return str(value)
    digits = 2
    while condition.allows(float(f"{value:.{digits}f}")) != condition.allows(value):
        digits += 1
    return f"{value:.{digits}f}"


def _asked(condition: Condition) -> str:
    """Return what a condition asks for, in words."""
    bounds = (
        ("at least", condition.at_least),
        ("more than", condition.above),
        ("at most", condition.at_most),
        ("less than", condition.below),
    )
    words = " and ".join(f"{name} {bound:g}" for name, bound in bounds if bound is not None)
    if condition.per:
        words += f" for each {condition.per}"
    if condition.days is not None and condition.days > 1:
        words += f" on each of {condition.days} days"
    return words


def _picked(condition: Condition) -> str:
    """Return which trials a condition looks at, in words."""
    picked = [f"{label} {value}" for label, value in condition.where.items()]
    if condition.last_trials is not None:
        picked.append(f"last {condition.last_trials} trials")
    return f" ({', '.join(picked)})" if picked else ""


def _left_out(reasons: Sequence[str]) -> str:
    """Return how many sessions were left out, and why."""
    why = ", ".join(f"{count} {reason}" for reason, count in sorted(Counter(reasons).items()))
    return f"{_number(len(reasons), 'session')} left out: {why}"


def _together(name: str, sessions: Sequence[Evidence]) -> Day:
    rows = tuple(row for each in sessions for row in each.rows)
    return Day(name, tuple(each.session for each in sessions), rows)


def _pooled(days: Sequence[Day]) -> Day:
    """Return days as one."""
    sessions = tuple(session for day in days for session in day.sessions)
    return Day("", sessions, tuple(row for day in days for row in day.rows))


def _number(count: int, what: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> _number(1, "day"), _number(2, "day")
    ('1 day', '2 days')
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _listed(words: Sequence[str]) -> str:
    """Return words as a list.

    Examples
    --------
    >>> _listed(["1.84", "1.91", "2.02"])
    '1.84, 1.91 and 2.02'
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
