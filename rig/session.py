"""One session from the first lock to the sealed file; every output goes off on every way out."""

from __future__ import annotations

import contextlib
import gc
import traceback
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from rig.clock import Clock, SystemClock, VirtualClock
from rig.devices import Device
from rig.errors import DeviceError
from rig.inbox import Command, Inbox
from rig.locks import hold
from rig.loop import Loop, Nobody, Watcher
from rig.plan import Plan
from rig.provenance import make_definition, make_header
from rig.recorder import SessionRecorder
from rig.rig_plan import graph_check, load_sounds, new_context
from rig.session_folder import (
    PROTOCOL_TOML,
    RIG_TOML,
    SUBJECT_TOML,
    TRACEBACK,
    SessionFolder,
    check_data_folder,
    create_folder,
)
from rig.trial_source import TrialSource
from rig.trials import TrialRow


@dataclass(frozen=True)
class Result:
    """What a session came to.

    Attributes
    ----------
    folder
        Where it is recorded.
    reason
        Why it ended, in words.
    stopped
        Whether a person stopped it.
    rows
        Its trials.
    water_ul
        All water delivered.
    duration
        Seconds of session time.
    """

    folder: SessionFolder
    reason: str
    stopped: bool
    rows: list[TrialRow]
    water_ul: float
    duration: float


class Session:
    """A session: entering opens everything, `run` runs it, leaving turns everything off.

    Parameters
    ----------
    plan
        What the session is made of.
    clock
        ``system`` waits, ``virtual`` jumps; the latter needs a simulated rig.
    started_at
        Wall-clock start, with time zone; now if None.
    number
        The session's number on its day; the next free one if None.
    watcher
        Is told of states and trials.

    Raises
    ------
    RigError
        From entering, if a lock is taken, a device does not open or the folder cannot be
        made; nothing is left open or half-made then. From `run`, if protocol, device or
        recording fail; the session is ended, recorded and sealed by then.
    """

    def __init__(
        self,
        plan: Plan,
        clock: Literal["system", "virtual"],
        *,
        started_at: datetime | None = None,
        number: int | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self._plan = plan
        self._clock_kind = clock
        self._started_at = started_at or datetime.now().astimezone()
        self._number = number
        self._watcher = watcher or Nobody()
        self._inbox = Inbox()
        self._exits = contextlib.ExitStack()
        self._stopped = False

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._lock(stack)
            check_data_folder(self._plan.lab.data, self._plan.lab.config.min_free_mb)
            self._prepare()
            for device in self._devices.values():
                stack.callback(device.close)
                device.open()
            self.folder = self._make_folder()
            definition = make_definition(
                self._plan, self._devices, self._source.protocol, self._clock_kind
            )
            header = make_header(self._plan, self.folder, self._started_at)
            self._recorder = stack.enter_context(
                SessionRecorder(self.folder, header, definition, self._clock_kind)
            )
            self._source.rows = self._recorder.table.rows
            self._loop = self._make_loop()
            self._exits = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._exits.close()

    def stop(self, verb: Literal["stop_now", "stop_after_trial"], reason: str) -> None:
        """Ask the session to stop; may be called by any thread or signal handler."""
        self._stopped = True
        self._inbox.put(Command(verb, reason))

    def run(self) -> Result:
        """Run the session to its end; return what it came to."""
        gc.freeze()
        try:
            self._clock.start()
            self._context.room.let_mouse_in()
            self._loop.run()
        except BaseException as error:
            self._end(error)
            raise
        finally:
            gc.unfreeze()
        self._end(None)
        table = self._recorder.table
        return Result(
            self.folder,
            self._loop.reason,
            self._stopped,
            table.rows,
            table.water_ul,
            self._clock.now(),
        )

    def _end(self, error: BaseException | None) -> None:
        """Turn everything off, then record the error, if any, and the end.

        Raises
        ------
        DeviceError
            If an output did not go off; all the rest is done by then.
        """
        stuck = self._off()
        if error is not None:
            self._fault(error)
        if stuck is not None:
            self._fault(stuck)
        self._finish()
        if stuck is not None:
            raise stuck from error

    def _off(self) -> DeviceError | None:
        """Turn every output off; one that fails does not keep the others from it."""
        failed = []
        for name, device in self._devices.items():
            try:
                device.off()
            except Exception as error:  # the other outputs come first
                failed.append(f"{name}: {error}")
        if not failed:
            return None
        return DeviceError(
            f"outputs could not be turned off: {'; '.join(failed)}",
            self._plan.rig.name,
            "Cut the rig's power by hand now.",
        )

    def _lock(self, stack: contextlib.ExitStack) -> None:
        plan = self._plan
        holder = f"'{plan.subject.id}' on '{plan.rig.name}'"
        stack.enter_context(hold(plan.lab.locks, "rig", plan.rig.name, holder))
        stack.enter_context(hold(plan.lab.locks, "subject", plan.subject.id, holder))

    def _prepare(self) -> None:
        """Make clock, mouse, devices and protocol; nothing is opened yet."""
        plan = self._plan
        protocol_rng, mouse_rng = plan.generators()
        self._clock: Clock = SystemClock() if self._clock_kind == "system" else VirtualClock()
        mouse = plan.mouse.make(mouse_rng) if plan.mouse else None
        self._context = new_context(plan.lab, self._clock, self._inbox, mouse)
        self._devices: dict[str, Device] = plan.rig.devices(self._context)
        protocol = plan.protocol.make(protocol_rng)
        load_sounds(self._devices.values(), protocol, str(plan.protocol.path))
        self._source = TrialSource(protocol, graph_check(self._devices))

    def _make_folder(self) -> SessionFolder:
        """Make the session's folder, with copies of the files that the session is made of."""
        plan = self._plan
        folder = create_folder(
            plan.lab.data, plan.subject.id, self._started_at.date(), self._number
        )
        copies = {
            RIG_TOML: plan.rig.path,
            PROTOCOL_TOML: plan.protocol.path,
            SUBJECT_TOML: plan.lab.subject_file(plan.subject.id),
        }
        for name, path in copies.items():
            (folder.path / name).write_bytes(path.read_bytes())
        return folder

    def _make_loop(self) -> Loop:
        return Loop(
            self._clock,
            self._inbox,
            self._context.room,
            self._devices,
            self._source.trial,
            self._plan.protocol.config.session,
            self._recorder,
            self._watcher,
        )

    def _fault(self, error: BaseException) -> None:
        """Record an error and keep its traceback in the session's folder."""
        detail = "".join(traceback.format_exception(error))
        if not self._recorder.failed:
            self._loop.fault(error, detail)
        with contextlib.suppress(OSError), (self.folder.path / TRACEBACK).open("a") as file:
            file.write(detail)

    def _finish(self) -> None:
        """Record the end, and keep what the virtual mouse has learned."""
        if not self._recorder.failed:
            self._loop.end()
        if self._plan.mouse is not None:
            self._plan.lab.remember(self._plan.subject.id, self._context.room.memory())
