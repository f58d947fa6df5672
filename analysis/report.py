"""The report of one session: a page that holds all it shows, to be kept, printed or sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from analysis.figures import STYLE, mark
from analysis.html import (
    banner,
    escaped,
    facts,
    heading,
    page,
    paragraph,
    picture,
    table,
)
from analysis.quality import Word
from analysis.report_facts import Said, alarms_in, faults_in, said_in, water_of
from analysis.report_timing import timing_parts
from analysis.session_figures import (
    course_figure,
    drop_times,
    lick_figure,
    lick_times,
    psychometric_figure,
)
from analysis.summary import summary_of
from rig.colours import outcome_look
from rig.errors import RecordingError
from rig.hdf5_file import is_sealed
from rig.journal import digest
from rig.measures import sensitivity, type_performance
from rig.performance import criterion, performance
from rig.placement import recorded_placement
from rig.psychometric import Psychometric, psychometric
from rig.session_record import SessionRecord, why_ended
from rig.trials import TrialRow
from rig.wrap_up import read_wrap_up


def report(record: SessionRecord) -> str:
    """Return the report of a session as an HTML page.

    Any session that can be read has one: without trials, cut off, damaged or running. The page
    says so at its top.
    """
    found = psychometric(record.events)
    with matplotlib.style.context(STYLE):
        parts = [
            *_top(record),
            *_trials(record.rows, found),
            *_figures(record, found),
            *_water(record),
            *_wrap_up(record),
            *_spoken(record),
            *_faults(record),
            *timing_parts(record.definition, record.events),
            _provenance(record),
        ]
        return page(f"{record.folder.name} {record.definition.protocol}", parts)


def simulated_words(record: SessionRecord) -> str:
    """Return what of a session was simulated or emulated, in words; empty if nothing was."""
    if record.definition.emulated:
        return "EMULATED: there was no animal in the rig, and emulators behind the drivers."
    devices = record.definition.devices
    twins = [device.name for device in devices if device.simulated]
    if record.definition.mouse:
        return "SIMULATED: there was no animal in the rig."
    if not twins:
        return ""
    if len(twins) == len(devices):
        return "SIMULATED: all devices of the rig are simulated."
    return f"PARTLY SIMULATED: {', '.join(twins)}"


def _top(record: SessionRecord) -> Iterator[str]:
    """Return what session it is, and what a reader must know before all else."""
    definition = record.definition
    yield f"<h1>{escaped(definition.subject)} on {escaped(definition.rig)}</h1>"
    simulated = simulated_words(record)
    if simulated:
        yield banner(simulated, "simulated")
    if record.running:
        yield banner("The session still runs: this is what was recorded so far.", "note")
    elif record.ended is None:
        yield banner("The session was cut off: its record has no end.", "bad")
    if record.damage and not record.running:
        yield banner(f"Not the whole session: {record.damage}.", "bad")
    if record.ended is not None and record.ended.how in {"aborted", "failed"}:
        yield banner(f"The session {record.ended.how}: {record.ended.reason}.", "bad")
    yield from _unsealed(record)
    yield from _quality(record)
    changed = ", ".join(f"{key} = {value}" for key, value in definition.changed.items())
    yield facts(
        (
            ("session", record.folder.name),
            ("protocol", definition.protocol),
            ("stage", definition.stage),
            ("began", _when(record.header.started_at)),
            ("lasted", _lasted(record)),
            ("ended", why_ended(record.ended, running=record.running)),
            ("experimenters", "; ".join(definition.experimenters)),
            ("started by", definition.operator),
            ("for this session", changed),
            ("goes on with", definition.resumes),
            ("the cortex", recorded_placement(definition)),
        )
    )


def _unsealed(record: SessionRecord) -> Iterator[str]:
    """Return that the HDF5 file is not that of the whole session, where that is so."""
    folder = record.folder
    if record.running or record.damage or is_sealed(folder.hdf5, digest(folder.journal)):
        return
    yield banner(
        f"Not sealed: {folder.hdf5.name} does not hold the whole session. `rig recover` builds it.",
        "bad",
    )


def _quality(record: SessionRecord) -> Iterator[str]:
    """Return the words of its quality, and why they hold."""
    summary = summary_of(record)
    words = summary["qc"]
    yield paragraph(f"Quality: {', '.join(words)}", "good" if words == [Word.GOOD] else "amiss")
    yield from (paragraph(why) for why in summary["qc_why"])


def _trials(rows: Sequence[TrialRow], found: Psychometric) -> Iterator[str]:
    """Return the outcomes, d' and the criterion, and catch trials."""
    yield heading("Trials")
    if not rows:
        yield paragraph("The session has no trials.")
        return
    yield table(("outcome", "", "trials", "share"), _outcomes(rows))
    done = performance(rows)
    go, nogo = done.hits + done.misses, done.false_alarms + done.correct_rejections
    if done.d_prime is None:
        yield paragraph(f"d': too few trials ({go} go, {nogo} nogo; 10 of each are needed).")
    else:
        bias = criterion(done.hit_rate, done.false_alarm_rate) or 0.0
        yield paragraph(
            f"d' {done.d_prime:z.2f}, criterion {bias:z.2f} (n = {go} go, {nogo} nogo). "
            f"Hit rate {done.hit_rate:.0%}, false-alarm rate {done.false_alarm_rate:.0%}."
        )
    catch = found.catch()
    if catch:
        yield table(
            ("catch trials", "responses", "trials", "share", "95 % interval"),
            [(c.what, c.responses, c.trials, c.share, f"{c.low:.2f} to {c.high:.2f}")
             for c in catch],
        )  # fmt: skip


def _outcomes(rows: Sequence[TrialRow]) -> list[tuple[object, ...]]:
    """Return name, letter, number and share of each outcome."""
    names = [row.outcome or "" for row in rows]
    return [
        (outcome_look(name).words, outcome_look(name).letter, names.count(name),
         f"{names.count(name) / len(names):.1%}")
        for name in sorted(set(names), key=lambda name: (not name, name))
    ]  # fmt: skip


def _figures(record: SessionRecord, found: Psychometric) -> Iterator[str]:
    rows, words = record.rows, simulated_words(record)
    if not rows:
        return
    yield heading("Course of the session")
    types = type_performance(rows)
    course = course_figure(rows, types, sensitivity(rows))
    yield _marked(course, "Outcomes and performance over the trials", words)
    if types.periods():
        share = float(np.mean(types.consistent))
        yield paragraph(
            f"Provisionally consistent in {share:.0%} of the trials: all four trial types, go and "
            "nogo, congruent and incongruent, above 0.5 in the last 21 trials of the block.",
            "quiet",
        )
    if any(row.stimulus_time is not None for row in rows):
        yield heading("Licks")
        raster = lick_figure(rows, lick_times(record.events), drop_times(record.events))
        yield _marked(raster, "Licks around the stimulus, by trial type", words)
    if found.points():
        yield heading("Psychometric curve")
        yield _marked(psychometric_figure(found), "Share of responses by level", words)


def _marked(figure: Figure, alt: str, words: str) -> str:
    """Return a figure as an image; what is simulated says so across it."""
    mark(figure, words)
    short = words.partition(":")[0].lower()
    return picture(figure, f"{alt} ({short})" if short else alt)


def _water(record: SessionRecord) -> Iterator[str]:
    water = water_of(record)
    yield heading("Water")
    yield table(
        ("", "mL"),
        [
            ("from the task", water.task_ul / 1000),
            ("given by hand", water.by_hand_ul / 1000),
            ("removed by the vacuum", water.removed_ul / 1000),
            ("the mouse could drink", water.total_ul / 1000),
        ],
    )


def _wrap_up(record: SessionRecord) -> Iterator[str]:
    try:
        said = read_wrap_up(record.folder)
    except RecordingError as error:
        yield heading("Wrap-up")
        yield banner(error.what, "bad")
        return
    if said is None:
        return
    yield heading("Wrap-up")
    if not said.usable:
        yield banner("Marked as not usable.", "bad")
    yield facts(
        (
            ("reason for the end", said.reason),
            ("condition of the mouse", said.condition),
            ("droppings", said.droppings),
            ("comment", said.comment),
            ("said by", f"{said.by}, {said.at:%Y-%m-%d %H:%M}"),
        )
    )


def _spoken(record: SessionRecord) -> Iterator[str]:
    """Return alarms, notes and commands with their times."""
    for title, lines in (
        ("Alarms", alarms_in(record.events)),
        ("Notes and commands", said_in(record.events)),
    ):
        if lines:
            yield heading(title)
            yield table(("time", "trial", "who", "what"), [_line(record, line) for line in lines])


def _line(record: SessionRecord, line: Said) -> tuple[object, ...]:
    return _clock(record, line.time), line.trial or None, line.who or None, line.what


def _faults(record: SessionRecord) -> Iterator[str]:
    faults = faults_in(record.events)
    if faults:
        yield heading("Faults")
        yield table(
            ("time", "level", "what happened", "where", "what to do"),
            [(_clock(record, fault.hardware_time), fault.level or None, fault.what, fault.where,
              fault.do) for fault in faults],
        )  # fmt: skip


def _provenance(record: SessionRecord) -> str:
    header, definition = record.header, record.definition
    commit = f", commit {header.git_commit[:12]}" if header.git_commit else ""
    changed = ", with changes of its own" if header.git_dirty else ""
    return paragraph(
        f"Recorded by mouserig {header.mouserig_version}{commit}{changed}, Python {header.python}, "
        f"on {header.computer}. {definition.protocol_class}, protocol file SHA-256 "
        f"{definition.protocol_sha256[:12]}, seed {definition.seed}, {definition.clock} clock. "
        f"{len(record.events)} events in {record.folder.journal}.",
        "quiet",
    )


def _when(started_at: str) -> str:
    """Return day and time for people; a text that is no time as it stands."""
    try:
        return f"{datetime.fromisoformat(started_at):%A, %Y-%m-%d, %H:%M}"
    except ValueError:
        return started_at


def _lasted(record: SessionRecord) -> str:
    seconds = record.events[-1].engine_time if record.events else 0.0
    return _minutes(seconds)


def _clock(record: SessionRecord, time: float) -> str:
    """Return the time in the session, and on the clock of the room."""
    try:
        at = datetime.fromisoformat(record.header.started_at) + timedelta(seconds=time)
    except (ValueError, OverflowError):
        return _minutes(time)
    return f"{_minutes(time)} ({at:%H:%M:%S})"


def _minutes(seconds: float) -> str:
    """Return a length of time as minutes and seconds.

    Examples
    --------
    >>> _minutes(75.2)
    '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
