"""The same seed gives the same bytes: whatever the process, the folder and the day."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from conftest import Done
from helpers import plan_for, run_virtual

from rig.events import as_text
from rig.journal import digest, read_frames, read_records
from rig.lab import Lab, find_lab
from rig.session import Session

GOLDEN = Path(__file__).parent / "golden"


def test_digest_does_not_depend_on_process_processor_folder_or_start(
    short: Lab, command: Callable[..., Done], tmp_path: Path
) -> None:
    arguments = ("--rig", "rigs/box1.toml", "--protocol", "protocols/go_nogo.toml")
    run = ("run", *arguments, "--subject", "SIM01", "--virtual", "--seed", "7")
    digests = []
    for hash_seed, processor in (("0", "Haswell"), ("1", "Prescott")):
        assert command(*run, PYTHONHASHSEED=hash_seed, OPENBLAS_CORETYPE=processor).code == 0
        shown = command("journal", "SIM01", "--digest")
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


@pytest.mark.parametrize("protocol", ["go_nogo", "go_nogo_head_fixed", "pretraining"])
def test_golden_session(
    lab: Lab, edit: Callable[[str, str, str], None], protocol: str, update_golden: bool
) -> None:
    """The first trials of each protocol, event by event, as text."""
    file = f"protocols/{protocol}.toml"
    line = next(line for line in (lab.folder / file).read_text().splitlines() if "max_t" in line)
    edit(file, line, "max_trials = 6")
    edit("rigs/box1.toml", "[simulation.settings.recruitment]", _EAGER)
    result = run_virtual(plan_for(lab, Path(file), seed=1))
    text = "\n".join(as_text(r) for r in list(read_records(result.folder.journal))[2:]) + "\n"
    golden = GOLDEN / f"{protocol}.txt"
    if update_golden:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


_EAGER = """[simulation.settings]
common_excitation = 2.0
common_inhibition = 1.0
[simulation.settings.recruitment]"""
