"""What all commands tell alike: that they were stopped, and what mends a session."""

from __future__ import annotations

import pytest
from helpers import plan_for, run_virtual
from inside import inside

from rig.errors import ExitCode
from rig.lab import Lab

FIGURE = "the figure and its numbers are not written; earlier ones are as they were."


@pytest.mark.parametrize(
    ("arguments", "interrupted", "told"),
    [
        (("curve", "SIM01"), "analysis.commands.curve.read_past", f": {FIGURE}"),
        (
            ("decode", "SIM01", "--units", "units.nwb"),
            "analysis.session_decoding.command.decode_session",
            f": {FIGURE}",
        ),
        (
            ("fit", "SIM01"),
            "analysis.fits.command.read_past",
            ": this fit is not kept; an earlier one is as it was.",
        ),
        (
            ("align", "SIM01", "--with", "pulses.csv"),
            "rig.dataset.read_session",
            ": the alignment is not written; an earlier one is as it was.",
        ),
        (("ls",), "analysis.commands.ls.read_summary", "."),
    ],
)
def test_ctrl_c_ends_a_command_with_a_sentence_of_what_is_kept(
    short: Lab,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    interrupted: str,
    told: str,
) -> None:
    run_virtual(plan_for(short))

    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(interrupted, ctrl_c)
    done = inside(short, *arguments)
    assert (done.code, done.err, done.out) == (ExitCode.STOPPED, f"Stopped{told}\n", "")


@pytest.mark.parametrize("gone", ["removed", "no journal"])
def test_a_session_whose_journal_is_gone_is_to_be_recovered_whatever_reads_it(
    short: Lab, gone: str
) -> None:
    folder = run_virtual(plan_for(short)).folder
    if gone == "removed":
        folder.journal.unlink()
    else:
        folder.journal.write_bytes(b"nothing")
    advice = f"`rig recover {folder.name}` saves what can be saved, from its HDF5 file"
    for verb in ("show", "report", "verify", "journal", "curve", "fit"):
        done = inside(short, verb, "SIM01")
        assert done.code == ExitCode.RECORDING
        assert advice in done.err, verb
