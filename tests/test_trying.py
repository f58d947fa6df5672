"""The devices of a rig are tried one by one; whatever happens, each is off afterwards."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import RIG_COMMAND
from inside import inside

from rig.bench import Wanted
from rig.errors import BusyError, ConfigError, ExitCode
from rig.lab import Lab
from rig.locks import hold
from rig.trying import Tried, decode, try_rig

Edit = Callable[[str, str, str], None]
DRIVERS = '''
"""Drivers that fail in many ways; they write what is done to them into a file."""
from pathlib import Path

from hardware.camera import CameraTwin
from hardware.digital_input import DigitalInputTwin
from hardware.digital_output import DigitalOutputTwin
from hardware.valve import ValveTwin
from rig.errors import DeviceError, Problem
from rig.inbox import Failure


class Logged:
    simulated = False

    def off(self):
        super().off()
        with open("{log}", "a") as file:
            file.write(f"off {self._name}\\n")

    def close(self):
        super().close()
        with open("{log}", "a") as file:
            file.write(f"close {self._name}\\n")


class Valve(Logged, ValveTwin):
    twin = ValveTwin


class DeadValve(Logged, ValveTwin):
    def deliver(self, volume_ul, delay=0.0):
        self._inbox.put(Failure(self._name, "the fuse is blown", "Change the fuse."))


class SilentValve(Logged, ValveTwin):
    def deliver(self, volume_ul, delay=0.0):
        pass


class OpenValve(Logged, ValveTwin):
    def is_busy(self):
        return True


class Touched(Logged, DigitalInputTwin):
    def level(self):
        return True


class Refusing(Logged, DigitalInputTwin):
    def open(self):
        raise DeviceError("the card is not there", "Dev1", "Plug the card in.")


class Raising(Logged, DigitalInputTwin):
    def level(self):
        raise ZeroDivisionError("of its own")


class Stuck(Logged, DigitalInputTwin):
    def off(self):
        raise OSError("no answer")


class Wrong(Logged, DigitalInputTwin):
    def check(self):
        return [Problem("the cable is loose", "Dev1", "Push it in.")]


class Warning(Logged, DigitalInputTwin):
    def check(self):
        return [Problem("the firmware is old", "Dev1", "Update it.", "warning")]


class Lit(Logged, DigitalOutputTwin):
    def level(self):
        return True


class Slow(Logged, DigitalInputTwin):
    def level(self):
        print("slow is open", flush=True)
        import time
        time.sleep(60)


class SlowToGoOff(Logged, DigitalInputTwin):
    def off(self):
        print("it goes off", flush=True)
        import time
        time.sleep(0.5)
        super().off()


class BlindCamera(Logged, CameraTwin):
    def _expose(self, opening, time):
        pass
'''


@pytest.fixture
def log(lab: Lab) -> Path:
    """Return the file in which drivers tell what is done to them; the lab has these drivers."""
    path = lab.folder / "log.txt"
    (lab.folder / "drivers.py").write_text(DRIVERS.replace("{log}", path.as_posix()))
    return path


def with_device(lab: Lab, driver: str, **settings: object) -> None:
    """Give the lab a rig of one device."""
    table = {"line": "Dev1/port0/line9", **settings}
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    text = f'[devices.it]\ndriver = "{driver}"\n' + "\n".join(lines)
    (lab.folder / "rigs/one.toml").write_text(text, encoding="utf-8")


def tried(lab: Lab, wanted: Wanted | None = None, only: str | None = "it") -> Tried:
    path = lab.folder / "rigs/one.toml"
    return try_rig(lab, path, wanted or Wanted(), simulate=False, only=only)[0]


VALVE = {"calibration": "calibration/box1-valve.toml", "max_open_ms": 150}


def test_all_of_a_new_lab_s_rigs_is_good(lab: Lab) -> None:
    for rig in ("box1", "box2"):
        done = inside(lab, "try", rig, "--simulate", "--drops", "2", "--tone", "--json")
        assert done.code == ExitCode.OK, done
        found = decode(done.out.encode())
        assert {each.state for each in found} == {"good"}
        assert found[-1].device == "disk"
        by_kind = {each.kind: each for each in found}
        assert "It gave 2 drops of 6.1 uL, 12.2 uL in all" in by_kind["valve"].words
        assert by_kind["speaker"].value == "4 kHz, 73 dB SPL"
        assert all(each.words and each.simulated for each in found[:-1])
    assert not list(lab.data.glob("*")), "nothing is recorded"


def test_sampled_devices_show_that_something_comes(lab: Lab) -> None:
    with_device(lab, "hardware.camera:CameraTwin", line="cam", meaning="the eye")
    assert (tried(lab).state, tried(lab).words) == ("good", "Its frames come.")
    (lab.folder / "rigs/one.toml").write_text(
        '[devices.it]\ndriver = "hardware.analog_input:AnalogInputTwin"\nmeaning = "speed"\n'
        'rate_hz = 1000\nchannels = [{ name = "speed", line = "Dev1/ai0" }]\n'
    )
    assert tried(lab).words == "Its samples come."


@pytest.mark.parametrize(
    ("driver", "state", "words", "do"),
    [
        ("Touched", "warn", "It is on", "Take away"),
        ("Refusing", "bad", "The card is not there (Dev1).", "Plug the card in."),
        ("Raising", "bad", "It raised ZeroDivisionError: of its own", "Look at the device"),
        ("Wrong", "bad", "The cable is loose (Dev1).", "Push it in."),
        ("Warning", "warn", "The firmware is old (Dev1).", "Update it."),
        ("Lit", "bad", "It is on, though nobody switched it on.", "wiring"),
        ("Nobody", "bad", "has no class 'Nobody'", "Name one of"),
    ],
)
def test_what_is_wrong_with_a_device_is_told(
    lab: Lab, log: Path, driver: str, state: str, words: str, do: str
) -> None:
    with_device(lab, f"drivers.py:{driver}")
    found = tried(lab)
    assert found.state == state
    assert words in found.words
    assert do in found.do
    if driver not in {"Wrong", "Nobody"}:  # these are never opened
        assert log.read_text().splitlines()[-2:] == ["off it", "close it"]


def test_the_file_that_is_not_there_is_named(lab: Lab) -> None:
    with_device(lab, "hardware.valve:ValveTwin", **VALVE | {"calibration": "calibration/no.toml"})
    found = tried(lab)
    assert (found.words, found.fix) == (
        "There is no such file (calibration/no.toml).",
        "calibrate",
    )


def test_a_device_that_does_not_go_off_is_told_and_closed_all_the_same(lab: Lab, log: Path) -> None:
    with_device(lab, "drivers.py:Stuck")
    found = tried(lab)
    assert (found.state, found.do) == ("bad", "Cut the rig's power by hand now.")
    assert found.fix == ""
    assert "It could not be turned off: OSError: no answer" in found.words
    assert "close it" in log.read_text()


@pytest.mark.parametrize(
    ("driver", "words"),
    [
        ("DeadValve", "The fuse is blown."),
        ("SilentValve", "Drop 1 of 3 was ordered, and it did not tell that it closed."),
        ("OpenValve", "It is open, though nobody opened it."),
    ],
)
def test_a_valve_that_gives_no_drop_is_bad(
    lab: Lab, log: Path, driver: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.bench.PATIENCE", 0.1)
    with_device(lab, f"drivers.py:{driver}", **VALVE)
    found = tried(lab, Wanted(drops=3))
    assert (found.state, words in found.words) == ("bad", True), found
    assert log.read_text().splitlines()[-2:] == ["off it", "close it"]


def test_a_camera_without_frames_is_bad(
    lab: Lab, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rig.bench.PATIENCE", 0.1)
    with_device(lab, "drivers.py:BlindCamera", meaning="the eye")
    found = tried(lab)
    assert (found.state, found.value) == ("bad", "0 frames")


def test_the_age_of_a_calibration_is_told(lab: Lab, log: Path, edit: Edit) -> None:
    with_device(lab, "drivers.py:Valve", **VALVE)
    edit("calibration/box1-valve.toml", "2026-11-02", "2020-11-02")
    found = tried(lab)
    assert found.state == "warn"
    assert "Last calibrated" in found.words
    assert (found.do, found.fix) == ("Calibrate it (limit 30 days).", "calibrate")
    edit("calibration/box1-valve.toml", "measured_on = 2020-11-02", "")
    found = tried(lab)
    assert "measured_on" in found.words
    assert found.fix == "calibrate"


def test_a_tone_that_cannot_be_played_as_it_is_meant_is_not_played(lab: Lab, edit: Edit) -> None:
    for point in ("2000, full_scale_db_spl = 102.0", "4000, full_scale_db_spl = 106.5"):
        edit("calibration/box1-speaker.toml", f"    {{ frequency_hz = {point} }},\n", "")
    done = inside(lab, "try", "box1", "--device", "speaker", "--tone", "--json")
    (found,) = decode(done.out.encode())
    assert (done.code, found.state) == (ExitCode.OK, "warn")
    assert "4000 Hz lies outside its calibration" in found.words


def test_a_full_disk_is_bad(lab: Lab, edit: Edit) -> None:
    edit("lab.toml", "min_free_mb = 200", "min_free_mb = 1e12")
    done = inside(lab, "try", "rigs/box1.toml", "--device", "disk", "--json")
    assert done.code == ExitCode.HARDWARE
    assert decode(done.out.encode())[0].state == "bad"


def test_a_rig_in_use_is_left_alone(lab: Lab) -> None:
    path = lab.folder / "rigs/box1.toml"
    with hold(lab.locks, "rig", "box1", "'M014' on 'box1'"), pytest.raises(BusyError, match="M014"):
        try_rig(lab, path, Wanted(), simulate=True)


def test_nonsense_is_refused(lab: Lab) -> None:
    for arguments, told in {
        ("box9",): "there is no such file",
        ("lab.toml",): "key 'devices' is missing",
        ("box1", "--device", "nose"): "Name one of: port, lick, valve, speaker, house_light, disk.",
    }.items():
        done = inside(lab, "try", *arguments)
        assert done.code == ExitCode.CHECK_FAILED
        assert told in done.err
    for drops in ("21", "-1", "many"):
        assert inside(lab, "try", "box1", "--drops", drops).code == ExitCode.USAGE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_it_leaves_every_device_off(lab: Lab, log: Path, number: signal.Signals) -> None:
    with_device(lab, "drivers.py:Slow")
    command = [*RIG_COMMAND, "try", "one", "--lab", str(lab.folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "slow is open\n"
        process.send_signal(number)
        assert process.wait(timeout=20) == ExitCode.STOPPED
        assert process.stderr.read() == "Stopped: every device is off.\n"
    assert log.read_text().splitlines() == ["off it", "close it"]


def test_who_ends_it_twice_while_a_device_goes_off_lets_it_go_off(lab: Lab, log: Path) -> None:
    with_device(lab, "drivers.py:SlowToGoOff")
    command = [*RIG_COMMAND, "try", "one", "--lab", str(lab.folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "it goes off\n"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == ExitCode.STOPPED
        assert process.stderr.read() == "Stopped: every device is off.\n"
    assert log.read_text().splitlines() == ["off it", "close it"]


def test_a_rig_whose_name_has_a_dot_is_found_by_its_name(lab: Lab) -> None:
    shutil.copyfile(lab.folder / "rigs/box1.toml", lab.folder / "rigs/box.9.toml")
    done = inside(lab, "try", "box.9", "--simulate", "--device", "disk")
    assert done.code == 0


def test_a_device_called_disk_is_a_device(lab: Lab) -> None:
    (lab.folder / "rigs/one.toml").write_text(
        '[devices.disk]\ndriver = "hardware.digital_input:DigitalInputTwin"\nline = "a"\n'
    )
    with pytest.raises(ConfigError):
        tried(lab)
    assert tried(lab, only="disk").kind == "digital input"
