"""A valve is calibrated by weighed drops: on simulated, and on emulated hardware."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from conftest import Done
from serial_bench import NUMBER, plugged
from weighing_bench import NI, Dish

from benchmarks.valve_calibration import coverage
from calibration.store import RECORDS
from calibration.valve import ValveCalibration, ValveFile, ValvePoint
from calibration.valve_fit import fit_valve
from hardware.calibrating.simulated import (
    TRUTH_UL_PER_MS,
    dish,
    simulated_line,
)
from hardware.calibrating.valve import LEAK_WAIT, Openings, weigh_points
from hardware.emulators.ni.card_wires import CardWires
from hardware.valve import ValveTwin
from hardware.weighing import balance_of
from rig.bench import Bench, opened
from rig.calibration_checks import SPOT_CHECKS
from rig.calibrations import InForce
from rig.clock import VirtualClock
from rig.errors import CheckFailed, DeviceError, ExitCode
from rig.lab import Lab
from rig.person import Terminal
from rig.rig_plan import plan_rig

TIMES_MS = np.array(Openings.open_ms)


def test_the_interval_holds_the_truth_in_95_percent_of_calibrations() -> None:
    """1 000 valves with drops that scatter, on a balance of 1 mg."""
    held = coverage(calibrations=1000, seed=5)
    assert len(held) == 4
    assert all(0.93 <= share <= 0.97 for share in held.values()), held


def test_a_fit_is_the_weighted_line_and_tells_its_interval() -> None:
    volumes = np.array([1.18, 2.61, 5.37, 8.22, 10.95])
    points = [
        ValvePoint(open_ms=float(t), volume_ul=float(v), drops=100)
        for t, v in zip(TIMES_MS, volumes, strict=True)
    ]
    fit = fit_valve(points, "test")
    rounding = (0.01 / 0.998) ** 2 / 12 * (2 * np.eye(5) - np.eye(5, k=1) - np.eye(5, k=-1))
    expected = np.diag((0.003 * volumes) ** 2) + rounding
    rows = np.column_stack([np.ones(5), TIMES_MS])
    inverse = np.linalg.inv(expected)
    offset, slope = np.linalg.inv(rows.T @ inverse @ rows) @ rows.T @ inverse @ volumes
    assert (fit.slope_ul_per_ms, fit.offset_ul) == pytest.approx((slope, offset))
    assert fit.slope_interval[0] < slope < fit.slope_interval[1]
    assert fit.residuals == pytest.approx(tuple(volumes / (offset + slope * TIMES_MS) - 1))


def test_points_on_a_line_by_chance_are_known_no_better_than_the_balance() -> None:
    points = [
        ValvePoint(open_ms=t, volume_ul=0.1 * t, drops=10, weight_mg=t) for t in (30.0, 50.0, 80.0)
    ]
    low, high = fit_valve(points, "test").slope_interval
    assert high - low > 0.1 / 80


@pytest.mark.parametrize(
    ("volumes", "what"),
    [
        ([5.0, 5.0, 5.0, 5.0, 5.0], "no larger drops"),
        ([1.2, 2.6, 3.0, 8.2, 10.9], "from the line"),
        ([9.0, 7.0, 5.0, 3.0, 1.0], "no larger drops"),
    ],
)
def test_points_on_no_line_are_refused(volumes: list[float], what: str) -> None:
    points = [
        ValvePoint(open_ms=float(t), volume_ul=v) for t, v in zip(TIMES_MS, volumes, strict=True)
    ]
    with pytest.raises(CheckFailed, match=what):
        fit_valve(points, "test")
    with pytest.raises(CheckFailed, match="fewer than 3"):
        fit_valve(points[:1] * 4, "test")


@pytest.fixture
def twin(lab: Lab) -> Iterator[tuple[ValveTwin, Bench]]:
    bench = Bench(VirtualClock())
    settings = ValveTwin.Settings.model_validate(
        {"line": "x", "calibration": "calibration/box1-valve.toml", "max_open_ms": 100}
    )
    valve = ValveTwin("valve", settings, bench.context(lab.folder))
    with opened(valve, lab.folder):
        yield valve, bench


def test_the_simulated_valve_is_found_within_its_interval(twin: tuple[ValveTwin, Bench]) -> None:
    valve, bench = twin
    points = weigh_points(valve, bench, dish(bench, simulated_line, 7), Openings(), Terminal())
    assert [point.drops for point in points] == [100] * 5
    low, high = fit_valve(points, "test").slope_interval
    assert low < TRUTH_UL_PER_MS < high
    assert high - low < 0.1 * TRUTH_UL_PER_MS


def test_a_leaking_valve_is_refused_before_the_first_drop(twin: tuple[ValveTwin, Bench]) -> None:
    valve, bench = twin
    with pytest.raises(DeviceError, match="through the closed valve"):
        weigh_points(valve, bench, lambda: 0.3 * bench.clock.now(), Openings(), Terminal())
    assert bench.reports == []
    assert bench.clock.now() == pytest.approx(LEAK_WAIT)


def test_a_valve_that_gives_nothing_is_refused(twin: tuple[ValveTwin, Bench]) -> None:
    valve, bench = twin
    with pytest.raises(CheckFailed, match=r"weighed 0\.0 mg"):
        weigh_points(valve, bench, lambda: 0.0, Openings(), Terminal())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--open-ms", "20"), "there are 1 opening times"),
        (("--open-ms", "20", "--open-ms", "20", "--open-ms", "40"), "stands there twice"),
        (("--open-ms", "20", "--open-ms", "30", "--open-ms", "5000"), "5000 ms"),
        (("--device", "speaker"), "no valve 'speaker'"),
        ((), "there is nothing to weigh"),
    ],
)
def test_what_cannot_be_weighed_is_said(
    command: Callable[..., Done], options: tuple[str, ...], words: str
) -> None:
    simulate = ("--simulate",) if options else ()
    done = command("calibrate", "valve", "box1", "--by", "anna", *options, *simulate)
    assert done.code == ExitCode.CHECK_FAILED
    assert words in done.err


def test_a_simulated_calibration_keeps_nothing(lab: Lab, command: Callable[..., Done]) -> None:
    before = (lab.folder / "calibration/box1-valve.toml").read_bytes()
    done = command("calibrate", "valve", "box1", "--by", "anna", "--simulate")
    assert done.code == ExitCode.OK, done.err
    assert "nothing was kept" in done.out
    assert (lab.folder / "calibration/box1-valve.toml").read_bytes() == before
    assert not (lab.folder / RECORDS).exists()


@pytest.mark.parametrize(
    ("verb", "options", "words"),
    [
        ("valve", ("--by", " "), "who measures has a name"),
        ("light", ("--by", ""), "who measures has a name"),
        ("spot-check", ("--by", "anna", "--volume-ul", "0"), "0 uL lies outside"),
    ],
)
def test_what_cannot_be_recorded_is_refused_before_a_drop_is_given(
    command: Callable[..., Done], verb: str, options: tuple[str, ...], words: str
) -> None:
    done = command("calibrate", verb, "box1", *options, "--simulate")
    assert done.code == ExitCode.USAGE
    assert words in done.err
    assert "drops of" not in done.err


@pytest.mark.realtime
def test_a_new_valve_on_emulated_hardware(
    lab: Lab,
    emulated_card: CardWires,
    command: Callable[..., Done],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Card, valve and balance by their own drivers; the valve never had a calibration."""
    monkeypatch.setattr("hardware.calibrating.valve.LEAK_WAIT", 0.1)
    monkeypatch.setattr("hardware.calibrating.valve.BETWEEN_OPENINGS", 0.03)
    text = NI.format(address=emulated_card.address)
    (lab.folder / "rigs/ni.toml").write_text(text, encoding="utf-8")
    asked = ("--by", "anna", "--drops", "10", "--json")
    with plugged(Dish(emulated_card)):
        times = [each for open_ms in ("30", "50", "80") for each in ("--open-ms", open_ms)]
        done = command("calibrate", "valve", "ni", *asked, "--balance", NUMBER, *times)
        assert done.code == ExitCode.OK, done.err
        (lab.folder / "rigs/ni.toml").write_text(f'balance = "{NUMBER}"\n{text}', encoding="utf-8")
        checked = command("calibrate", "spot-check", "ni", *asked, "--volume-ul", "6")
    told = json.loads(done.out)
    record = ValveFile.model_validate_json(json.dumps(told["record"]))
    assert record.record is not None
    assert (record.record.rig, record.record.device) == ("ni", "valve")
    assert record.record.hardware == "NiValve Dev1/ctr0"
    valve = ValveCalibration(lab.folder, "calibration/new-valve.toml")
    assert 1000 * valve.open_time(6.0) == pytest.approx(6.0 / 0.15, rel=0.01)
    assert Path(told["picture"]).read_bytes().startswith(b"\x89PNG")
    assert checked.code == ExitCode.OK, checked.err
    (check,) = SPOT_CHECKS.of(lab, "ni", "valve")
    assert check.given_ul == pytest.approx(6.0, abs=0.11), "10 drops on a balance of 1 mg"
    (listed,) = msgspec.json.decode(command("calibrations", "--json").out, type=list[InForce])[-1:]
    assert (listed.id, listed.picture) == (record.record.id, told["picture"])
    assert (listed.state, listed.simulated, listed.verbs) == (
        "good",
        False,
        ("valve", "spot-check"),
    )
    assert listed.due == record.measured_on + timedelta(days=30)
    assert "Spot check" in command("calibrations").out


def test_the_balance_of_a_rig_file_counts_unless_another_or_none_is_named(
    lab: Lab, edit: Callable[[str, str, str], None]
) -> None:
    rig = lab.folder / "rigs/box1.toml"
    assert balance_of(rig, "") == ""
    edit("rigs/box1.toml", 'setup = "', 'balance = "1128"\nsetup = "')
    assert [balance_of(rig, named) for named in ("", "7", "none")] == ["1128", "7", ""]
    edit("rigs/box1.toml", '"1128"', '"Dev1/ctr0"')
    with pytest.raises(CheckFailed, match="'balance' and 'valve' share the line 'Dev1/ctr0'"):
        plan_rig(lab, rig, simulate=False)
    edit("rigs/box1.toml", '"Dev1/ctr0"\nsetup', '"11 28"\nsetup')
    with pytest.raises(CheckFailed, match="is no USB number"):
        plan_rig(lab, rig, simulate=False)


def test_a_torn_line_of_spot_checks_is_told_and_keeps_nobody_from_a_session(
    lab: Lab, command: Callable[..., Done]
) -> None:
    (lab.folder / RECORDS).mkdir(parents=True)
    (lab.folder / SPOT_CHECKS.path).write_text('{"at": "2026-', encoding="utf-8")
    done = command(
        "preflight", "--rig", "rigs/box1.toml", "--subject", "SIM01", "--simulate", "--json"
    )
    assert "This is no spot check" in done.out, done.err
