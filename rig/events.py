"""Everything that happened, as frozen records: the only thing that crosses a process border.

Every event has `seq` (1, 2, 3, ... in a session), `hardware_time` (when it happened, by the
device or by the deadline that caused it) and `engine_time` (when the engine dealt with it).
Both are seconds since session start; their difference is the latency.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from rig.graph import plain
from rig.streams import StreamSpec

ClockKind = Literal["system", "virtual", "paced"]
"""Real time; jumps from deadline to deadline; or real time that passes faster."""
SCHEMA_VERSION = 3
"""Raised whenever a record gets another meaning. Fields that an older one lacks have defaults, so
that every older journal can be read."""


class Header(msgspec.Struct, frozen=True, tag="header"):
    """Wall-clock facts: the one record that differs when a session is run again.

    `packages` are the versions of all installed packages, `lock_sha256` the SHA-256 of the file
    that pins them (empty outside a checkout), and `code_sha256` that of our own code.
    """

    schema_version: int
    session: str
    started_at: str
    computer: str
    python: str
    mouserig_version: str
    git_commit: str | None
    git_dirty: bool | None
    lab_folder: str
    packages: dict[str, str] = {}
    lock_sha256: str = ""
    code_sha256: str = ""


class DeviceRecord(msgspec.Struct, frozen=True):
    """One device of the rig as it was in the session.

    `driver` is the class as the rig file names it, and `ran` the name of the class that ran: the
    driver itself or its twin.
    """

    name: str
    kind: str
    driver: str
    ran: str
    simulated: bool
    settings: dict[str, Any]


class Definition(msgspec.Struct, frozen=True, tag="definition"):
    """All that the session was made of: files as text and as the values resolved from them.

    `sound_files` tells the files of the sounds by their SHA-256; the session's folder keeps them.
    `protocol_source` is the file of the protocol's class, `description` what its docstring says.
    `experimenters` are the persons who run the session, as ``Last, First``; `operator` is who
    started it. `changed` holds parameters, by dotted key, that were given for this session alone.
    `speed` is how many times faster than real time a paced clock was at the start. `before_ul` is
    the water of the sessions that this one goes on with: the limit of water counts it. A session
    was `emulated` if emulators stood behind its real drivers.
    """

    rig: str
    subject: str
    protocol: str
    protocol_class: str
    protocol_sha256: str
    lab_toml: str
    rig_toml: str
    protocol_toml: str
    subject_toml: str
    calibration_toml: dict[str, str]
    own_files: dict[str, str]
    params: dict[str, Any]
    session: dict[str, Any]
    subject_values: dict[str, Any]
    devices: tuple[DeviceRecord, ...]
    sounds: dict[str, Any]
    mouse: str | None
    mouse_settings: dict[str, Any]
    mouse_memory: dict[str, Any]
    seed: int
    clock: ClockKind
    stage: str = ""
    resumes: str = ""
    gratings: dict[str, Any] = {}
    flashes: dict[str, Any] = {}
    sound_files: dict[str, str] = {}
    streams: tuple[StreamSpec, ...] = ()
    protocol_source: str = ""
    description: str = ""
    experimenters: tuple[str, ...] = ()
    changed: dict[str, Any] = {}
    operator: str = ""
    speed: float = 1.0
    before_ul: float = 0.0
    emulated: bool = False


class Happened(msgspec.Struct, frozen=True):
    """What every event has."""

    seq: int
    hardware_time: float
    engine_time: float
    trial: int


class GraphDefined(Happened, frozen=True, tag="graph"):
    """A trial graph seen for the first time; `TrialStarted` refers to it by number."""

    graph: int
    states: tuple[dict[str, Any], ...]
    first: str


class TrialStarted(Happened, frozen=True, tag="trial_started"):
    """A trial began; `block` and `labels` say where in the experiment it stands."""

    graph: int
    trial_type: str
    stimulus: str
    draws: dict[str, float]
    stimulus_state: str
    block: int = 0
    labels: dict[str, str] = {}


class StimuliStarted(Happened, frozen=True, tag="started"):
    """The stimuli of the state that was entered last were started, `after` seconds after that.

    The time of the state counts from here.
    """

    after: float


class StateEntered(Happened, frozen=True, tag="state"):
    """A state was entered; the next one shows how long it really lasted.

    `requested` is the timeout of the state in seconds (None: it waits for an event) and
    `cause` is what led here: an event, ``timeout``, ``decision`` or ``start``.
    """

    state: str
    requested: float | None
    cause: str


class InputChanged(Happened, frozen=True, tag="input"):
    """A digital input changed its level."""

    device: str
    level: bool


class ActionDone(Happened, frozen=True, tag="action"):
    """An order was given to a device; `value` is its amount (uL for an opening).

    `author` is the person who gave it; empty if the protocol did.
    """

    device: str
    verb: str
    detail: str
    value: float | None
    author: str = ""


class DeviceReported(Happened, frozen=True, tag="report"):
    """A device told what it really did; durations in seconds; `author` is that of the order."""

    device: str
    what: str
    detail: str
    requested: float
    achieved: float
    volume_ul: float | None
    author: str = ""


def is_stimulus(report: DeviceReported) -> bool:
    """Whether a report is of a stimulus, and neither of a drop nor of a flush."""
    return report.what not in ("opening", "flush")


class TrialEnded(Happened, frozen=True, tag="trial_ended"):
    """A trial ended; `outcome` is None when it was aborted, and `cause` is ``aborted`` then."""

    cause: str
    outcome: str | None
    aborted: bool
    measures: dict[str, float]


class CommandGiven(Happened, frozen=True, tag="command"):
    """A person, a signal or a limit asked something of the session; it obeyed or refused.

    `reason` holds the command's words: why to stop, a note, the answer to a question. `id` is what
    its giver calls it.
    """

    verb: str
    reason: str
    author: str = ""
    key: str = ""
    value: Any = None
    accepted: bool = True
    reply: str = ""
    id: str = ""


class ParameterChanged(Happened, frozen=True, tag="parameter"):
    """A parameter has another value from here on; `when` says if it waits for the next block."""

    key: str
    before: Any
    after: Any
    author: str
    when: str


class QuestionAsked(Happened, frozen=True, tag="question"):
    """The protocol asked the operator; the answer is a command of the verb ``answer``."""

    text: str
    choices: tuple[str, ...]
    default: str
    patience: float


MILD = ("warning", "notice")
"""Levels of faults with which the running trial goes on."""


class Fault(Happened, frozen=True, tag="fault"):
    """Something failed; a traceback, if there is one, stands beside the journal.

    `level` is ``error`` if it ended the session, ``warning`` if the running trial went on, and
    ``notice`` if a device lost something of what it should record or show, and no more. It is empty
    in records of schema 1, which did not tell.
    """

    what: str
    where: str
    do: str
    level: str = ""


class ClockRead(Happened, frozen=True, tag="clock"):
    """Another clock was read beside the session's: it showed `reading` seconds.

    `clock` is ``utc`` for the wall clock (seconds since 1970), or the name of a card. The reading
    is known to within `uncertainty` seconds.
    """

    clock: str
    reading: float
    uncertainty: float


class SyncSwitched(Happened, frozen=True, tag="sync"):
    """A sync line, which tells other recorders what happens, was switched on or off.

    `hardware_time` is the middle of the call that did it, and `uncertainty` half its length.
    """

    device: str
    level: bool
    uncertainty: float


class StreamEnded(Happened, frozen=True, tag="stream_ended"):
    """A stream came to its end, with so many rows; the digest is that of its file's blocks."""

    stream: str
    rows: int
    sha256: str


class SessionEnded(Happened, frozen=True, tag="session_ended"):
    """The last event of every session that ended by itself or was stopped.

    `how` sorts the reason: ``finished`` (the protocol said so), ``limit``, ``stopped`` (after a
    trial, by a person), ``aborted`` (at once, by a person or a signal) or ``failed``.
    """

    reason: str
    trials: int
    water_ul: float
    mouse_memory: dict[str, Any]
    how: str = ""


Event = (
    GraphDefined
    | TrialStarted
    | StateEntered
    | StimuliStarted
    | InputChanged
    | ActionDone
    | DeviceReported
    | TrialEnded
    | CommandGiven
    | ParameterChanged
    | QuestionAsked
    | Fault
    | ClockRead
    | SyncSwitched
    | StreamEnded
    | SessionEnded
)
Record = Header | Definition | Event

_encoder = msgspec.msgpack.Encoder(enc_hook=plain, order="deterministic")
_decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)
encode = _encoder.encode
"""Returns a record as bytes."""
decode = _decoder.decode
"""Returns the record in some bytes; raises one of `UNREADABLE` if it is none."""
_several: msgspec.msgpack.Decoder[list[Record]] = msgspec.msgpack.Decoder(list[Record])
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What `decode` raises if a payload is no record."""


def decode_all(payloads: Sequence[bytes]) -> list[Record]:
    """Return the records in many payloads; sooner than one by one. Errors are those of `decode`."""
    head = b"\xdd" + len(payloads).to_bytes(4, "big")  # an array of MessagePack, of so many items
    return _several.decode(head + b"".join(payloads))


def as_json(record: Record) -> str:
    """Return the record as one line of JSON, fields in their order."""
    return msgspec.json.encode(record, enc_hook=plain).decode()


def as_text(record: Record) -> str:
    """Return the record as a line for people: number, time, trial, kind, and what it tells.

    Examples
    --------
    >>> as_text(InputChanged(7, 1.5, 1.5, 2, device="lick", level=True))
    '     7     1.500000 s  trial   2  input          device=lick level=True'
    """
    fields = msgspec.structs.asdict(record)
    tag = record.__struct_config__.tag
    if not isinstance(record, Happened):
        return f"{tag}: " + " ".join(f"{key}={value!r}" for key, value in fields.items())
    told = {key: value for key, value in fields.items() if key not in Happened.__struct_fields__}
    return (
        f"{record.seq:6d} {record.hardware_time:12.6f} s  trial {record.trial:3d}  {tag:<13}  "
        + " ".join(f"{key}={value}" for key, value in told.items()).replace("\n", "\\n")
    )
