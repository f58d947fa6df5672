"""A syringe pump at a serial port: its volumes, its watchdog, its alarms, and damage on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serial_bench import PUMP, SYRINGE, SerialBench, eventually, lickometer, pump

from calibration.syringe import SyringeCalibration
from hardware.emulators.serial.ne1000 import PumpEmulator
from hardware.serial.pump_protocol import number, pack, unpack
from hardware.syringe_pump import SyringePump
from rig.calibration_age import ages
from rig.clock import SystemClock
from rig.errors import CheckFailed, ConfigError, DeviceError
from rig.graph import Pulse
from rig.inbox import Failure, Inbox, Report

Make = Callable[..., SerialBench]


def let_it_wait_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a driver that gets no reply give up soon."""
    monkeypatch.setattr("hardware.serial.pump_protocol.REPLY_PATIENCE", 0.1)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Return a function that puts a pump and its driver on a bench; it opens nothing."""
    made: list[SerialBench] = []

    def on_bench(emulator: object = pump, **more: object) -> SerialBench:
        clock = more.pop("clock", None)
        made.append(SerialBench(SyringePump, PUMP | more, tmp_path, emulator, clock))
        return made[-1]

    yield on_bench
    for bench in made:
        bench.close()


@pytest.fixture
def opened(make: Make) -> SerialBench:
    bench = make()
    bench.device.open()
    return bench


def reports(bench: SerialBench) -> list[Report]:
    return [message for message in bench.messages() if isinstance(message, Report)]


def failures(bench: SerialBench) -> list[Failure]:
    return [message for message in bench.messages() if isinstance(message, Failure)]


def test_drops_of_several_volumes_come_as_they_were_ordered(opened: SerialBench) -> None:
    for volume_ul in (5.0, 5.0, 2.5, 8.0):
        opened.device.act(Pulse("box", volume_ul))
        opened.pass_time(0.1)
    assert [each.volume_ul for each in reports(opened)] == [5.0, 5.0, 2.5, 8.0]
    assert [volume for volume, _ in opened.drunk()] == [5.0, 5.0, 2.5, 8.0]
    assert opened.emulator.diameter_mm == 14.5


def test_a_drop_that_is_cut_short_does_not_go_on_with_the_next_one(opened: SerialBench) -> None:
    """The first order to stop lets the pump only pause."""
    opened.device.act(Pulse("box", 5.0))
    opened.pass_time(0.02)
    opened.device.off()
    opened.device.act(Pulse("box", 5.0))
    opened.pass_time(0.1)
    first, second = reports(opened)
    assert first.volume_ul == pytest.approx(2.688, abs=0.001)
    assert second.volume_ul == 5.0


@pytest.mark.parametrize("damage", ["corrupt", "truncate", "lose"])
def test_no_damaged_reply_costs_a_drop_or_makes_two(opened: SerialBench, damage: str) -> None:
    hurt = {
        "corrupt": opened.line.corrupt,
        "truncate": opened.line.truncate,
        "lose": opened.line.lose,
    }[damage]
    opened.settle()
    hurt()
    opened.device.act(Pulse("box", 5.0))
    opened.pass_time(0.1)
    hurt()
    opened.pass_time(0.1)
    assert [each.volume_ul for each in reports(opened)] == [5.0]
    assert [volume for volume, _ in opened.drunk()] == [5.0]


def test_a_late_reply_is_not_taken_for_the_reply_to_something_else(opened: SerialBench) -> None:
    opened.line.delay(0.35)
    opened.settle()
    opened.line.delay(0.0)
    opened.device.act(Pulse("box", 5.0))
    opened.pass_time(0.1)
    assert [each.volume_ul for each in reports(opened)] == [5.0]


def test_a_pump_that_answers_no_more_is_told_of(
    opened: SerialBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_it_wait_briefly(monkeypatch)
    opened.line.lose(1000)
    assert eventually(lambda: not opened.inbox.is_empty())
    assert "the pump did not answer" in failures(opened)[0].what
    monkeypatch.undo()
    opened.line.mend()


def test_the_pump_stops_when_the_program_hangs(make: Make) -> None:
    bench = make(clock=SystemClock(), rate_ml_min=0.5)
    bench.device.open()
    bench.device.flush(30.0)
    assert eventually(bench.emulator.is_pumping)
    vars(bench.device)["_link"]._jobs.put(lambda: eventually(lambda: False, 1.5))  # it hangs
    assert eventually(lambda: not bench.emulator.is_pumping(), 1.4)
    assert eventually(lambda: not bench.inbox.is_empty())
    assert failures(bench)[0].what == (
        "the pump tells of an alarm: it has heard nothing for too long and stopped"
    )


def test_a_stalled_motor_is_told_of_with_what_to_do(opened: SerialBench) -> None:
    opened.device.act(Pulse("box", 5.0))
    opened.emulator.stall()
    assert eventually(lambda: not opened.inbox.is_empty())
    (failure,) = [each for each in opened.messages() if isinstance(each, Failure)]
    assert failure.what == "the pump tells of an alarm: its motor has stalled"
    assert "something blocks them" in failure.do


def test_a_pump_in_alarm_can_be_turned_off(opened: SerialBench) -> None:
    opened.settle()
    opened.emulator.stall()
    opened.device.off()
    opened.device.close()


def test_a_run_that_somebody_stops_at_the_keys_is_reported_as_short(opened: SerialBench) -> None:
    opened.device.act(Pulse("box", 5.0))
    opened.clock.receive(Inbox(), 0.02)
    opened.emulator.press_stop()
    assert eventually(lambda: not opened.inbox.is_empty())
    (report,) = reports(opened)
    assert report.volume_ul == pytest.approx(2.688, abs=0.001)


def test_a_pump_that_is_unplugged_in_a_drop_reports_it_when_it_is_back(opened: SerialBench) -> None:
    opened.device.act(Pulse("box", 5.0))
    opened.socket.unplug(opened.line)
    assert eventually(lambda: not opened.inbox.is_empty())
    assert "it was unplugged" in failures(opened)[0].what
    with pytest.raises(DeviceError, match="cannot be told to stop") as found:
        opened.device.off()
    assert "stops by itself" in found.value.do
    opened.clock.receive(Inbox(), 0.1)
    opened.socket.plug(opened.line)
    assert eventually(lambda: not opened.device.is_busy())
    assert [each.volume_ul for each in reports(opened)] == [5.0]
    opened.device.act(Pulse("box", 2.0))


def test_a_pump_that_a_killed_program_left_in_safe_mode_is_opened(make: Make) -> None:
    bench = make()
    bench.emulator.receive(b"SAF1\r")
    bench.device.open()
    bench.device.act(Pulse("box", 5.0))
    bench.pass_time(0.1)
    assert len(reports(bench)) == 1


def test_a_closed_pump_is_in_its_basic_mode_and_raises_no_alarm(opened: SerialBench) -> None:
    opened.device.close()
    assert eventually(lambda: opened.emulator.receive(b"VER\r") == [b"\x0200SNE1000V3.928\x03"])


def test_something_else_at_the_plug_is_refused_in_words(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(DeviceError, match="no syringe pump answ"):
        let_it_wait_briefly(patch)
        make(emulator=lickometer).device.open()
    with pytest.raises(DeviceError, match="no pump that is known: 'XY12'"):
        make(emulator=lambda now: PumpEmulator(now, "XY12")).device.open()


def test_a_rate_that_the_syringe_cannot_have_is_refused_in_words(make: Make) -> None:
    with pytest.raises(DeviceError, match=r"does not obey 'RAT20.00MM': a number is out of range"):
        make(rate_ml_min=20).device.open()
    with pytest.raises(ConfigError, match="too small"):
        make(rate_ml_min=0.0001)


def test_a_flush_of_more_than_the_pump_can_count_is_refused(make: Make) -> None:
    bench = make(rate_ml_min=25)
    assert "12500 uL, over 9999 uL" in str(bench.device.refuse_flush(30.0))
    assert bench.device.refuse_flush(10.0) is None


def test_a_syringe_whose_drops_weigh_too_little_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "syringe.toml"
    path.write_text(SYRINGE.replace("weighed_ul = 5.02", "weighed_ul = 4.1"), encoding="utf-8")
    with pytest.raises(CheckFailed, match=r"4.1 uL came where 5 uL were ordered"):
        SyringeCalibration(tmp_path, "syringe.toml")


def test_the_age_of_the_syringe_s_calibration_is_known(make: Make) -> None:
    from datetime import date

    (age,) = ages({"pump": make().device}, date(2026, 11, 12))
    assert age.days == 10


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (9.99951, "10.00"), (99.96, "99.96"), (999.96, "1000"), (9999.4, "9999")],
)
def test_numbers_have_four_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_a_number_of_five_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="four digits"):
        number(10_000)


def test_packets_are_found_behind_damage() -> None:
    text, rest = unpack(b"\x02\x08SA" + pack("00S")[1:] + pack("00I") + b"\x02")
    assert (text, rest) == ("00I", b"\x02")
