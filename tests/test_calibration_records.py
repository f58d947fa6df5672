"""Records of calibrations: sealed, kept for ever, refused when they are not what they say."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Done
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.speaker import SpeakerFile
from calibration.store import RECORDS, put_in_force, text_of
from calibration.timing import path_of
from calibration.valve import ValveCalibration, ValveFile, ValvePoint
from calibration.valve_fit import fit_valve
from rig.calibration_record import Origin, read_calibration, sealed
from rig.errors import ConfigError, ExitCode, RecordingError
from rig.lab import Lab
from rig.timing import TimingFile

FILE = "calibration/box1-valve.toml"
MEASURED = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)


def record(volumes: tuple[float, ...] = (1.2, 2.6, 5.3, 8.1), device: str = "valve") -> ValveFile:
    times = (10.0, 20.0, 40.0, 60.0)
    points = tuple(
        ValvePoint(open_ms=time, volume_ul=volume, drops=100, weight_mg=99.8 * volume)
        for time, volume in zip(times, volumes, strict=True)
    )
    origin = Origin(
        kind="valve",
        rig="box1",
        device=device,
        hardware="NiValve Dev1/ctr0",
        measured_at=MEASURED,
        software="0.1.0",
    )
    return sealed(
        ValveFile(
            measured_on=MEASURED.date(),
            measured_by="anna",
            points=points,
            fit=fit_valve(points, "test"),
            record=origin,
        )
    )


@settings(max_examples=20)
@given(
    volumes=st.lists(st.floats(0.98, 1.02), min_size=4, max_size=4),
    note=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))),
)
def test_what_is_written_is_read_back_with_its_seal(volumes: list[float], note: str) -> None:
    drops = tuple(
        share * volume for share, volume in zip(volumes, (1.2, 2.6, 5.4, 8.2), strict=True)
    )
    made = sealed(record(drops).model_copy(update={"note": note}))
    assert ValveFile.model_validate(tomllib.loads(text_of(made))) == made


def test_a_record_takes_the_place_of_the_file_and_both_are_kept(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = (lab.folder / FILE).read_bytes()
    first = put_in_force(lab.folder, FILE, record())
    assert first.name.startswith("box1-valve-20261102T091500Z-")
    assert read_calibration(lab.folder, FILE, ValveFile) == record()
    second = put_in_force(lab.folder, FILE, record((1.1, 2.4, 4.9, 7.5)))
    kept = {path.read_bytes() for path in (lab.folder / RECORDS).glob("*.toml")}
    assert kept == {typed, first.read_bytes(), second.read_bytes()}
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(RecordingError, match="cannot be kept") as raised:
        put_in_force(lab.folder, FILE, record())
    assert f"copy {tmp_path / first.name} to {lab.folder / FILE}" in raised.value.do
    assert (tmp_path / first.name).read_bytes() == first.read_bytes(), "what was measured is kept"
    assert read_calibration(lab.folder, FILE, ValveFile) == record((1.1, 2.4, 4.9, 7.5))


def test_a_record_does_not_take_the_place_of_one_of_another_kind(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two devices name one file."""
    put_in_force(lab.folder, FILE, record())
    kept = sorted((lab.folder / RECORDS).iterdir())
    origin = Origin(
        kind="timing", rig="box1", device="timing", hardware="x", measured_at=MEASURED, software="1"
    )
    path = path_of("valve", "valve", "read-back", "order", [1.0, 2.0, 3.0], 3)
    timing = sealed(
        TimingFile(measured_on=MEASURED.date(), measured_by="anna", paths=(path,), record=origin)
    )
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(RecordingError, match="calibration of a valve, and that of") as raised:
        put_in_force(lab.folder, FILE, timing)
    assert raised.value.where == str(lab.folder / FILE)
    assert "Name a file of its own for each" in raised.value.do
    assert "to that file: it is what was measured" in raised.value.do
    assert read_calibration(lab.folder, FILE, ValveFile) == record()
    assert sorted((lab.folder / RECORDS).iterdir()) == kept


def test_the_line_of_a_record_is_what_valves_open_by(lab: Lab) -> None:
    put_in_force(lab.folder, FILE, record())
    fit = record().fit
    assert fit is not None
    valve = ValveCalibration(lab.folder, FILE)
    assert 1000 * valve.open_time(4.0) == (4.0 - fit.offset_ul) / fit.slope_ul_per_ms
    assert "outside its calibration" in str(valve.refuse(8.2))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2.6", "2.7"),
        ('measured_by = "anna"', 'measured_by = "bert"'),
        ('rig = "box1"', 'rig = "box2"'),
        ("2026-11-02\n", "2026-11-20\n"),
        ("drops = 100, ", ""),
    ],
)
def test_a_changed_record_is_refused_by_name(lab: Lab, old: str, new: str) -> None:
    put_in_force(lab.folder, FILE, record())
    text = (lab.folder / FILE).read_text(encoding="utf-8")
    assert old in text
    (lab.folder / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"box1-valve\.toml.*calibration/records") as raised:
        ValveCalibration(lab.folder, FILE)
    assert "seal is broken" in raised.value.what


def test_a_record_without_its_head_is_not_taken_for_typed_by_hand(lab: Lab) -> None:
    """Its line would be that of the points before they were changed."""
    text = text_of(record().model_copy(update={"record": None}))
    (lab.folder / FILE).write_text(text.replace("volume_ul = ", "volume_ul = 1"), encoding="utf-8")
    with pytest.raises(ConfigError, match="Take the table `fit` out") as raised:
        ValveCalibration(lab.folder, FILE)
    assert "has a fit without the record" in raised.value.what


def test_a_comment_breaks_no_seal(lab: Lab) -> None:
    put_in_force(lab.folder, FILE, record())
    text = (lab.folder / FILE).read_text(encoding="utf-8")
    (lab.folder / FILE).write_text(f"# measured with the new tube\n{text}", encoding="utf-8")
    assert read_calibration(lab.folder, FILE, ValveFile) == record()


def test_a_record_of_another_kind_or_half_a_record_is_refused(lab: Lab) -> None:
    put_in_force(lab.folder, FILE, record())
    with pytest.raises(ConfigError, match="of a valve, not of a speaker"):
        read_calibration(lab.folder, FILE, SpeakerFile)
    text = (lab.folder / FILE).read_bytes()
    (lab.folder / FILE).write_bytes(text[: len(text) // 2])
    with pytest.raises(ConfigError, match=r"box1-valve\.toml"):
        read_calibration(lab.folder, FILE, ValveFile)


def test_a_record_of_another_device_is_found_before_a_session(
    lab: Lab, command: Callable[..., Done]
) -> None:
    put_in_force(lab.folder, FILE, record(device="left"))
    done = command("check", "--rig", "rigs/box1.toml", "--protocol", "protocols/pretraining.toml")
    assert done.code == ExitCode.CHECK_FAILED
    assert "measured at 'left' of rig 'box1', not at 'valve' of 'box1'" in done.out
    assert "Calibrate 'valve'" in done.out
    checked = command("calibrate", "spot-check", "box1", "--by", "anna", "--simulate")
    assert (checked.code, checked.out) == (ExitCode.CHECK_FAILED, "")
    assert "measured at 'left' of rig 'box1'" in checked.err


def test_calibrations_tells_which_record_in_force_has_no_copy_or_another_one(
    lab: Lab, command: Callable[..., Done]
) -> None:
    def words() -> str:
        (found,) = (
            each
            for each in json.loads(command("calibrations", "--json").out)
            if (each["rig"], each["device"]) == ("box1", "valve")
        )
        return str(found["words"])

    assert words() == "Typed by hand."
    copy = put_in_force(lab.folder, FILE, record())
    assert words() == ""
    text = copy.read_text(encoding="utf-8")
    copy.write_text(f"# from the first rig\n{text}", encoding="utf-8")
    assert words() == "", "a comment changes nothing"
    do = f"Copy {FILE} to {RECORDS / copy.name}."
    copy.write_text(text.replace("anna", "bert"), encoding="utf-8")
    assert words() == f"The copy that is kept of this record was changed. {do}"
    copy.write_text(text_of(record((1.1, 2.4, 4.9, 7.5))), encoding="utf-8")
    assert words() == f"The copy that is kept of this record was changed. {do}"
    copy.unlink()
    assert words() == f"The copy that is kept of this record is gone. {do}"
    assert "is gone" in command("calibrations").out


def test_calibrations_tells_age_and_state(lab: Lab, command: Callable[..., Done]) -> None:
    def states() -> dict[tuple[str, str], str]:
        found = json.loads(command("calibrations", "--json").out)
        return {(each["rig"], each["device"]): each["state"] for each in found}

    young = (date.today() - timedelta(days=3)).isoformat()
    text = (lab.folder / FILE).read_text(encoding="utf-8")
    (lab.folder / FILE).write_text(text.replace("2026-11-02", young), encoding="utf-8")
    assert states()["box1", "valve"] == "good"
    for days, state in ((45, "old"), (100, "overdue"), (-3, "ahead")):
        day = (date.today() - timedelta(days=days)).isoformat()
        (lab.folder / FILE).write_text(text.replace("2026-11-02", day), encoding="utf-8")
        assert states()["box1", "valve"] == state
    (lab.folder / FILE).write_text("points = 3", encoding="utf-8")
    assert states()["box1", "valve"] == "refused"
    (lab.folder / FILE).unlink()
    assert states()["box1", "valve"] == "missing"
    assert "missing" in command("calibrations").out
