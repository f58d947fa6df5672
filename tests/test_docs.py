"""What the how-to pages print is run as it is printed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Done
from helpers import plan_for, run_virtual

from rig.clock import SystemClock
from rig.commands.check import check_lab
from rig.devices import Context, DigitalOutput
from rig.errors import CheckFailed, DeviceError, ExitCode
from rig.events import DeviceReported, InputChanged
from rig.inbox import Inbox
from rig.journal import digest
from rig.lab import Lab, find_lab
from rig.plan import make_plan
from rig.plugins import load_class
from rig.rig_plan import plan_rig
from rig.room import Room
from rig.session_record import load_session

HOW_TO = Path(__file__).parent.parent / "docs" / "how-to"
BLOCK = re.compile(r"into\s+`([\w/-]+\.(?:py|toml))`[^`]*?```(?:python|toml)\n(.*?)```", re.DOTALL)
Edit = Callable[[str, str, str], None]


def files_in(page: str) -> dict[str, str]:
    """Return the files that a page tells to write."""
    found = dict(BLOCK.findall((HOW_TO / page).read_text(encoding="utf-8")))
    assert found
    return found


@pytest.fixture
def with_protocol(lab: Lab) -> Lab:
    """Return a lab with the protocol of the page."""
    for name, text in files_in("own-protocol.md").items():
        (lab.folder / name).write_text(text, encoding="utf-8")
    return lab


@pytest.fixture
def with_driver(lab: Lab, edit: Edit) -> Lab:
    """Return a lab with the driver of the page."""
    (lab.folder / "drivers").mkdir()
    for name, text in files_in("own-driver.md").items():
        (lab.folder / name).write_text(text, encoding="utf-8")
    page = (HOW_TO / "own-driver.md").read_text(encoding="utf-8")
    table = re.search(r"```toml\n(\[devices\.house_light\].*?)```", page, re.DOTALL)
    assert table is not None
    old = re.search(
        r"\[devices\.house_light\].*?\n\n", (lab.folder / "rigs/box1.toml").read_text(), re.DOTALL
    )
    assert old is not None
    edit("rigs/box1.toml", old[0], table[1] + "\n")
    return lab


def test_the_protocol_passes_its_check_and_runs(with_protocol: Lab) -> None:
    path = with_protocol.folder / "protocols/visit.toml"
    problems, rehearsals = check_lab(
        with_protocol, [with_protocol.folder / "rigs/box1.toml"], [path], simulate=True
    )
    assert problems == []
    assert rehearsals[0]["outcomes"] == {"hit": 20, "miss": 1}
    result = run_virtual(plan_for(with_protocol, Path("protocols/visit.toml")))
    assert result.reason == "20 drops drunk"
    assert result.water_ul == 4.0 * len(result.rows)


@pytest.fixture
def with_two_spouts(lab: Lab) -> Lab:
    """Return a lab with the rig and the protocol of the page."""
    for name, text in files_in("two-spouts.md").items():
        (lab.folder / name).write_text(text, encoding="utf-8")
    return lab


def test_the_task_with_two_spouts_is_short_and_passes_its_check(
    with_two_spouts: Lab, command: Callable[..., Done]
) -> None:
    source = (with_two_spouts.folder / "protocols/two_spouts.py").read_text(encoding="utf-8")
    assert len(source.splitlines()) < 80
    done = command("check", "--rig", "rigs/box3.toml", "--protocol", "protocols/two_spouts.toml")
    assert done.code == ExitCode.OK
    assert "Everything is in order." in done.out


def test_each_choice_is_rewarded_at_its_own_spout(with_two_spouts: Lab) -> None:
    protocol, rig = Path("protocols/two_spouts.toml"), Path("rigs/box3.toml")
    plan = make_plan(with_two_spouts, rig, protocol, "SIM01", simulate=True, seed=1)
    record = load_session(run_virtual(plan).folder)
    assert {row.outcome for row in record.rows} == {"correct", "error", "miss"}
    drops = {
        e.trial: e.device for e in record.events if isinstance(e, DeviceReported) and e.volume_ul
    }
    licks: dict[int, list[str]] = {}
    for event in record.events:
        if isinstance(event, InputChanged) and event.level:
            licks.setdefault(event.trial, []).append(event.device)
    for row in record.rows:
        side = row.trial_type
        assert (row.outcome == "correct") == (drops.get(row.trial) == f"valve_{side}")
        if row.outcome == "correct":
            assert f"lick_{side}" in licks[row.trial]
        assert row.lick_count == len(licks.get(row.trial, []))


def test_the_rig_of_serial_devices_can_be_simulated_and_else_says_what_is_missing(
    lab: Lab,
) -> None:
    for name, text in files_in("serial-devices.md").items():
        (lab.folder / name).write_text(text, encoding="utf-8")
    rig, protocol = Path("rigs/box4.toml"), Path("protocols/go_nogo_head_fixed.toml")
    record = load_session(
        run_virtual(make_plan(lab, rig, protocol, "SIM01", simulate=True, seed=1)).folder
    )
    assert {device.ran for device in record.definition.devices} >= {
        "BoardDigitalInputTwin", "BoardEncoderTwin", "SyringePumpTwin",
    }  # fmt: skip
    assert any(e.volume_ul == 5.0 for e in record.events if isinstance(e, DeviceReported))
    with pytest.raises(CheckFailed) as found:
        plan_rig(lab, lab.folder / rig, simulate=False)
    serial = [each.what for each in found.value.problems if "speaker" not in each.where]
    assert serial == [
        f"no serial device with the USB serial number '{number}' is plugged in"
        for number in ("11504350", "11504377", "FT5X0A2B")
    ]


def test_a_lab_s_own_files_are_kept_with_the_session(with_protocol: Lab, tmp_path: Path) -> None:
    """And where the lab's folder lies makes no difference to the record."""
    shutil.copytree(with_protocol.folder, tmp_path / "elsewhere")
    path = Path("protocols/visit.toml")
    here = run_virtual(plan_for(with_protocol, path)).folder
    there = run_virtual(plan_for(find_lab(tmp_path / "elsewhere"), path)).folder
    assert digest(here.journal) == digest(there.journal)
    own = load_session(here).definition.own_files
    assert own == {"protocols/visit.py": (with_protocol.folder / "protocols/visit.py").read_text()}


def test_the_driver_is_simulated_by_its_twin(with_driver: Lab) -> None:
    record = load_session(run_virtual(plan_for(with_driver)).folder)
    light = {device.name: device for device in record.definition.devices}["house_light"]
    assert (light.driver, light.ran, light.simulated) == ("drivers/led.py:Led", "LedTwin", True)
    assert list(record.definition.own_files) == ["drivers/led.py"]


def test_check_asks_the_driver_itself_unless_told_not_to(
    with_driver: Lab, command: Callable[..., Done]
) -> None:
    arguments = ("check", "--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml")
    asked = command(*arguments)
    assert asked.code == ExitCode.CHECK_FAILED
    assert "there is no such LED" in asked.out
    assert command(*arguments, "--simulate").code == ExitCode.OK


def test_the_driver_switches_what_it_is_told_to(with_driver: Lab, tmp_path: Path) -> None:
    driver = load_class("drivers/led.py:Led", DigitalOutput, with_driver.folder, "test")
    line = tmp_path / "brightness"
    line.touch()
    context = Context(SystemClock(), Inbox(), Room(), with_driver.folder)
    light = driver("light", driver.Settings.model_validate({"line": str(line)}), context)
    light.open()
    assert not light.level()
    light.switch_on()
    assert line.read_text() == "1"
    light.close()
    assert line.read_text() == "0"
    line.unlink()
    line.mkdir()
    with pytest.raises(DeviceError, match="cannot be switched"):
        light.switch_on()
