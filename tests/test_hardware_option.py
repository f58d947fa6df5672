"""`pytest --hardware RIG.toml`: contracts are tried on the devices of that rig, and no others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hardware.emulators.ni.card_wires import CardWires
from rig.lab import Lab

ROOT = Path(__file__).parent.parent
RIG = """
[devices.light]
driver = "hardware.ni_digital_output:NiDigitalOutput"
line = "Dev1/port1/line0"
address = "{address}"

[devices.lick]
driver = "hardware.ni_digital_input:NiDigitalInput"
line = "Dev1/port0/line1"
address = "{address}"

[devices.screen]
driver = "hardware.display:DisplayTwin"
"""


def test_the_devices_of_a_rig_are_tried_and_what_needs_an_observer_is_left_out(
    lab: Lab, emulated_card: CardWires
) -> None:
    rig = lab.folder / "rigs/ni.toml"
    rig.write_text(RIG.format(address=emulated_card.address), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--hardware", str(rig),
         "tests/test_device_contracts.py", "tests/test_acceptance.py"],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    tried = [
        line.split("::")[1].split()[0] for line in done.stdout.splitlines() if "PASSED" in line
    ]
    assert sorted(tried) == [
        "test_a_closed_output_cannot_be_switched_on[light]",
        "test_a_device_in_order_has_no_problems[lick]",
        "test_a_device_in_order_has_no_problems[light]",
        "test_an_output_switches_and_off_makes_it_low[light]",
        "test_orders_of_other_kinds_are_refused_in_words[lick]",
        "test_orders_of_other_kinds_are_refused_in_words[light]",
        "test_verbs_may_be_repeated_and_work_on_a_closed_device[lick]",
        "test_verbs_may_be_repeated_and_work_on_a_closed_device[light]",
    ], done.stdout
    assert "8 passed" in done.stdout
    assert "skipped" not in done.stdout
