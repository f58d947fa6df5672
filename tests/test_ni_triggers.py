"""Sounds and drops that begin at an edge which the card itself sees, and how a cut sound ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import pytest
from ni_bench import NiBench
from ni_rig import SAMPLE, SPEAKER, VALVE, bench, in_order, waited_for

from hardware.emulators.ni.client import EmulatedCard
from hardware.emulators.ni.library import installed
from hardware.ni_speaker import NiSpeaker
from hardware.ni_valve import NiValve
from rig.inbox import Failure, Report
from rig.lab import Lab
from rig.sound import Chord, Sound

pytestmark = pytest.mark.realtime

TONE = Sound((Chord((10_000.0,), 0.1, 73.0),))
LONG = Sound((Chord((4000.0,), 2.0, 73.0),))
TRIGGER = {"trigger": "/Dev1/PFI0"}
ONSET = "Dev1/port0/line6"


@pytest.fixture(scope="module")
def wired() -> Iterator[EmulatedCard]:
    """Start a card whose onset line is wired to the trigger terminal, and to an input."""
    with EmulatedCard() as card:
        card.wire("Dev1/PFI12", "Dev1/port0/line7")
        card.wire(ONSET, "Dev1/PFI0")
        yield card


@contextmanager
def opened(
    driver: type[NiSpeaker] | type[NiValve],
    settings: dict[str, Any],
    lab: Lab,
    card: EmulatedCard,
    way: str = "server",
) -> Iterator[NiBench]:
    with installed(card.address) if way == "library" else nullcontext():
        address = card.address if way == "server" else ""
        made = bench(driver, settings, lab, card, address)
        assert in_order(made.device) == ""
        made.device.open()
        try:
            yield made
        finally:
            made.device.close()


def pulsed(made: NiBench, card: EmulatedCard) -> float:
    """Give an edge on the onset line; return when, by the session's clock."""
    return made.session_time(card.pulse(ONSET, 0.01))


@pytest.mark.parametrize("read_back", ["", ONSET])
@pytest.mark.parametrize("way", ["server", "library"])
def test_a_sound_waits_for_its_trigger_and_begins_at_its_edge(
    way: str, read_back: str, wired: EmulatedCard, lab: Lab
) -> None:
    settings = {**SPEAKER, **TRIGGER, "read_back": read_back}
    with opened(NiSpeaker, settings, lab, wired, way) as made:
        speaker = made.device
        assert isinstance(speaker, NiSpeaker)
        speaker.load({"tone": TONE})
        speaker.present("tone")
        made.pass_time(0.03)
        assert made.messages() == []
        edge = wired.pulse(ONSET, 0.01)
        report = waited_for(made, Report)
        sounding = np.flatnonzero(wired.volts("Dev1/ao0", edge - 0.02, 1e6, 160_000)) * 1e-6
        assert sounding[[0, -1]] == pytest.approx([0.02, 0.12], abs=2e-4), (
            "gates are quiet at first"
        )
        exact = 0.01 if read_back else 0.25
        assert report.hardware_time == pytest.approx(made.session_time(edge), abs=exact)
        assert (report.detail, report.achieved) == ("tone", pytest.approx(0.1))


@pytest.mark.parametrize("read_back", ["", "Dev1/port0/line7"])
@pytest.mark.parametrize("way", ["server", "library"])
def test_an_armed_drop_falls_its_delay_after_the_trigger(
    way: str, read_back: str, wired: EmulatedCard, lab: Lab
) -> None:
    settings = {**VALVE, **TRIGGER, "read_back": read_back}
    with opened(NiValve, settings, lab, wired, way) as made:
        valve = made.device
        assert isinstance(valve, NiValve)
        valve.deliver(2.0, delay=0.2)
        made.pass_time(0.03)
        assert valve.is_busy()
        edge = pulsed(made, wired)
        report = waited_for(made, Report)
        ((begin, end),) = made.openings()
        assert begin == pytest.approx(edge + 0.2, abs=1e-6), "to the tick of the counter"
        assert end - begin == pytest.approx(report.requested, abs=1e-6)
        assert report.hardware_time == pytest.approx(begin, abs=0.01 if read_back else 0.25)
        assert report.achieved == pytest.approx(report.requested, abs=1.01 * SAMPLE)
        valve.deliver(2.0)
        report = waited_for(made, Report)
        assert made.openings()[-1][0] == pytest.approx(report.hardware_time, abs=0.25)
        assert len(made.openings()) == 2, "a drop that is not armed waits for no trigger"


def test_without_a_trigger_the_delay_begins_with_the_order(wired: EmulatedCard, lab: Lab) -> None:
    with opened(NiValve, VALVE, lab, wired) as made:
        assert isinstance(made.device, NiValve)
        ordered = made.now()
        made.device.deliver(2.0, delay=0.15)
        obeyed = made.now()
        report = waited_for(made, Report)
        ((begin, _),) = made.openings()
        assert ordered <= begin - 0.15 <= obeyed
        assert report.hardware_time == pytest.approx(begin, abs=0.01)


def arm_drop(made: NiBench) -> None:
    assert isinstance(made.device, NiValve)
    made.device.deliver(2.0, delay=0.05)


def arm_sound(made: NiBench) -> None:
    assert isinstance(made.device, NiSpeaker)
    made.device.load({"tone": TONE})
    made.device.present("tone")


ARMED = [(NiValve, {**VALVE, **TRIGGER}, arm_drop), (NiSpeaker, {**SPEAKER, **TRIGGER}, arm_sound)]


@pytest.mark.parametrize(("driver", "settings", "arm"), ARMED)
def test_off_disarms_and_nothing_is_reported(
    driver: type[NiValve], settings: dict[str, Any], arm: Callable[[NiBench], None],
    wired: EmulatedCard, lab: Lab,
) -> None:  # fmt: skip
    with opened(driver, settings, lab, wired) as made:
        arm(made)
        made.device.off()
        pulsed(made, wired)
        made.pass_time(0.15)
        assert made.messages() == []
        assert made.openings() == []
        assert not any(wired.volts("Dev1/ao0", time.monotonic() - 0.1, 1e4, 1000))
        arm(made)
        pulsed(made, wired)
        waited_for(made, Report)


@pytest.mark.parametrize(("driver", "settings", "arm"), ARMED)
def test_a_trigger_that_does_not_come_is_told_and_waited_for_no_more(
    driver: type[NiValve], settings: dict[str, Any], arm: Callable[[NiBench], None],
    wired: EmulatedCard, lab: Lab,
) -> None:  # fmt: skip
    with opened(driver, settings, lab, wired) as made:
        arm(made)
        failure = waited_for(made, Failure)
        assert failure.what == "no edge came at '/Dev1/PFI0' within 2 s of the order"
        pulsed(made, wired)
        made.pass_time(0.1)
        assert made.messages() == []
        assert made.openings() == []


def test_a_read_back_that_does_not_show_the_trigger_is_told(wired: EmulatedCard, lab: Lab) -> None:
    settings = {**SPEAKER, **TRIGGER, "read_back": "Dev1/port0/line5"}
    with opened(NiSpeaker, settings, lab, wired) as made:
        arm_sound(made)
        pulsed(made, wired)
        assert "did not show the trigger" in waited_for(made, Failure).what


def test_a_trigger_that_the_card_does_not_have_is_told(wired: EmulatedCard, lab: Lab) -> None:
    for driver, settings, _ in ARMED:
        made = bench(driver, {**settings, "trigger": "/Dev1/PFI77"}, lab, wired)
        assert "no such line" in in_order(made.device)
    with pytest.raises(ValueError, match="name the trigger, too"):
        NiSpeaker.Settings.model_validate({**SPEAKER, "read_back": ONSET})


@pytest.mark.parametrize("way", ["server", "library"])
def test_a_sound_that_is_cut_falls_to_zero_without_a_step(
    way: str, wired: EmulatedCard, lab: Lab
) -> None:
    with opened(NiSpeaker, dict(SPEAKER), lab, wired, way) as made:
        speaker = made.device
        assert isinstance(speaker, NiSpeaker)
        speaker.load({"tone": LONG})
        since = time.monotonic()
        for _ in range(4):  # the voltage at which the sound is cut is another one each time
            speaker.present("tone")
            made.pass_time(0.05)
            speaker.off()
        rate_hz = SPEAKER["rate_hz"]
        count = int((time.monotonic() - since) * rate_hz)
        volts = np.array(wired.volts("Dev1/ao0", since, rate_hz, count))
    top = np.abs(volts).max()
    steepest = top * 2 * np.pi * 4000 / rate_hz
    assert np.abs(np.diff(volts)).max() < 1.1 * steepest, "no sample jumps more than the tone does"
    assert volts[-1] == 0.0
    assert {report.detail for report in made.messages() if isinstance(report, Report)} == {"tone"}
