"""``rig calibrate speaker``: from the rig file to the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Done
from speaker_chain import MICROPHONE, RATE_HZ, SPEAKER, SWEEPS, measured

from calibration.equaliser import TAPS, equaliser
from calibration.speaker import SpeakerCalibration, SpeakerFile
from calibration.speaker_measurement import Residual, SpeakerMeasurement
from calibration.tones import HeardTone
from hardware.calibrating.kept import Result, head, keep
from hardware.calibrating.speaker_steps import fit_of, write_taps
from rig.calibration_record import read_calibration, sealed
from rig.errors import ExitCode
from rig.lab import Lab
from rig.person import Terminal

SPEAKER_TOML = "calibration/box1-speaker.toml"


@pytest.fixture(scope="module")
def found() -> SpeakerMeasurement:
    """Return a measurement of the simulated speaker, its corrections and tones made up."""
    response = measured()
    filters = tuple(equaliser(*response.trusted, RATE_HZ, taps) for taps in TAPS)
    left = Residual("table", response.trusted[0], np.linspace(-0.1, 0.2, len(response.trusted[0])))
    tones = tuple(HeardTone(5000.0, level, level + 0.1, 0.0, None) for level in (60.0, 65.0))
    return SpeakerMeasurement(
        MICROPHONE, RATE_HZ, RATE_HZ, SWEEPS, response, filters, (left,), tones
    )


def test_a_measurement_becomes_the_record_that_sounds_are_made_by(
    lab: Lab, found: SpeakerMeasurement
) -> None:
    rig = lab.folder / "rigs/box1.toml"
    record = sealed(
        SpeakerFile(
            **head("speaker", rig, "speaker", "SoundCard x", "anna", ""),
            microphone="simulated",
            points=found.points(),
            fit=fit_of(found),
        )
    )
    result = Result(record, "flat", lambda record, title, path: path.touch())
    kept = keep(lab, SPEAKER_TOML, result, Terminal())
    assert read_calibration(lab.folder, SPEAKER_TOML, SpeakerFile) == record
    speaker = SpeakerCalibration(lab.folder, SPEAKER_TOML)
    for frequency_hz in (4000.0, 16_000.0, 64_000.0):
        full_scale = float(SPEAKER.level_db_spl(np.array([frequency_hz]))[0])
        wrong_db = 20 * np.log10(speaker.amplitude(frequency_hz, 70.0)) - (70.0 - full_scale)
        assert wrong_db == pytest.approx(0, abs=0.1)
    fit = record.fit
    assert fit is not None
    levels = np.array([point.full_scale_db_spl for point in record.points])
    assert np.all(np.array(fit.lowest_db_spl) <= levels)
    assert np.all(levels <= np.array(fit.highest_db_spl))
    assert fit.flatness_db == {"table": pytest.approx(0.15)}
    assert kept.kept is not None


def test_filters_are_written_one_to_a_column(tmp_path: Path, found: SpeakerMeasurement) -> None:
    write_taps(found, tmp_path / "taps.csv")
    table = np.genfromtxt(tmp_path / "taps.csv", delimiter=",", names=True)
    for each in found.equalisers:
        column = table[f"taps_{len(each.taps)}"]
        assert column[: len(each.taps)] == pytest.approx(each.taps, rel=1e-8, abs=1e-12)
        assert np.isnan(column[len(each.taps) :]).all()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ((), ExitCode.USAGE, "--microphone and --input"),
        (
            ("--simulate", "--low-hz", "9000", "--high-hz", "8000"),
            ExitCode.CHECK_FAILED,
            "low_hz must lie below high_hz",
        ),
        (("--simulate", "--device", "valve"), ExitCode.CHECK_FAILED, "no speaker 'valve'"),
        (("--microphone", "B&K", "--input", "x"), ExitCode.CHECK_FAILED, "it makes no sound"),
    ],
)
def test_what_cannot_be_measured_is_said(
    command: Callable[..., Done], options: tuple[str, ...], code: ExitCode, words: str
) -> None:
    done = command("calibrate", "speaker", "box1", "--by", "anna", *options)
    assert done.code == code
    assert words in " ".join(done.err.split())


@pytest.mark.realtime
def test_a_simulated_speaker_is_measured_behind_an_output_that_nobody_hears(
    lab: Lab, shell: Callable[..., Done]
) -> None:
    before = hashlib.sha256((lab.folder / SPEAKER_TOML).read_bytes()).digest()
    quick = ("--averages", "2", "--sweep-duration", "0.1", "--lowest-db-spl", "80")
    done = shell("calibrate", "speaker", "box1", "--by", "anna", "--simulate", *quick, "--json")
    assert done.code == ExitCode.OK, done.err
    told = json.loads(done.out)
    assert told["kept"] is None
    record = SpeakerFile.model_validate_json(json.dumps(told["record"]))
    frequencies = np.array([point.frequency_hz for point in record.points])
    levels = np.array([point.full_scale_db_spl for point in record.points])
    assert levels == pytest.approx(SPEAKER.level_db_spl(frequencies), abs=0.15)
    assert hashlib.sha256((lab.folder / SPEAKER_TOML).read_bytes()).digest() == before
