"""A rig whose input and valve are on a board at the other end of a socket, and a task for it."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pydantic

from rig.devices import Context, DeviceSettings, DigitalInput, Valve
from rig.errors import DeviceError, Problem
from rig.graph import END, Count, Pulse, State, TrialGraph
from rig.inbox import Edge, Report
from rig.lab import find_lab, write_new
from rig.plan import Plan, make_plan
from rig.protocol import Finished, Parameters, TrialProtocol
from rig.trials import TrialRow

TOUCHED, LET_GO, OPEN = b"1", b"0", b"v"
"""What the board tells of its input, and what the computer orders of its valve."""
OPENING = 0.02
"""Seconds of an opening of the board's valve."""
_FILES = {
    "lab.toml": 'name = "Benchmarks"\n',
    "subjects/SIM01.toml": 'id = "SIM01"\nsimulated = true\n',
    "rigs/board.toml": """
[devices.lick]
driver = "benchmarks.board:BoardInput"
socket = {socket}

[devices.valve]
driver = "benchmarks.board:BoardValve"
socket = {socket}

[simulation]
mouse = "hardware.policy_mouse:PolicyMouse"
""",
    "protocols/drops.toml": """
protocol = "benchmarks.board:Drops"

[params]
trials = {trials}
licks = {licks}

[session]
max_trials = 100000
""",
}


class BoardSettings(DeviceSettings):
    """Settings of a device on the board: the number of the open socket that leads to it."""

    socket: int = pydantic.Field(ge=0)


class BoardInput(DigitalInput):
    """An input of the board: a thread waits for its bytes, as the threads of drivers do."""

    simulated = True
    Settings = BoardSettings

    def __init__(self, name: str, settings: BoardSettings, context: Context) -> None:
        self._name = name
        self._clock = context.clock
        self._inbox = context.inbox
        self._number = settings.socket
        self._thread = threading.Thread(target=self._read, daemon=True)

    def open(self) -> None:
        """Begin to read."""
        self._thread.start()

    def off(self) -> None:
        """Do nothing: an input is harmless."""

    def close(self) -> None:
        """Wait for the end of the thread: the board has closed its end by now."""
        if self._thread.is_alive():
            self._thread.join()

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def level(self) -> bool:
        """Return that nobody touches it."""
        return False

    def _read(self) -> None:
        board = socket.socket(fileno=self._number)
        while byte := board.recv(1):
            self._inbox.put(Edge(self._name, byte == TOUCHED, self._clock.now()))
        board.detach()


class BoardValve(Valve):
    """A valve of the board, which times the openings by itself."""

    simulated = True
    Settings = BoardSettings

    def __init__(self, name: str, settings: BoardSettings, context: Context) -> None:
        self._name = name
        self._clock = context.clock
        self._inbox = context.inbox
        self._number = settings.socket
        self._board: socket.socket | None = None

    def open(self) -> None:
        """Take hold of the socket."""
        self._board = socket.socket(fileno=self._number)

    def off(self) -> None:
        """Do nothing: openings end by themselves."""

    def close(self) -> None:
        """Let go of the socket; whoever has made it closes it."""
        if self._board is not None:
            self._board.detach()
            self._board = None

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def is_busy(self) -> bool:
        """Return that it is closed."""
        return False

    def refuse_volume(self, volume_ul: float) -> None:
        """Refuse nothing."""

    def refuse_delay(self, delay: float) -> str | None:
        """Refuse to be armed."""
        return "this valve cannot be armed" if delay else None

    def refuse_flush(self, duration: float) -> str:
        """Refuse to be flushed: the board has no such order."""
        return "this valve cannot be flushed"

    def flush(self, duration: float) -> None:
        """Do nothing."""

    def end_flush(self) -> None:
        """Do nothing."""

    def deliver(self, volume_ul: float, delay: float = 0.0) -> None:
        """Order an opening, and report it."""
        if self._board is None:
            raise DeviceError("the valve is not open", f"device '{self._name}'", "Open it first.")
        self._board.send(OPEN)
        began = self._clock.now()
        self._inbox.put(Report(self._name, "opening", "", began, OPENING, OPENING, volume_ul))


class Licks(Parameters):
    """So many trials of so many licks each."""

    trials: int
    licks: int


class Drops(TrialProtocol):
    """A drop falls at each lick."""

    Params = Licks
    params: Licks

    def trial(self, number: int, past: Sequence[TrialRow]) -> TrialGraph | Finished:
        """Return the next trial."""
        if number > self.params.trials:
            return Finished("all trials are over")
        away = State("away", "waits for the tongue", to={"lick_on": "drop"})
        drop = State(
            "drop",
            "a drop falls",
            enter=(Pulse("valve", 0.01),),
            to={"lick_off": "away"},
            count=(Count("licks", "lick_off", self.params.licks, END),),
            outcome="hit",
        )
        return TrialGraph((away, drop), "go", "none")


@contextlib.contextmanager
def board_plan(number: int, trials: int, licks: int) -> Iterator[Plan]:
    """Make the plan of a session with the board at the open socket of that number."""
    with tempfile.TemporaryDirectory() as folder:
        values = {"socket": number, "trials": trials, "licks": licks}
        write_new({Path(folder) / name: text.format(**values) for name, text in _FILES.items()})
        rig, protocol = Path("rigs/board.toml"), Path("protocols/drops.toml")
        yield make_plan(find_lab(Path(folder)), rig, protocol, "SIM01", simulate=True, seed=1)
