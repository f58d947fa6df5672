"""`rig decode`: what was planted beside a session is found, and no more; what cannot be is told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from helpers import put_mouse
from inside import Done, inside
from pynwb import NWBHDF5IO, NWBFile
from pynwb.ophys import Fluorescence, ImageSegmentation, OpticalChannel, RoiResponseSeries
from recorded import keep_frames, short_session

import rig
from analysis.clocks.alignment import align_by_intervals
from analysis.clocks.pulses import Pulses
from analysis.clocks.store import write_alignment
from analysis.neural.facts import trial_facts
from analysis.neural.planted import Plan, fired, plant_beside
from analysis.neural.planted_nwb import write_planted
from analysis.neural.rates import Window
from analysis.session_decoding.asked import Asked, VariableName
from analysis.session_decoding.reading import read_beside
from analysis.session_decoding.run import decode_variables
from analysis.session_decoding.variables import labels_of
from models.errors import Floats
from rig.commands.init import make_lab
from rig.dataset import SessionData
from rig.errors import ExitCode
from rig.export.nwb import export_nwb
from rig.journal import read_frames
from rig.lab import Lab, find_lab
from rig.locks import hold
from rig.session_folder import RUNNING

QUICK = ("--bin", "0.1", "--smoothing", "0", "--neighbours", "0", "--shuffles", "20")
CONTEXT = Asked(
    of=(VariableName.CONTEXT,), window=(-0.5, 1.0), bin=0.1, smoothing=0.0, neighbours=0,
    shuffles=20, strength=0.05, folds=5,
)  # fmt: skip


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a lab with a session of set-shifting by a mouse that makes no mistake."""
    folder = tmp_path_factory.mktemp("decoding") / "lab"
    make_lab(folder)
    text = (
        (folder / "lab.toml").read_text(encoding="utf-8").replace("report = true", "report = false")
    )
    (folder / "lab.toml").write_text(text.replace('["nwb"]', "[]"), encoding="utf-8")
    lab = find_lab(folder)
    put_mouse(lab, policy="perfect", go=["45 deg", "5 kHz"])
    short_session(lab, "set_shifting", 500)
    return lab


@pytest.fixture(scope="module")
def session(shifted: Lab) -> SessionData:
    return rig.load(next(shifted.data.glob("SIM01/*/1")))


def units_at(
    session: SessionData, path: Path, trains: Iterable[Floats], later: float = 0.0
) -> Path:
    """Write trains of spikes as units whose times count from the session's start, or later."""
    began = session.meta["started_at"] + timedelta(seconds=later)
    hour = timedelta(hours=1)
    file = NWBFile("units", "id", began - hour, timestamps_reference_time=began)
    for number, train in enumerate(trains):
        if number == 0:
            file.add_unit_column("quality", "of the sorting")
        file.add_unit(spike_times=train, id=number, quality="mua" if number == 2 else "good")
    with NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    return path


def asked_of(lab: Lab, recording: Path, *options: str) -> Done:
    return inside(lab, "decode", "SIM01", "--units", str(recording), *options)


def test_what_was_planted_is_found_when_it_is_there_and_nothing_else(
    shifted: Lab, session: SessionData, tmp_path: Path
) -> None:
    recording, figure = tmp_path / "planted.nwb", tmp_path / "new/visual.svg"
    truth = write_planted(session, recording, Plan(visual=8.0, neurons=12), 1)
    options = ("--of", "visual", "--of", "auditory", *QUICK, "--window", "-0.5", "3.5")
    options += ("--only-trials", "phase=priming,bimodal", "--out", str(figure), "--json")
    done = asked_of(shifted, recording, *options)
    assert done.code == ExitCode.OK, done.err
    told = json.loads(done.out)
    visual, auditory = told["variables"]
    assert visual["peak"] > 0.85
    assert (visual["above_from"], visual["above_until"], visual["above_share"]) == (0.0, 2.9, 1.0)
    assert 0 <= visual["peak_time"] < 3
    assert auditory["peak"] < auditory["threshold"]
    assert auditory["above_from"] is None
    assert auditory["chance"] == pytest.approx(0.5, abs=0.02)
    assert visual["trials"] == auditory["trials"] == [135, 135], "30 others had the other alone"
    assert (told["trials"], told["trials_left_out"], told["overlapping"]) == (300, [], 0)
    assert told["units"] == list(range(12))
    assert [(each["one"], each["other"]) for each in told["angles"]] == [("visual", "auditory")]
    curves = pd.read_csv(told["numbers"])
    assert curves.groupby("variable").size().to_dict() == {"visual": 40, "auditory": 40}
    assert curves["time"][curves["above"]].tolist() == pytest.approx(np.arange(30) / 10)
    assert curves["accuracy"].max() == pytest.approx(visual["peak"], abs=1e-5)
    text = figure.read_text(encoding="utf-8")
    assert "SIMULATED" in text
    assert "visual: go 135, nogo 135" in text
    beside = json.loads(figure.with_name("visual.svg.json").read_text(encoding="utf-8"))
    assert beside["sessions"] == [session.meta["session"]]
    assert beside["parameters"]["strength"] == 1.0
    assert len(truth.facts) == 300


def test_the_table_says_what_counts_and_how(
    shifted: Lab, session: SessionData, tmp_path: Path
) -> None:
    """Silent units, those that never change, of another quality, trials outside the recording."""
    facts = trial_facts(session.trials)
    trains = [
        each[::4] for each in fired(plant_beside(facts, Plan(decision=8, neurons=12), 2)).times
    ]
    first, last = facts["time"].iloc[[40, -30]]
    trains = [train[(train > first) & (train < last)] for train in trains]
    trains[3], trains[4] = np.array([]), np.array([first + 3.0])
    recording = units_at(session, tmp_path / "units.nwb", trains)
    options = ("--of", "choice", "--of", "outcome", *QUICK, "--only-units", "quality=good",
               "--window", "-0.2", "1.4")  # fmt: skip
    done = asked_of(shifted, recording, *options)
    assert done.code == ExitCode.RECORDING
    assert "outcome cannot be decoded: 200 trials are 'correct', 0 are 'error'" in done.err
    done = asked_of(shifted, recording, "--of", "choice", *options[4:])
    assert done.code == ExitCode.OK, done.err
    row = next(line for line in done.out.splitlines() if line.startswith("choice"))
    assert "lick / none" in row
    for told in (
        "C = 1, 10 folds",
        "Chance: 20 shuffles",
        "Trials: 200 used",
        "left out: 40 not recorded whole",
        "left out: 60 not phase=bimodal",
        "Units: 9 used",
        "left out: 1 not quality=good (2)",
        "left out: 1 without a spike (3)",
        "left out: 1 the same throughout these trials (4)",
    ):
        assert told in done.out
    trains[2] = np.array([])
    units_at(session, recording, trains)
    silent = asked_of(shifted, recording, "--only-units", "quality=mua")
    assert silent.code == ExitCode.USAGE
    assert "no unit with quality=mua has a spike" in silent.err
    name = done.out.splitlines()[-1].removeprefix("Figure: ")
    assert Path(name) == session.record.folder.path / "decoding-choice.png"
    assert Path(name).stat().st_size > 5000


def test_a_context_is_told_from_a_drift(session: SessionData, tmp_path: Path) -> None:
    found = {}
    for name, plan in (
        ("context", Plan(context=10.0, neurons=12)),
        ("drift", Plan(drift=14.0, neurons=12)),
    ):
        recording = tmp_path / f"{name}.nwb"
        write_planted(session, recording, plan, 3)
        beside = read_beside(session, recording, CONTEXT)
        (course,) = decode_variables(beside, CONTEXT, "here")
        found[name] = course.variable
        assert course.variable.above_share == 1.0
        assert course.decoded.strength == 0.05
        assert course.decoded.weights.sizes["lag"] == 1
    assert course.decoded.accuracy.sizes["fold"] == 5
    (other,) = decode_variables(beside, replace(CONTEXT, seed=1), "here")
    assert not other.chance.accuracy.equals(course.chance.accuracy)
    context, drift = found["context"].drift, found["drift"].drift
    assert context is not None
    assert drift is not None
    assert context.middle > 0.85
    assert abs(context.edges - context.middle) < 0.1
    assert drift.middle < 0.7
    assert drift.edges > 0.85


def test_angles_of_what_is_not_told_are_said_to_tell_nothing(shifted: Lab, planted: Path) -> None:
    """There is a visual stimulus in the recording, and nothing else."""
    options = ("--of", "visual", "--of", "context", *QUICK, "--window", "-0.2", "1", "--seed", "3")
    done = asked_of(shifted, planted, *options)
    assert done.code == ExitCode.OK, done.err
    lines = done.out.splitlines()
    (angle,) = [line for line in lines if line.startswith("Angle of visual and context")]
    assert "; context: no better than chance there" in angle
    assert any(line.startswith("Drift control: left-out trials") for line in lines)


def test_a_recording_on_another_clock_needs_an_alignment(
    shifted: Lab, session: SessionData, tmp_path: Path
) -> None:
    facts = trial_facts(session.trials)
    trains = [each[::10] for each in fired(plant_beside(facts, Plan(visual=3, neurons=8), 4)).times]
    same = units_at(session, tmp_path / "same.nwb", trains)
    moved = [1.0001 * train + 12.5 for train in trains]
    other = units_at(session, tmp_path / "other.nwb", moved, -12.5)
    done = asked_of(shifted, other)
    assert done.code == ExitCode.RECORDING
    assert "the recording is on another clock" in done.err
    assert "--alignment" in done.err
    one = read_beside(session, same, CONTEXT)
    own = np.arange(5.0, 2000.0, 1.7) + 0.2 * np.sin(np.arange(1174))
    found = align_by_intervals(Pulses.at(own), Pulses.at(1.0001 * own + 12.5))
    for name, file in ((session.meta["session"], "own.json"), ("SIM01/2000-01-01/1", "wrong.json")):
        write_alignment(
            tmp_path / file, found, session=name, line="sync", file=other, channel="", by="pulses"
        )
    two = read_beside(session, other, replace(CONTEXT, alignment=tmp_path / "own.json"))
    xr.testing.assert_allclose(one.activity, two.activity)
    done = asked_of(shifted, other, "--alignment", str(tmp_path / "wrong.json"))
    assert done.code == ExitCode.USAGE
    assert "aligns the session SIM01/2000-01-01/1" in done.err
    done = asked_of(shifted, same, "--alignment", str(tmp_path / "own.json"))
    assert done.code == ExitCode.USAGE
    assert "are those of the session already" in done.err
    smooth = read_beside(session, same, replace(CONTEXT, smoothing=0.3)).activity
    assert float(smooth.diff("time").std()) < 0.5 * float(one.activity.diff("time").std())


def test_units_that_were_added_to_our_own_export_are_on_the_clock_of_the_session(
    session: SessionData, tmp_path: Path
) -> None:
    path = export_nwb(session.record, tmp_path / "own.nwb").path
    facts = trial_facts(session.trials)
    trains = fired(plant_beside(facts, Plan(visual=3.0, neurons=8), 8)).times
    with NWBHDF5IO(str(path), "a") as io:
        file = io.read()
        for train in trains:
            file.add_unit(spike_times=train[::20])
        io.write(file)
    beside = read_beside(session, path, CONTEXT)
    assert beside.activity.sizes["neuron"] == 8
    assert len(beside.facts) == 240


def test_traces_are_decoded_by_their_frames(session: SessionData, tmp_path: Path) -> None:
    facts = trial_facts(session.trials)
    times = np.arange(0.0, float(facts["time"].iloc[-1]) + 10, 0.05)
    shown = np.zeros((len(times), 3))
    for onset in facts["time"][facts["visual"] == "go"]:
        shown[(times >= onset) & (times < onset + 3), 0] = 1.0
    values = np.random.default_rng(5).normal(shown, 0.5)
    values[7, 2] = np.nan
    recording = traces_at(session, tmp_path / "traces.nwb", times, values)
    asked = Asked(of=(VariableName.VISUAL,), neighbours=0, shuffles=20, window=(-0.5, 1.0))
    beside = read_beside(session, recording, asked)
    assert (beside.kind, beside.window.bin) == ("traces", 0.05)
    assert [(each.which, each.why) for each in beside.units_left_out] == [
        ((2,), "with missing numbers (NaN)")
    ]
    (course,) = decode_variables(beside, asked, "here")
    assert course.variable.peak > 0.75
    assert course.variable.above_from == pytest.approx(0.0, abs=0.051)


def traces_at(session: SessionData, path: Path, times: Floats, values: Floats) -> Path:
    """Write traces of ROIs as NWB on the session's clock."""
    file = NWBFile("traces", "id", session.meta["started_at"])
    channel = OpticalChannel(name="green", description="GCaMP6s", emission_lambda=520.0)
    plane = file.create_imaging_plane(
        name="plane", optical_channel=channel, device=file.create_device("microscope"),
        description="layer 2/3", excitation_lambda=920.0, indicator="GCaMP6s", location="A1",
    )  # fmt: skip
    module = file.create_processing_module("ophys", "imaging")
    segmentation = ImageSegmentation()
    module.add(segmentation)
    cells = segmentation.create_plane_segmentation("cells", plane, "cells")
    for _ in values.T:
        cells.add_roi(image_mask=np.ones((2, 2)))
    rois = cells.create_roi_table_region(region=list(range(values.shape[1])), description="all")
    fluorescence = Fluorescence()
    module.add(fluorescence)
    fluorescence.add_roi_response_series(
        RoiResponseSeries(name="cells", data=values, rois=rois, unit="a.u.", timestamps=times)
    )
    with NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    return path


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--of", "odour"], ExitCode.USAGE, "odour"),
        (["--only-trials", "odour=rose"], ExitCode.USAGE, "the trials have no 'odour'"),
        (["--only-trials", "context=tactile"], ExitCode.USAGE, "There are: auditory, visual."),
        (["--only-trials", "context"], ExitCode.USAGE, "no NAME=VALUE"),
        (["--only-units", "depth=3"], ExitCode.USAGE, "the units have no 'depth'"),
        (["--only-trials", "phase=priming", "--only-trials", "congruency=congruent"],
         ExitCode.USAGE, "no trial has phase=priming congruency=congruent"),
        (["--window", "0.5", "2"], ExitCode.USAGE, "does not hold the stimulus"),
        (["--window", "-inf", "2"], ExitCode.USAGE, "does not hold the stimulus"),
        (["--bin", "2"], ExitCode.USAGE, "bins of 2 s are too wide"),
        (["--strength", "1e300"], ExitCode.USAGE, "Give a number from 1e-12 to 1e+12"),
        (["--strength", "0"], ExitCode.USAGE, "Give a number from"),
        (["--strength", "nan"], ExitCode.USAGE, "Give a number from"),
        (["--out", "figure.txt"], ExitCode.USAGE, "is no figure"),
        (["--units", "none.nwb", "--out", f"{rig.__file__}/x.png"], ExitCode.RECORDING, "written"),
        (["--of", "choice", "--of", "visual", "--angle", "7", "8", *QUICK], ExitCode.USAGE,
         "no bin lies between 7 and 8 s"),
        (["--series", "cells"], ExitCode.RECORDING, "no traces of ROIs"),
        (["--folds", "121"], ExitCode.RECORDING, "stimulus cannot be decoded: 120 trials are 'go'"),
        (["--only-trials", "context=visual", "--of", "context"], ExitCode.RECORDING,
         "context cannot be decoded: 120 trials are 'visual', 0 are 'auditory'"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(
    shifted: Lab, planted: Path, options: list[str], code: ExitCode, told: str
) -> None:
    done = asked_of(shifted, planted, *options)
    assert done.code == code
    assert told in done.err
    assert "Traceback" not in done.err


@pytest.fixture(scope="module")
def planted(session: SessionData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("planted") / "planted.nwb"
    write_planted(session, path, Plan(visual=2.0, neurons=8), 6)
    return path


@pytest.mark.parametrize(
    ("trains", "told"),
    [
        ([[5.0, np.nan]], "unit 0 has 1 times that are missing"),
        ([[5.0, 4.0]], "the times of unit 0 go back at entry 1"),
        ([[], []], "no unit has a single spike"),
        ([[1e5, 2e5]], "no trial was recorded: the trials last from"),
        ([], "the file holds neither sorted units nor traces"),
    ],
)
def test_recordings_that_cannot_be_used_are_told(
    shifted: Lab, session: SessionData, tmp_path: Path, trains: list[list[float]], told: str
) -> None:
    arrays = [np.array(train, dtype=float) for train in trains]
    recording = units_at(session, tmp_path / "units.nwb", arrays)
    done = asked_of(shifted, recording)
    assert done.code == ExitCode.RECORDING
    assert told in done.err
    assert str(recording) in done.err


def test_sessions_that_cannot_be_decoded_are_told(lab: Lab, planted: Path, tmp_path: Path) -> None:
    nothing = asked_of(lab, planted)
    assert nothing.code == ExitCode.RECORDING
    put_mouse(lab, policy="never")
    folder = short_session(lab, "go_nogo", 30)
    missing = asked_of(lab, tmp_path / "nothing.nwb")
    assert missing.code == ExitCode.RECORDING
    assert "no such file" in missing.err
    idle = rig.load(folder.path)
    recording = tmp_path / "idle.nwb"
    short = Window(-0.5, 1.0, 0.1)
    write_planted(idle, recording, Plan(drift=1.0, neurons=8, window=short), 7)
    with hold(folder.path, *RUNNING, "test"):
        running = asked_of(lab, recording)
    assert running.code == ExitCode.BUSY
    assert "still runs" in running.err
    lazy = asked_of(lab, recording, "--of", "choice", *QUICK, "--window", "-0.5", "1")
    assert lazy.code == ExitCode.RECORDING
    assert "choice cannot be decoded: 0 trials are 'lick'" in lazy.err
    keep_frames(folder.journal, read_frames(folder.journal), 2)
    empty = asked_of(lab, recording)
    assert empty.code == ExitCode.RECORDING
    assert "no trial was completed" in empty.err


def test_catch_trials_tell_a_choice_and_neither_a_stimulus_nor_an_outcome() -> None:
    outcomes = ["hit", "correct_rejection", "catch_lick", "catch_no_lick", "miss", "false_alarm"]
    times = np.arange(6.0)
    trials = pd.DataFrame(
        {"outcome": outcomes, "aborted": False, "stimulus_time": times, "block": 0}
    )
    facts = trial_facts(trials)
    for name, places, told in (
        (VariableName.STIMULUS, [0, 1, 4, 5], [True, False, True, False]),
        (VariableName.OUTCOME, [0, 1, 4, 5], [True, True, False, False]),
        (VariableName.CHOICE, [0, 1, 2, 3, 4, 5], [True, False, True, False, False, True]),
        (VariableName.CONTEXT, [], []),
    ):
        labels = labels_of(facts, name)
        assert (labels.places.tolist(), labels.told.tolist()) == (places, told), name
