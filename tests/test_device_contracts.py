"""One contract for each kind of device; twins pass it, and so will every driver.

A driver is added to `BENCHES` with the bench that it can be tried on. A bench gives the device,
lets time pass, and stands for the world on the other end of the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware.digital_input import DigitalInputTwin
from hardware.digital_output import DigitalOutputTwin
from hardware.speaker import SpeakerTwin
from hardware.valve import ValveTwin
from rig.clock import VirtualClock
from rig.devices import Context, Device, DigitalInput, DigitalOutput, Speaker, Valve
from rig.errors import DeviceError
from rig.graph import Play, Pulse, TurnOff, TurnOn
from rig.inbox import Edge, Inbox, Report
from rig.lab import Lab
from rig.room import Mouse, MouseSettings, Room
from rig.sound import Chord, Silence, Sound

TONE = Sound((Chord((5000.0,), 0.5, 70.0),))
PIPS = Sound((Chord((4000.0,), 0.05, 73.0), Silence(0.375), Chord((4000.0,), 0.05, 73.0)))
LOUD = Sound((Chord((5000.0,), 0.5, 119.0),))
HIGH = Sound((Chord((90_000.0,), 0.5, 50.0),))


class Witness(Mouse):
    """A mouse that only notes what reaches it."""

    Settings = MouseSettings

    def __init__(self) -> None:
        self.heard: list[tuple[str, float]] = []
        self.drunk: list[tuple[float, float]] = []

    def enter(self, room: Room) -> None: ...

    def hear(self, sound: str, time: float) -> None:
        self.heard.append((sound, time))

    def drink(self, volume_ul: float, time: float) -> None:
        self.drunk.append((volume_ul, time))

    def memory(self) -> dict[str, object]:
        return {}


@dataclass
class Bench:
    """A device in virtual time, with everything that a test needs to see."""

    device: Device
    clock: VirtualClock
    inbox: Inbox
    room: Room
    witness: Witness

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and let the world do what is due in it."""
        end = self.clock.now() + seconds
        while (time := min(self.room.agenda.next_time, end)) < end:
            self.clock.receive(Inbox(), time)
            self.room.agenda.run_until(time)
        self.clock.receive(Inbox(), end)
        self.room.agenda.run_until(end)

    def messages(self) -> list[object]:
        """Take all messages out of the inbox."""
        found = []
        while (message := self.inbox.take()) is not None:
            found.append(message)
        return found


SETTINGS: dict[type[Device], dict[str, object]] = {
    DigitalInputTwin: {"line": "Dev1/port0/line1"},
    DigitalOutputTwin: {"line": "Dev1/port1/line0"},
    ValveTwin: {
        "line": "Dev1/ctr0",
        "calibration": "calibration/box1-valve.toml",
        "max_open_ms": 60,
    },
    SpeakerTwin: {
        "line": "Dev1/ao0",
        "rate_hz": 192_000,
        "calibration": "calibration/box1-speaker.toml",
    },
}
BENCHES = tuple(SETTINGS)


def make_bench(driver: type[Device], folder: Path) -> Bench:
    witness = Witness()
    clock, inbox, room = VirtualClock(), Inbox(), Room(witness)
    settings = driver.Settings.model_validate(SETTINGS[driver])
    device = driver("box", settings, Context(clock, inbox, room, folder))
    return Bench(device, clock, inbox, room, witness)


def of_kind(kind: type[Device]) -> list[type[Device]]:
    return [driver for driver in BENCHES if issubclass(driver, kind)]


@pytest.fixture
def bench(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Bench]:
    made = make_bench(request.param, lab.folder)
    made.device.open()
    yield made
    made.device.close()


every_device = pytest.mark.parametrize("bench", BENCHES, indirect=True)
every_input = pytest.mark.parametrize("bench", of_kind(DigitalInput), indirect=True)
every_output = pytest.mark.parametrize("bench", of_kind(DigitalOutput), indirect=True)
every_valve = pytest.mark.parametrize("bench", of_kind(Valve), indirect=True)
every_speaker = pytest.mark.parametrize("bench", of_kind(Speaker), indirect=True)


@every_device
def test_verbs_may_be_repeated_and_work_on_a_closed_device(bench: Bench) -> None:
    device = bench.device
    verbs: list[Callable[[], object]] = [device.off, device.check, device.close]
    for verb in (device.open, *verbs, *verbs, device.open, *verbs):
        verb()
        verb()
    assert bench.messages() == []


@every_device
def test_a_device_in_order_has_no_problems(bench: Bench) -> None:
    assert bench.device.check() == []


@every_device
def test_orders_of_other_kinds_are_refused_in_words(bench: Bench) -> None:
    orders = (Pulse("box", 5.0), Play("box", "tone"), TurnOn("box"), TurnOff("box"))
    reasons = [bench.device.refuse(order) for order in orders]
    refused = [reason for reason in reasons if reason]
    assert len(refused) >= 2
    assert all("cannot" in reason or "no sound" in reason for reason in refused)


@every_input
def test_an_input_reports_each_change_once_with_its_time(bench: Bench) -> None:
    assert isinstance(bench.device, DigitalInput)
    for level, time in ((True, 0.1), (True, 0.2), (False, 0.3), (True, 0.4)):
        bench.room.touch("box", level, time)
    expected = [Edge("box", True, 0.1), Edge("box", False, 0.3), Edge("box", True, 0.4)]
    assert bench.messages() == expected
    assert bench.device.level() is True


@every_input
def test_a_closed_input_is_silent(bench: Bench) -> None:
    bench.device.close()
    bench.room.touch("box", True, 0.1)
    assert bench.messages() == []


@every_output
def test_an_output_switches_and_off_makes_it_low(bench: Bench) -> None:
    assert isinstance(bench.device, DigitalOutput)
    bench.device.act(TurnOn("box"))
    bench.device.act(TurnOn("box"))
    assert bench.device.level() is True
    bench.device.act(TurnOff("box"))
    assert bench.device.level() is False
    bench.device.act(TurnOn("box"))
    bench.device.off()
    assert bench.device.level() is False


@every_output
def test_a_closed_output_cannot_be_switched_on(bench: Bench) -> None:
    assert isinstance(bench.device, DigitalOutput)
    bench.device.close()
    with pytest.raises(DeviceError):
        bench.device.act(TurnOn("box"))
    assert bench.device.level() is False


@every_valve
def test_a_drop_is_one_finite_opening_of_the_calibrated_length(bench: Bench) -> None:
    assert isinstance(bench.device, Valve)
    bench.device.act(Pulse("box", 5.0))
    assert bench.device.is_open()
    bench.pass_time(0.030)
    assert bench.device.is_open()
    bench.pass_time(0.010)
    assert not bench.device.is_open()
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert (report.device, report.what, report.volume_ul) == ("box", "opening", 5.0)
    assert report.requested == pytest.approx(0.0372, abs=0.0005)
    assert report.achieved == pytest.approx(report.requested, abs=1e-6)
    assert report.hardware_time == 0.0
    assert bench.witness.drunk == [(5.0, pytest.approx(report.achieved))]


@every_valve
def test_off_cuts_an_opening_short_and_reports_what_was_delivered(bench: Bench) -> None:
    assert isinstance(bench.device, Valve)
    bench.device.act(Pulse("box", 5.0))
    bench.pass_time(0.020)
    bench.device.off()
    assert not bench.device.is_open()
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert report.achieved == pytest.approx(0.020, abs=0.001)
    assert report.volume_ul == pytest.approx(2.6, abs=0.1)
    bench.pass_time(1.0)
    assert bench.messages() == []


@every_valve
@pytest.mark.parametrize(
    ("volume_ul", "reason"),
    [(0.5, "outside its calibration"), (50.0, "outside its calibration"), (9.5, "over its limit")],
)
def test_a_valve_refuses_what_it_cannot_promise(
    bench: Bench, volume_ul: float, reason: str
) -> None:
    assert isinstance(bench.device, Valve)
    assert reason in str(bench.device.refuse(Pulse("box", volume_ul)))
    with pytest.raises(DeviceError, match=reason):
        bench.device.deliver(volume_ul)
    assert not bench.device.is_open()


@every_valve
def test_a_valve_refuses_a_second_drop_while_it_is_open(bench: Bench) -> None:
    bench.device.act(Pulse("box", 5.0))
    with pytest.raises(DeviceError, match="still open"):
        bench.device.act(Pulse("box", 5.0))
    bench.pass_time(0.1)
    assert len(bench.messages()) == 1


@every_valve
def test_a_closed_valve_delivers_nothing(bench: Bench) -> None:
    bench.device.close()
    with pytest.raises(DeviceError):
        bench.device.act(Pulse("box", 5.0))
    assert bench.witness.drunk == []


@every_speaker
def test_a_sound_is_heard_at_once_and_reported_with_onset_and_length(bench: Bench) -> None:
    assert isinstance(bench.device, Speaker)
    bench.device.load({"pips": PIPS, "tone": TONE})
    assert bench.device.loaded() == {"pips", "tone"}
    bench.pass_time(0.25)
    bench.device.act(Play("box", "pips"))
    bench.pass_time(1.0)
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert (report.what, report.detail) == ("sound", "pips")
    assert report.hardware_time == pytest.approx(0.25, abs=0.002)
    assert report.achieved == pytest.approx(0.475, abs=1e-6)
    assert bench.witness.heard == [("pips", pytest.approx(0.25, abs=0.002))]


@every_speaker
def test_off_silences_and_reports_the_length_that_was_heard(bench: Bench) -> None:
    assert isinstance(bench.device, Speaker)
    bench.device.load({"tone": TONE})
    bench.device.act(Play("box", "tone"))
    bench.pass_time(0.1)
    bench.device.off()
    (report,) = bench.messages()
    assert isinstance(report, Report)
    assert report.requested == pytest.approx(0.5)
    assert report.achieved == pytest.approx(0.1, abs=0.006)
    bench.pass_time(1.0)
    assert bench.messages() == []


@every_speaker
def test_a_sound_takes_the_place_of_the_one_before(bench: Bench) -> None:
    assert isinstance(bench.device, Speaker)
    bench.device.load({"tone": TONE, "pips": PIPS})
    bench.device.act(Play("box", "tone"))
    bench.pass_time(0.2)
    bench.device.act(Play("box", "pips"))
    bench.pass_time(1.0)
    details = [(m.detail, m.achieved) for m in bench.messages() if isinstance(m, Report)]
    assert details == [("tone", pytest.approx(0.2, abs=0.006)), ("pips", pytest.approx(0.475))]


@every_speaker
@pytest.mark.parametrize(("sound", "reason"), [(LOUD, "dB SPL"), (HIGH, "outside")])
def test_a_speaker_refuses_what_it_cannot_play_true(
    bench: Bench, sound: Sound, reason: str
) -> None:
    assert isinstance(bench.device, Speaker)
    assert reason in str(bench.device.refuse_sound(sound))
    with pytest.raises(DeviceError, match=reason):
        bench.device.load({"wrong": sound})


@every_speaker
def test_an_unknown_sound_is_refused(bench: Bench) -> None:
    assert isinstance(bench.device, Speaker)
    bench.device.load({"tone": TONE})
    assert "no sound 'tune'" in str(bench.device.refuse(Play("box", "tune")))
    with pytest.raises(DeviceError):
        bench.device.play("tune")
