"""One session from the first lock to the sealed file; every output goes off on every way out."""

from __future__ import annotations

import contextlib
import gc
import shutil
import traceback
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Literal, Self

from rig.clock import Clock, PacedClock, SystemClock, VirtualClock
from rig.closing import force_off, in_order
from rig.desk import Desk, address_file
from rig.devices import AnalogInput, Camera, Device
from rig.errors import DeviceError, Problem
from rig.events import ClockKind, Definition
from rig.guardian import Guard, Guardian, NoGuard, charge_of
from rig.inbox import Command, Failure, Inbox, Request
from rig.loading import ask_for_stimuli, load_stimuli
from rig.locks import hold
from rig.loop import Loop
from rig.placement import placed
from rig.plan import Plan, generators
from rig.provenance import make_definition, make_header
from rig.recorder import SessionRecorder
from rig.resumption import Resumption, fast_forward
from rig.rig_plan import graph_check, new_context, streams_of
from rig.room import Mouse
from rig.session_folder import (
    GUARDIAN_LOG,
    PROTOCOL_TOML,
    RIG_TOML,
    SOUNDS,
    SUBJECT_TOML,
    TRACEBACK,
    check_data_folder,
    check_writable,
    create_folder,
    hold_running,
    remove_folder,
)
from rig.session_result import Result
from rig.sound_files import keep_sound_files, sound_file_digests
from rig.stream_store import StreamStore
from rig.sync_lines import Sync, sync_names
from rig.trial_source import TrialSource
from rig.trials import ALONE, Before
from rig.watcher import Nobody, Watcher


class Session:
    """A session: entering opens everything, `run` runs it, leaving turns everything off.

    Parameters
    ----------
    plan
        What the session is made of.
    clock
        ``system`` waits, ``virtual`` jumps, ``paced`` waits less; the latter two need a simulated
        rig.
    speed
        How many times faster than real time a paced clock is at the start.
    started_at
        Wall-clock start, with time zone; now if None.
    number
        The session's number on its day; the next free one if None.
    resumes
        The sessions that this one goes on with, if it does; the plan has their seed.
    watcher
        Is told of states and trials.
    mouse
        The virtual mouse, if it lives elsewhere: in an emulated rig.

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
        clock: ClockKind,
        *,
        speed: float = 1.0,
        started_at: datetime | None = None,
        number: int | None = None,
        resumes: Resumption | None = None,
        watcher: Watcher | None = None,
        mouse: Mouse | None = None,
    ) -> None:
        self._plan = plan
        self._clock_kind: ClockKind = clock
        self._speed = speed
        self._started_at = started_at or datetime.now().astimezone()
        self._number = number
        self._resumes = resumes
        self._watcher = watcher or Nobody()
        self._mouse = mouse
        self._inbox = Inbox()
        self._exits = contextlib.ExitStack()
        self._ended = False

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._lock(stack)
            check_data_folder(self._plan.lab.data, self._plan.lab.config.min_free_mb)
            if self._plan.mouse is not None:
                check_writable(self._plan.lab.folder / "subjects")
            self._prepare()
            resumed = self._resumes.session if self._resumes else ""
            definition = make_definition(
                self._plan,
                self._devices,
                self._stimuli,
                self._sound_files,
                self._clock_kind,
                resumed,
                self._resumes.water_ul if self._resumes else 0.0,
                self._specs,
                self._clock.speed,
            )
            self.folder = create_folder(
                self._plan.lab.data, self._plan.subject.id, self._started_at.date(), self._number
            )
            try:
                with contextlib.ExitStack() as opened:
                    opened.enter_context(hold_running(self.folder, self.folder.name))
                    self._open(opened, definition)
                    stack.push(opened.pop_all())
            except BaseException:
                remove_folder(self.folder)
                raise
            self._exits = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._exits:
            if not self._ended:
                self._end(error)

    def stop(self, verb: Literal["stop_now", "stop_after_trial"], reason: str) -> None:
        """Ask the session to stop; may be called by any thread or signal handler."""
        self.hand_in(Command(verb, reason))

    def hand_in(self, order: Command | Request) -> None:
        """Hand an order in; may be called by any thread or signal handler."""
        self._inbox.put(order)

    def run(self) -> Result:
        """Run the session to its end; return what it came to."""
        gc.freeze()
        try:
            self._context.room.let_mouse_in()
            self._guard.run(self._clock.now())
            self._loop.run()
        except BaseException as error:
            self._end(error)
            cause = self._cause(error)
            if cause is not None:
                raise cause from error
            raise
        finally:
            gc.unfreeze()
        self._end(None)
        table = self._recorder.table
        return Result(
            folder=self.folder,
            reason=self._loop.ending.reason or "",
            finished=self._loop.ending.finished,
            stopped=self._loop.ending.how in {"stopped", "aborted"},
            rows=table.rows,
            water_ul=table.water_ul,
            duration=self._clock.now(),
            warnings=self._loop.warnings,
        )

    def _open(self, opened: contextlib.ExitStack, definition: Definition) -> None:
        """Begin the record, set the clock to zero, and open the devices."""
        plan = self._plan
        self._guard = self._watch_outputs(opened)
        copies = {
            RIG_TOML: plan.rig.path,
            PROTOCOL_TOML: plan.protocol.path,
            SUBJECT_TOML: plan.lab.subject_file(plan.subject.id),
        }
        for name, path in copies.items():
            shutil.copyfile(path, self.folder.path / name)
        keep_sound_files(plan.lab.folder, definition.sound_files, self.folder.path / SOUNDS)
        header = make_header(plan, self.folder, self._started_at)
        self._recorder = opened.enter_context(
            SessionRecorder(
                self.folder,
                header,
                definition,
                self._clock,
                self._streams,
                plan.lab.config.recording,
            )
        )
        self._source.rows = self._recorder.table.rows
        self._loop = self._make_loop()
        self._guard.wait_until_ready()
        self._clock.start()
        for device in self._devices.values():
            if isinstance(device, Camera):
                device.record_to(self.folder.path)
            opened.callback(device.close)
            device.open()
        if self._clock_kind != "virtual":
            file = address_file(plan.lab.locks, plan.rig.name)
            journal = str(self.folder.journal.resolve())
            events = self._recorder.endpoint
            opened.enter_context(Desk(file, self.folder.name, self.hand_in, events, journal))

    def _end(self, error: BaseException | None) -> None:
        """Turn everything off, then record the error, if any, and the end.

        Raises
        ------
        DeviceError
            If an output did not go off; all the rest is done by then.
        """
        self._ended = True
        stuck = self._off()
        try:
            for fault in filter(None, (error, stuck, self._cause(error))):
                self._fault(fault)
            if not self._recorder.failed:
                self._loop.end(self._streams.end())
                if self._plan.mouse is not None:
                    self._plan.lab.remember(self._plan.subject.id, self._context.room.memory())
        finally:
            if stuck is not None:
                raise stuck from error

    def _cause(self, error: BaseException | None) -> DeviceError | None:
        """Return why the guardian closed the outputs, if an error is only what follows from it."""
        tripped = self._guard.tripped
        told = isinstance(error, DeviceError) and tripped is not None and error.what == tripped.what
        return None if told else tripped

    def _off(self) -> DeviceError | None:
        """Turn every output off; one that fails does not keep the others from it.

        Outputs that cannot be turned off are left to the guardian. What is sampled comes last: its
        end is written to a disk, and a disk can be slow.
        """
        outputs = in_order(self._devices)
        failed = self._turn_off(outputs)
        if not failed:
            self._guard.relieve()
        rest = [name for name in self._devices if name not in outputs]
        failed += self._turn_off(sorted(rest, key=lambda name: _samples(self._devices[name])))
        if not failed:
            return None
        return DeviceError(
            f"outputs could not be turned off: {'; '.join(failed)}",
            self._plan.rig.name,
            "Cut the rig's power by hand now.",
        )

    def _turn_off(self, names: Iterable[str]) -> list[str]:
        """Turn devices off, by force if need be; return those that failed, and why."""
        failed = []
        for name in names:
            device = self._devices[name]
            self._guard.run(self._clock.now())
            try:
                device.off()
            except Exception as error:
                wrong = force_off(device)
                if wrong:
                    failed.append(f"{name}: {wrong}")
                else:
                    self._tell_of_force(name, error)
        return failed

    def _tell_of_force(self, device: str, error: Exception) -> None:
        """Record, and tell, that a device went off by force only."""
        what, do = f"it was turned off by force: {error}", "Look at the device, and at its driver."
        self._inbox.put(Failure(device, what, do, urgent=False))
        self._loop.warnings.append(Problem(what, f"device '{device}'", do, "warning"))

    def _watch_outputs(self, opened: contextlib.ExitStack) -> Guard:
        """Start a guardian if the rig has outputs that are not simulated."""
        charge = charge_of(self._plan.rig, self._plan.lab.folder)
        if not charge.outputs:
            return NoGuard()
        log = self.folder.path / GUARDIAN_LOG
        return opened.enter_context(Guardian(charge, log, self._inbox))

    def _lock(self, stack: contextlib.ExitStack) -> None:
        plan = self._plan
        holder = f"'{plan.subject.id}' on '{plan.rig.name}'"
        stack.enter_context(hold(plan.lab.locks, "rig", plan.rig.name, holder))
        stack.enter_context(hold(plan.lab.locks, "subject", plan.subject.id, holder))

    def _prepare(self) -> None:
        """Make clock, mouse, devices and protocol; nothing is opened yet."""
        plan = self._plan
        protocol_rng, mouse_rng = generators(plan.seed, self._resumes.parts if self._resumes else 0)
        self._clock = self._make_clock()
        mouse = self._mouse or (plan.mouse.make(mouse_rng) if plan.mouse else None)
        self._streams = StreamStore()
        self._context = new_context(plan.lab, self._clock, self._inbox, mouse, self._streams)
        self._devices: dict[str, Device] = plan.rig.devices(self._context)
        self._specs = streams_of(self._devices)
        protocol = plan.protocol.make(protocol_rng)
        where = str(plan.protocol.path)
        self._stimuli = ask_for_stimuli(protocol, where)
        # Before they are read to be played, so that a file that changes meanwhile is noticed.
        self._sound_files = sound_file_digests(plan.lab.folder, self._stimuli.sounds.values())
        there = placed(self._stimuli, plan.lab, plan.subject.id, plan.rig.name)
        load_stimuli(self._devices, there, where)
        check = graph_check(self._devices, sync_names(plan.rig.config.sync))
        self._source = TrialSource(protocol, check, self._stimuli.outputs)
        if self._resumes is not None:
            fast_forward(protocol, self._resumes).hand_to(self._source)

    def _make_clock(self) -> Clock:
        match self._clock_kind:
            case "system":
                return SystemClock()
            case "paced":
                return PacedClock(self._speed)
            case "virtual":
                return VirtualClock()

    def _make_loop(self) -> Loop:
        resumes = self._resumes
        return Loop(
            self._clock,
            self._inbox,
            self._context.room,
            self._devices,
            self._source,
            self._plan.protocol.config.session,
            self._recorder,
            self._watcher,
            Before(resumes.trial, resumes.water_ul) if resumes else ALONE,
            Sync(self._plan.rig.config.sync, (self._plan.seed, resumes.parts if resumes else 0)),
            () if isinstance(self._guard, NoGuard) else (self._guard,),
        )

    def _fault(self, error: BaseException) -> None:
        """Keep the traceback of an error in the session's folder, and record the error."""
        detail = "".join(traceback.format_exception(error))
        path = self.folder.path / TRACEBACK
        with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as file:
            file.write(detail)
        if not self._recorder.failed:
            self._loop.fault(error)


def _samples(device: Device) -> bool:
    """Whether a device writes what it gets to a disk."""
    return isinstance(device, AnalogInput | Camera)
