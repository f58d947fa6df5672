"""The same seed gives the same bytes: whatever the process, the folder and the day."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from conftest import Done
from helpers import PROTOCOLS, plan_for, put_mouse, run_virtual

from rig.events import as_text
from rig.journal import digest, read_frames, read_records
from rig.lab import Lab, find_lab
from rig.session import Session

Edit = Callable[[str, str, str], None]
GOLDEN = Path(__file__).parent / "golden"


def test_digest_does_not_depend_on_process_processor_folder_or_start(
    short: Lab, shell: Callable[..., Done], tmp_path: Path
) -> None:
    arguments = ("--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml")
    run = ("run", *arguments, "--subject", "SIM01", "--virtual", "--seed", "7")
    digests = []
    for hash_seed, processor in (("0", "Haswell"), ("1", "Prescott")):
        assert shell(*run, PYTHONHASHSEED=hash_seed, OPENBLAS_CORETYPE=processor).code == 0
        shown = shell("journal", "SIM01", "--digest")
        digests.append(shown.out.strip())
        (short.folder / "subjects" / "SIM01.memory.json").unlink()
    elsewhere = tmp_path / "another place" / "lab"
    shutil.copytree(short.folder, elsewhere, ignore=shutil.ignore_patterns("data"))
    plan = plan_for(find_lab(elsewhere), seed=7)
    long_ago = datetime.now().astimezone() - timedelta(days=1000)
    with Session(plan, "virtual", started_at=long_ago) as session:
        digests.append(digest(session.run().folder.journal))
    assert len(set(digests)) == 1
    assert len(digests[0]) == 64


def test_only_the_header_differs(short: Lab) -> None:
    plan = plan_for(short)
    first, second = (list(read_frames(run_virtual(plan).folder.journal)) for _ in range(2))
    assert first[0] != second[0]
    assert first[1:] == second[1:]


def test_another_seed_gives_another_session(short: Lab) -> None:
    digests = {
        digest(run_virtual(plan_for(short, subject="SIM02", seed=seed)).folder.journal)
        for seed in (1, 2)
    }
    assert len(digests) == 2


def golden_text(lab: Lab, protocol: str) -> str:
    """Return the events of a session with a fixed seed, as text."""
    result = run_virtual(plan_for(lab, Path(f"protocols/{protocol}.toml"), seed=1))
    return "\n".join(as_text(r) for r in list(read_records(result.folder.journal))[2:]) + "\n"


def compare(protocol: str, text: str, *, update: bool) -> None:
    """Compare a text with the golden one; or write it anew."""
    golden = GOLDEN / f"{protocol}.txt"
    if update:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("protocol", [name for name in PROTOCOLS if name != "set_shifting"])
def test_golden_session(lab: Lab, edit: Edit, protocol: str, update_golden: bool) -> None:
    """The first trials of each protocol with a mouse that learns, event by event, as text."""
    file = f"protocols/{protocol}.toml"
    line = next(line for line in (lab.folder / file).read_text().splitlines() if "max_t" in line)
    edit(file, line, "max_trials = 6")
    for rig in ("rigs/box1.toml", "rigs/box2.toml"):
        edit(rig, "[simulation.settings.recruitment]", _EAGER)
    compare(protocol, golden_text(lab, protocol), update=update_golden)


def test_golden_session_of_set_shifting(lab: Lab, edit: Edit, update_golden: bool) -> None:
    """Priming, trials with distractors, the break, and the other modality."""
    put_mouse(lab, policy="perfect", go=["45 deg", "5 kHz"])
    edit("protocols/set_shifting.toml", "priming_trials = 30", "priming_trials = 20")
    edit("protocols/set_shifting.toml", "bimodal_trials = 120", "bimodal_trials = 8")
    edit("protocols/set_shifting.toml", "max_trials = 500", "max_trials = 31")
    compare("set_shifting", golden_text(lab, "set_shifting"), update=update_golden)


def test_every_protocol_of_a_new_lab_has_a_golden_session(lab: Lab) -> None:
    names = {path.stem for path in lab.files("protocols")}
    assert names == set(PROTOCOLS) == {path.stem for path in GOLDEN.glob("*.txt")}


_EAGER = """[simulation.settings]
common_excitation = 2.0
common_inhibition = 1.0
[simulation.settings.recruitment]"""
