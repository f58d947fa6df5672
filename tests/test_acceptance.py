"""The acceptance test of a rig, made on an emulated NI card: what passes, fails, does not apply."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Done
from looped_rig import put_rig
from ni_bench import VALVE_LINE

from calibration.gains import REFERENCE_PA
from calibration.valve import ValveCalibration
from hardware.acceptance.cameras import moved
from hardware.acceptance.checks import CHECKS, make_all
from hardware.acceptance.histograms import limits_of, shown, values_of
from hardware.acceptance.lights import lags
from hardware.acceptance.place import Place
from hardware.acceptance.record import PICTURE, read
from hardware.acceptance.results import Result, Value, judged
from hardware.acceptance.sounds import tone_values
from hardware.emulators.ni.card_wires import CardWires
from rig.errors import ExitCode
from rig.lab import Lab
from rig.rig_plan import plan_rig


@pytest.fixture
def card(lab: Lab, emulated_card: CardWires) -> CardWires:
    """Return an emulated card that the rig `ni` of the lab is on; what it plays, it hears."""
    put_rig(lab, emulated_card)
    return emulated_card


def place(lab: Lab, pulses: int, weigh: Callable[[], float] | None = None) -> Place:
    plan = plan_rig(lab, lab.folder / "rigs/ni.toml", simulate=False)
    return Place(lab, plan, pulses, weigh)


def by_check(results: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {result["check"]: result for result in results}


def measured(result: dict[str, Any], what: str) -> float:
    return float(next(each["measured"] for each in result["values"] if each["what"] == what))


@pytest.mark.usefixtures("card")
def test_a_rig_is_measured_and_what_it_lacks_is_said(
    lab: Lab, command: Callable[..., Done]
) -> None:
    done = command("acceptance", "ni", "--pulses", "5", "--json")
    told = json.loads(done.out)
    results = by_check(told["results"])
    assert list(results) == list(CHECKS)
    assert {name: each["words"] for name, each in results.items() if not each["values"]} == {
        "drops": "there is no balance: name it by --balance, or type the weights",
        "photodiode": "the rig has no display",
        "registration": "the rig has no camera",
    }
    assert results["sound-rate"]["verdict"] == "pass", results["sound-rate"]
    assert results["microphone"]["verdict"] == "pass", results["microphone"]
    assert len(results["latency"]["series"]["latency (ms)"]) == 5
    assert measured(results["latency"], "largest error of length") <= 0.2
    assert measured(results["killed-pulse"], "width") == pytest.approx(300, abs=0.2)
    kept = read(Path(told["folder"]))
    assert kept.rig == "ni"
    assert [each.check for each in kept.results] == list(CHECKS)
    assert (Path(told["folder"]) / PICTURE).read_bytes().startswith(b"\x89PNG")
    assert command("try", "ni", "--device", "valve").code == ExitCode.OK, "it is free again"


def test_the_picture_leaves_outliers_out_and_marks_the_limit_of_each_series() -> None:
    late_ms = [1.0, 1.1, 1.2, 1.3, 1.4] * 20 + [31.0]
    values = (
        Value("median latency", "ms", 1.2, 0.0, 5.0),
        Value("longest latency", "ms", 31.0, 0.0, 20.0),
        Value("largest error of length", "ms", 0.1, 0.0, 0.2),
    )
    result = judged("latency", "valve", "", values)
    own = values_of(result, "latency (ms)")
    assert own == list(values[:2])
    assert limits_of(own, "latency (ms)") == [5.0, 20.0]
    assert shown(np.array(late_ms), [5.0, 20.0]) == (1.0, 5.0)
    assert limits_of(values[2:], "error of length (ms)") == [-0.2, 0.2]


def test_a_wire_that_is_loose_fails(
    lab: Lab, card: CardWires, edit: Callable[[str, str, str], None], command: Callable[..., Done]
) -> None:
    edit("rigs/ni.toml", "port0/line7", "port0/line6")
    done = command("acceptance", "ni", "--only", "latency", "--pulses", "3")
    assert done.code == ExitCode.HARDWARE
    assert "its read-back line did not show it" in " ".join(done.out.split())
    assert "0 pass, 1 fail, 0 not applicable" in done.out


def test_a_simulated_rig_passes_nothing(lab: Lab, command: Callable[..., Done]) -> None:
    done = command("acceptance", "box1", "--json")
    results = json.loads(done.out)["results"]
    assert done.code == ExitCode.HARDWARE
    assert {result["verdict"] for result in results} == {"not applicable"}
    assert by_check(results)["latency"]["words"] == "'valve' is simulated"


def test_a_check_that_there_is_not_is_named(command: Callable[..., Done]) -> None:
    done = command("acceptance", "box1", "--only", "drips")
    assert done.code == ExitCode.CHECK_FAILED
    assert "Name one of: latency, drops" in done.err


@pytest.mark.parametrize(("share", "verdict"), [(1.0, "pass"), (0.9, "fail")])
def test_drops_are_weighed(lab: Lab, card: CardWires, share: float, verdict: str) -> None:
    """The dish holds what the counter's output let through, or less: the spout is clogged."""
    valve = ValveCalibration(lab.folder, "calibration/box1-valve.toml")

    def weigh() -> float:
        times = [time for time, _ in card.history(VALVE_LINE)]
        lengths = [end - begin for begin, end in zip(times[::2], times[1::2], strict=True)]
        return share * sum(map(valve.volume_ul, lengths))

    (result,) = make_all(place(lab, 3, weigh), ["drops"], lambda what: None)
    assert (result.verdict, result.device) == (verdict, "valve"), result


def test_the_light_after_each_onset_is_found() -> None:
    """The patch turns at each onset, to white and to black, 20 ms late; once it does not."""
    times = np.arange(0, 4, 1e-4)
    onsets = np.array([0.5, 1.0, 1.5, 2.0, 2.5])
    level = np.searchsorted(onsets[:4] + 0.02, times, side="right") % 2
    volts = 0.2 + 0.5 * level + np.random.default_rng(1).normal(0, 0.01, len(times))
    assert lags(times, volts, onsets) == pytest.approx([0.02] * 4, abs=2e-4)
    assert len(lags(times, np.full(len(times), 0.2), onsets)) == 0


def test_two_pictures_of_one_place_are_registered() -> None:
    rng = np.random.default_rng(1)
    rough = rng.normal(128, 40, (130, 170))
    smooth = np.fft.ifft2(np.fft.fft2(rough) * np.exp(-np.add.outer(
        (np.fft.fftfreq(130) * 20) ** 2, (np.fft.fftfreq(170) * 20) ** 2))).real  # fmt: skip
    first, second = (smooth[5:125, 5:165], smooth[7:127, 6:166])
    shift, turn, likeness = moved(first.astype(np.float32), second.astype(np.float32))
    assert shift == pytest.approx(np.hypot(2, 1), abs=0.1)
    assert turn == pytest.approx(0, abs=1)
    assert likeness > 0.9
    nothing = np.zeros((120, 160), np.float32)
    assert moved(nothing, nothing) == (None, None, 0.0)


@pytest.mark.parametrize(
    ("factor", "third", "wrong"),
    [(1.0, 0.0, set()), (2.0, 0.0, {"level"}), (1.0, 0.05, {"harmonics"})],
)
def test_a_tone_is_judged_by_level_frequency_and_harmonics(
    factor: float, third: float, wrong: set[str]
) -> None:
    times = np.arange(4000) / 10_000
    tone = np.sin(2 * np.pi * 1000 * times) + third * np.sin(2 * np.pi * 3000 * times)
    pascals = factor * REFERENCE_PA * 10 ** (70 / 20) * np.sqrt(2) * tone
    values = tone_values(pascals, 10_000, 1000, 70)
    assert {each.what.split()[0] for each in values if not each.is_kept()} == wrong
    (other,) = [each for each in tone_values(pascals, 10_016, 1000, 70) if "freq" in each.what]
    assert not other.is_kept(), "192307 Hz taken for 192000"
    assert other.measured == pytest.approx(1001.6, abs=0.1)


def test_what_was_not_measured_does_not_pass() -> None:
    assert judged("latency", "valve", "nothing", ()).verdict == "fail"
    lost = judged("latency", "valve", "", (Value("lag", "ms", None, 0.0, 1.0),))
    assert isinstance(lost, Result)
    assert lost.verdict == "fail"
