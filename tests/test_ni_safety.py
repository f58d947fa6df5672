"""Outputs of an NI card go off though the program that opened them hangs or has died."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from ni_bench import VALVE_LINE, NiBench
from ni_rig import SPEAKER, all_of, bench, waited_for
from ni_victim import LIGHT, VALVE

from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.ni.library import installed
from hardware.ni_digital_output import NiDigitalOutput
from hardware.ni_speaker import NiSpeaker
from hardware.ni_timed_output import NiTimedOutput
from hardware.ni_valve import NiValve
from rig.devices import Device, DigitalOutput, Valve
from rig.errors import DeviceError
from rig.inbox import Failure
from rig.lab import Lab
from rig.sound import Chord, Sound

pytestmark = pytest.mark.realtime

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 1.5
"""Seconds of the watchdog in these tests: longer than on a rig, for other tests run beside."""
OUTPUTS = (LIGHT["line"], VALVE_LINE)


@pytest.fixture(scope="module")
def with_watchdog() -> Iterator[EmulatedCard]:
    with EmulatedCard("pcie_6321") as card:
        yield card


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardware.ni.watchdog.TIMEOUT", TIMEOUT)


@contextmanager
def victim(lab: Lab, card: EmulatedCard) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program that opens the outputs, and is killed at the end at the latest."""
    command = [sys.executable, str(ROOT / "tests/ni_victim.py"), card.address, str(lab.folder)]
    command.append(str(TIMEOUT))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=ROOT
    ) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline().strip() == b"on"
            yield program
        finally:
            program.kill()


def levels(card: EmulatedCard) -> list[bool]:
    """Return whether each output is on now; one that never changed is not."""
    return [bool(edges) and edges[-1][1] for edges in map(card.history, OUTPUTS)]


def driver_of(lab: Lab, card: EmulatedCard, driver: type[Device]) -> NiBench:
    return bench(driver, dict(LIGHT if driver is NiDigitalOutput else VALVE), lab, card)


def test_outputs_that_a_program_holds_are_taken_away_while_it_hangs_and_after_its_death(
    emulated_card: EmulatedCard, lab: Lab
) -> None:
    light = driver_of(lab, emulated_card, NiDigitalOutput).device
    valve = driver_of(lab, emulated_card, NiValve).device
    with victim(lab, emulated_card) as program:
        assert levels(emulated_card) == [True, True]
        with pytest.raises(DeviceError, match="in use already"):
            valve.off()
        light.force_off()
        assert levels(emulated_card) == [False, False], "a reset ends all that was held"
        valve.force_off()
    with victim(lab, emulated_card) as program:
        program.kill()
        program.wait()
        time.sleep(0.2)
        assert levels(emulated_card) == [True, True], "the server keeps what its client held"
        with pytest.raises(DeviceError, match="in use already"):
            light.open()
        valve.force_off()
        light.force_off()
        assert levels(emulated_card) == [False, False]
    light.open()
    light.close()


@pytest.mark.parametrize("way", ["server", "library"])
def test_a_sound_that_another_program_plays_is_silenced(
    way: str, emulated_card: EmulatedCard, lab: Lab
) -> None:
    playing = bench(NiSpeaker, dict(SPEAKER), lab, emulated_card)
    assert isinstance(playing.device, NiSpeaker)
    playing.device.load({"tone": Sound((Chord((4000.0,), 2.0, 73.0),))})
    playing.device.open()
    playing.device.present("tone")
    with installed(emulated_card.address) if way == "library" else nullcontext():
        address = emulated_card.address if way == "server" else ""
        bench(NiSpeaker, dict(SPEAKER), lab, emulated_card, address).device.force_off()
    assert not any(emulated_card.volts("Dev1/ao0", time.monotonic() - 1e-3, 1e6, 900))
    assert "the card was reset while the session used it" in waited_for(playing, Failure).what
    playing.device.close()


@pytest.mark.parametrize(
    ("driver", "settings"),
    [
        (NiDigitalOutput, dict(LIGHT)),
        (NiTimedOutput, {"line": "Dev1/ctr1"}),
        (NiValve, dict(VALVE)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_output_goes_off_though_the_card_was_reset_meanwhile(
    driver: type[Device], settings: dict[str, object], emulated_card: EmulatedCard, lab: Lab
) -> None:
    device = bench(driver, settings, lab, emulated_card).device
    device.open()
    if isinstance(device, DigitalOutput):
        device.switch_on()
    elif isinstance(device, Valve):
        device.flush(5.0)
    bench(driver, settings, lab, emulated_card).device.force_off()
    device.off()
    device.force_off()
    device.close()
    device.open()
    device.close()
    assert levels(emulated_card) == [False, False]


def test_a_vacuum_that_nobody_switches_off_ends_by_itself(
    emulated_card: EmulatedCard, lab: Lab
) -> None:
    made = bench(NiTimedOutput, {"line": "Dev1/ctr1", "longest": 0.4}, lab, emulated_card)
    vacuum = made.device
    assert isinstance(vacuum, NiTimedOutput)
    vacuum.open()
    since = time.monotonic()
    vacuum.switch_on()
    time.sleep(0.05)
    vacuum.switch_off()
    vacuum.switch_on()
    time.sleep(0.6)
    assert vacuum.level() is False
    times = [at for at, _ in emulated_card.history("Dev1/PFI13", since)]
    short, whole = times[1] - times[0], times[3] - times[2]
    assert 0.05 <= short < 0.4
    assert whole == pytest.approx(0.4, abs=1e-6)
    vacuum.close()


def test_a_card_with_a_watchdog_closes_its_outputs_when_the_program_dies(
    with_watchdog: EmulatedCard, lab: Lab
) -> None:
    with victim(lab, with_watchdog) as program:
        time.sleep(1.5 * TIMEOUT)
        assert levels(with_watchdog) == [True, True], "it is kicked while the program lives"
        died = time.monotonic()
        program.kill()
        program.wait()
        time.sleep(TIMEOUT + 0.2)
        for line in OUTPUTS:
            low, level = with_watchdog.history(line)[-1]
            assert level is False
            assert 0 < low - died < TIMEOUT + 0.2
    light = driver_of(lab, with_watchdog, NiDigitalOutput).device
    light.force_off()
    assert isinstance(light, NiDigitalOutput)
    light.open()
    try:
        light.switch_on()
        assert levels(with_watchdog) == [True, False], "it takes orders again"
    finally:
        light.close()


@pytest.mark.parametrize("way", ["server", "library"])
def test_a_watchdog_that_expires_is_told_and_the_outputs_can_be_opened_again(
    way: str, with_watchdog: EmulatedCard, lab: Lab
) -> None:
    with installed(with_watchdog.address) if way == "library" else nullcontext():
        address = with_watchdog.address if way == "server" else ""
        made = bench(NiDigitalOutput, dict(LIGHT), lab, with_watchdog, address)
        light = made.device
        assert isinstance(light, NiDigitalOutput)
        light.open()
        light.switch_on()
        with_watchdog.slow(1.2 * TIMEOUT)
        failure = all_of(made, Failure, 8.0)[0]
        with_watchdog.slow(0.0)
        assert "the card's watchdog closed the outputs" in failure.what
        assert levels(with_watchdog)[0] is False
        light.switch_on()
        assert levels(with_watchdog)[0] is False, "what has expired takes no orders"
        light.off()
        light.close()
        light.open()
        light.switch_on()
        time.sleep(1.1 * TIMEOUT)
        assert levels(with_watchdog)[0] is True
        light.close()
        assert levels(with_watchdog)[0] is False
        assert not [each for each in made.messages() if isinstance(each, Failure)]
