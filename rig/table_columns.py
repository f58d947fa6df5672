"""What the columns of a session's tables hold: names, types, units and meanings.

`rig.tables` makes the tables by this list, exports describe their files with it, and
``docs/reference/dataset.md`` shows it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Type = Literal["number", "count", "count or none", "text", "boolean", "boolean or none", "object"]


class Column(msgspec.Struct, frozen=True):
    """One column of a table.

    Attributes
    ----------
    name, type
        Its name, and the type of its values. What is missing is NaN in numbers and texts, `NA`
        where ``or none`` stands, and None among objects.
    meaning
        What it holds, in words.
    unit
        Unit of its numbers; empty for what counts, names or says yes or no.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""


_TIME = Column("time", "number", "when it happened, since the session started", "s")
_TRIAL = Column("trial", "count", "number of the trial; 0 before the first one")
_AUTHOR = Column("author", "text", "the person who asked for it; missing if it was no person")

TRIALS = (
    Column("trial", "count", "number of the trial: 1, 2, ..."),
    Column("trial_type", "text", "`go`, `nogo`, or another word of the protocol"),
    Column("stimulus", "text", "what was presented, in the words of the protocol"),
    Column("outcome", "text", "`hit`, `miss`, `false_alarm`, ...; missing if aborted"),
    Column("aborted", "boolean", "whether the trial was cut short"),
    Column("start_time", "number", "when it began", "s"),
    Column("end_time", "number", "when it ended", "s"),
    Column(
        "stimulus_time",
        "number",
        "onset of the stimulus: its devices had been told to start; missing if there was none",
        "s",
    ),
    Column("first_lick_time", "number", "first lick at or after that onset", "s"),
    Column("lick_count", "count", "licks in the whole trial"),
    Column("dwell", "number", "how long the beam was broken in the response window", "s"),
    Column("licks", "number", "licks in the response window; missing if not measured", "licks"),
    Column("reward_ul", "number", "volume that the protocol delivered for the trial", "uL"),
    Column("removed_ul", "number", "how much of it the vacuum removed; missing if idle", "uL"),
    Column("block", "count", "number of the block; 0 in a task without blocks"),
)
TRIAL_EXTRAS = (
    Column("label_NAME", "text", "the label NAME: what else sets the trial apart"),
    Column("draw_NAME", "number", "what the protocol drew as NAME for the trial"),
    Column("measure_NAME", "number", "the measure NAME, but for `dwell` and `licks`"),
)
"""Columns that `trials` has for every NAME that occurs in the session."""

EVENTS = (
    Column("seq", "count", "number of the event: 1, 2, 3, ..."),
    Column("kind", "text", "`state`, `input`, `report`, ...: what follows belongs to some kinds"),
    _TRIAL,
    Column("hardware_time", "number", "when it happened, by the device or the deadline", "s"),
    Column("engine_time", "number", "when the engine dealt with it", "s"),
    Column("device", "text", "`input`, `action`, `report`: name of the device"),
    Column("level", "boolean or none", "`input`: whether it went on"),
    Column("state", "text", "`state`: name of the state that was entered"),
    Column("requested", "number", "`state`: its timeout; `report`: how long it was to last", "s"),
    Column("cause", "text", "`state`, `trial_ended`: what led there"),
    Column("verb", "text", "`action`: the order; `command`: what was asked"),
    Column("detail", "text", "`action`, `report`: name of the stimulus"),
    Column("value", "number", "`action`: volume of the drop that was ordered", "uL"),
    Column("what", "text", "`report`: `opening`, `sound`, ...; `fault`: what happened"),
    Column("achieved", "number", "`report`: how long it lasted", "s"),
    Column("volume_ul", "number", "`report`: volume of the drop", "uL"),
    Column("author", "text", "`action`, `report`, `command`, `parameter`: the person"),
    Column("graph", "count or none", "`graph`, `trial_started`: number of the trial's shape"),
    Column("states", "object", "`graph`: the states, a list of dicts"),
    Column("first", "text", "`graph`: the state where the trial starts"),
    Column("trial_type", "text", "`trial_started`: `go`, `nogo`, ..."),
    Column("stimulus", "text", "`trial_started`: what is presented"),
    Column("draws", "object", "`trial_started`: what was drawn, a dict of numbers"),
    Column("stimulus_state", "text", "`trial_started`: the state that begins the stimulus"),
    Column("block", "count or none", "`trial_started`: number of the block; 0 without blocks"),
    Column("labels", "object", "`trial_started`: what else sets it apart, a dict of texts"),
    Column("outcome", "text", "`trial_ended`: the outcome; missing if aborted"),
    Column("aborted", "boolean or none", "`trial_ended`: whether it was cut short"),
    Column("measures", "object", "`trial_ended`: what was measured, a dict of numbers"),
    Column("reason", "text", "`command`: its words; `session_ended`: why"),
    Column("key", "text", "`command`, `parameter`: name of the parameter"),
    Column("command_value", "object", "`command`: the value to set, a volume in uL, or seconds"),
    Column("command_id", "text", "`command`: what the program that gave it calls it"),
    Column("accepted", "boolean or none", "`command`: whether the session obeyed"),
    Column("reply", "text", "`command`: what the session answered"),
    Column("before", "object", "`parameter`: its value before"),
    Column("after", "object", "`parameter`: its value from here on"),
    Column("when", "text", "`parameter`: `next trial` or `next block`"),
    Column("text", "text", "`question`: what is asked"),
    Column("choices", "object", "`question`: what can be answered, a list"),
    Column("default", "text", "`question`: the answer that is taken if none comes"),
    Column("patience", "number", "`question`: how long it is waited for", "s"),
    Column("where", "text", "`fault`: file and key, or device"),
    Column("do", "text", "`fault`: what to do about it"),
    Column("fault_level", "text", "`fault`: `error` or `warning`"),
    Column("clock", "text", "`clock`: whose clock was read; `utc` for the wall clock"),
    Column("reading", "number", "`clock`: what it showed; since 1970 for `utc`", "s"),
    Column("uncertainty", "number", "`clock`, `sync`, `report`: how far off it may be", "s"),
    Column("stream", "text", "`stream_ended`: name of the signal"),
    Column("rows", "count or none", "`stream_ended`: how many rows it has"),
    Column("sha256", "text", "`stream_ended`: SHA-256 of its blocks"),
    Column("trials", "count or none", "`session_ended`: trials that were completed"),
    Column("water_ul", "number", "`session_ended`: water that the mouse could drink", "uL"),
    Column("mouse_memory", "object", "`session_ended`: what the virtual mouse has learned"),
    Column("how", "text", "`session_ended`: `finished`, `limit`, `stopped`, `aborted`, `failed`"),
)

STATES = (
    _TRIAL,
    Column("state", "text", "name of the state"),
    Column("meaning", "text", "what it is, in a sentence of the protocol"),
    Column("enter_time", "number", "when it was entered", "s"),
    Column("exit_time", "number", "when it was left; missing if the record ends in it", "s"),
    Column("requested", "number", "its timeout; missing if it waits for an event", "s"),
    Column("cause", "text", "what led to it: an event, `timeout`, `decision` or `start`"),
)
LICKS = (
    Column("time", "number", "when the tongue touched the spout", "s"),
    _TRIAL,
    Column("spout", "text", "the input that saw it, such as `lick` or `lick_left`"),
    Column("duration", "number", "until the input went off; missing if the record ends", "s"),
)
WATER = (
    Column("time", "number", "when the valve opened", "s"),
    Column("trial", "count", "the trial that ordered the drop; 0 before the first one"),
    Column("volume_ul", "number", "volume by the valve's calibration", "uL"),
    Column("author", "text", "the person who gave it; missing if the protocol did"),
    Column("device", "text", "name of the valve"),
    Column("duration", "number", "how long the valve was open", "s"),
)
STIMULI = (
    Column("time", "number", "when it began", "s"),
    Column("trial", "count", "the trial that ordered it"),
    Column("device", "text", "what presented it"),
    Column("what", "text", "`sound`, `grating` or `flashes`"),
    Column("stimulus", "text", "its name in the protocol"),
    Column("requested", "number", "how long it was to last", "s"),
    Column("duration", "number", "how long it lasted; shorter if it was cut", "s"),
)
NOTES = (_TIME, _TRIAL, _AUTHOR, Column("text", "text", "what was noted"))
COMMANDS = (
    _TIME,
    _TRIAL,
    Column("verb", "text", "what was asked: `pause_after_trial`, `reward`, `set`, `note`, ..."),
    _AUTHOR,
    Column("key", "text", "the parameter to set"),
    Column("value", "object", "its value, the volume of a drop in uL, or seconds"),
    Column("reason", "text", "the words of the command: a reason, a note, an answer"),
    Column("accepted", "boolean", "whether the session obeyed"),
    Column("reply", "text", "what it answered"),
)
TABLES: dict[str, tuple[Column, ...]] = {
    "trials": TRIALS,
    "events": EVENTS,
    "states": STATES,
    "licks": LICKS,
    "water": WATER,
    "stimuli": STIMULI,
    "notes": NOTES,
    "commands": COMMANDS,
}
