"""Mistakes in the files of every protocol: `rig check` fails, and says the right sentence."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import PROTOCOLS, RIGS

from rig.commands.check import check_lab
from rig.errors import CheckFailed
from rig.lab import Lab, find_lab
from rig.plan import make_plan

Edit = Callable[[str, str, str], None]
BOX1, BOX2 = "rigs/box1.toml", "rigs/box2.toml"

MISTAKES = {
    # protocol: (name, file, old, new, what it says)
    "a sound that is not there": (
        "go_nogo", "", 'go_sound = "A"', 'go_sound = "D"', "there is no sound 'D'"),
    "a sound nearly spelt": (
        "go_nogo_ramps", "", 'nogo_sound = "down"', 'nogo_sound = "donw"', "did you mean 'down'?"),
    "one sound for both": (
        "go_nogo_ramps", "", 'nogo_sound = "down"', 'nogo_sound = "up"', "must differ"),
    "a form that is not there": (
        "go_nogo", "", 'form = "beam_dwell"', 'form = "beam"', "does not match any of the"),
    "a tone above the speaker": (
        "go_nogo_tones", "", "frequency_hz = 16000", "frequency_hz = 70000",
        "70000 Hz lies outside its calibration"),
    "a tone shorter than its gates": (
        "go_nogo_tones", "", "duration = 0.2", "duration = 0.005", "do not fit into 0.005 s"),
    "a wav file that is not there": (
        "go_nogo_tones", "", 'form = "tone"\nfrequency_hz = 16000\nduration = 0.2',
        'form = "wav"\nfile = "sounds/high.wav"\nduration = 0.2', "the sound's file is missing"),
    "a ramp louder than the speaker": (
        "go_nogo_ramps", "", "[params]", "[params.sounds.up]\nform = \"ramp\"\nfrom_db_spl = 60\n"
        "to_db_spl = 105\n[params]", "more than the speaker can give"),
    "a setting that is not there": (
        "go_nogo_noise", "", "response_window = 1.5", "response_windows = 1.5",
        "Did you mean 'response_window'?"),
    "runs that cannot be": (
        "go_nogo", "", "reward_ul = 5.0", "longest_run = 0", "greater than or equal to 1, not 0"),
    "intervals the wrong way round": (
        "go_nogo_head_fixed", "", "longest = 7.0", "longest = 2.0", "must not be shorter"),
    "a protocol for another kind of rig": (
        "go_nogo", "", 'setup = "freely_moving"', 'setup = "flying"',
        "no rig here has setup = 'flying'"),
    "a port that is missing": (
        "habituation", BOX1, "[devices.port]", "[devices.nose]",
        "no device of this rig gives the event 'port_on'"),
    "rewards below the calibration": (
        "habituation", "", "reward_ul = 5.0", "reward_ul = 0.5", "outside its calibration"),
    "free rewards the wrong way round": (
        "habituation_head_fixed", "", "shortest = 5.0", "shortest = 50.0",
        "must not be shorter than the shortest"),
    "a sound to be presented twice": (
        "imaging_ramps", "", '["up", "down"]', '["up", "up"]', "present names a sound twice"),
    "a sound to be presented that is not there": (
        "imaging_noise", "", '"noise_20_hz"', '"noise_40_hz"', "did you mean 'noise_20_hz'?"),
    "presentations too close": (
        "imaging_sounds", "", "repetitions = 30", "repetitions = 30\nlongest = 1",
        "must not be shorter"),
    "one level only": (
        "detection", "", "[73, 63, 53, 43, 33, 23, 13]", "[73]", "at least 2 items"),
    "a level twice": (
        "detection", "", "[73, 63", "[63, 63", "levels_db_spl names a level twice"),
    "equal disks": (
        "optogenetic", "", "x_um = 700\ny_um = -300\ndiameter_um = 720",
        "x_um = -700\ny_um = -300\ndiameter_um = 360", "the disks of go and nogo must differ"),
    "a disk of catch trials twice": (
        "optogenetic", "", '["C", "S+", "S-"]', '["C", "C", "S-"]', "kinds names a disk twice"),
    "a level that is too loud": (
        "detection", "", "[73, 63", "[109, 63", "more than the speaker can give"),
    "no silent trials": (
        "detection", "", "silent_trials = 3", "silent_trials = 0", "greater than or equal to 1"),
    "a ramp to be detected": (
        "detection_training", "", 'stage = "training"', 'stage = "training"\ndetect = ["up"]',
        "'up' is a ramp: its level cannot be set"),
    "a sound to be detected twice": (
        "detection_training", "", 'stage = "training"', 'stage = "training"\ndetect = ["A", "A"]',
        "detect names a sound twice"),
    "a share of silent trials that is no number of trials": (
        "detection_adaptive", "", "silent_probability = 0.1", "silent_probability = 0.12",
        "must be a whole number of trials"),
    "too few levels to adapt": (
        "detection_adaptive", "", "step_db = 5", "step_db = 20\nlowest_db_spl = 40",
        "Cannot overwrite a value"),
    "levels too far apart": (
        "detection_adaptive", "", "highest_db_spl = 73", "highest_db_spl = 12",
        "at least two steps above"),
    "a share of catch trials that is no number of trials": (
        "optogenetic", "", "window = 20", "window = 15", "a whole number of catch trials"),
    "a catch trial that is not there": (
        "optogenetic", "", '"S-"]', '"S0"]', "'C', 'S+' or 'S-'"),
    "a disk beyond the field": (
        "optogenetic", "", "x_um = 700", "x_um = 1900", "reaches beyond its field"),
    "a disk without a size": (
        "optogenetic", "", "y_um = 600\ndiameter_um = 360", "y_um = 600",
        "key 'diameter_um' is missing"),
    "flashes the projector cannot make": (
        "optogenetic", BOX2, "frame_hz = 40", "frame_hz = 60",
        "half a period of 20 Hz lasts 1.5 of its frames"),
    "no masking light": (
        "optogenetic", BOX2, "[devices.masking_light]", "[devices.lamp]",
        "the rig has no digital output 'masking_light'"),
    "no projector": (
        "optogenetic_pretraining", BOX2, "[devices.projector]", "[devices.beamer]",
        "the rig has no device 'projector'"),
    "two equal orientations": (
        "visual_discrimination", "", 'modality = "visual"',
        'modality = "visual"\ntrial = { nogo_orientation_deg = 45 }', "must differ"),
    "a modality that is not there": (
        "visual_discrimination", "", '"visual"', '"visuel"', "should be 'visual' or 'auditory'"),
    "no screen": (
        "visual_discrimination", BOX2, "[devices.screen]", "[devices.monitor]",
        "the rig has no device 'screen'"),
    "a screen too coarse for the grating": (
        "visual_discrimination", BOX2, "width_cm = 35\nwidth_px = 1920",
        "width_cm = 200\nwidth_px = 16",
        "finer than its pixels"),
    "no vacuum": (
        "auditory_discrimination", BOX2, "[devices.vacuum]", "[devices.pump]",
        "the rig has no device 'vacuum'"),
    "a drop after the stimuli": (
        "auditory_discrimination", "", 'modality = "auditory"',
        'modality = "auditory"\ntrial = { reward_time = 3.0 }', "before the end of the stimuli"),
    "a vacuum longer than the interval": (
        "auditory_discrimination", "", 'modality = "auditory"',
        'modality = "auditory"\ntrial = { vacuum_time = 2, visual_error_interval = 1 }',
        "vacuum_time must be shorter"),
    "an odd number of priming trials": (
        "set_shifting", "", "priming_trials = 30", "priming_trials = 31", "multiple of 2"),
    "too few priming trials for d'": (
        "set_shifting", "", "priming_trials = 30", "priming_trials = 10",
        "greater than or equal to 20"),
    "runs that priming cannot have": (
        "set_shifting", "", "priming_trials = 30", "priming_trials = 30\nlongest_run = 1",
        "greater than or equal to 2, not 1"),
    "a criterion that cannot be met": (
        "set_shifting", "", "blocks = 2", "blocks = 2\ncriterion = { hits_above = 1.0 }",
        "less than 1, not 1.0"),
    "a failure that is not there": (
        "set_shifting", "", '"more_priming"', '"again"', "'more_priming', 'stop' or 'ask'"),
    "a context that is not there": (
        "set_shifting", "", 'first = "random"', 'first = "both"', "'auditory' or 'random'"),
}  # fmt: skip


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Return a new lab without curricula: a check plays each of their stages, too."""
    shutil.rmtree(lab.folder / "curricula")
    return lab


def problems(lab: Lab, protocol: str) -> list[str]:
    """Return the errors that a check of one protocol finds, on all rigs of the lab."""
    fresh = find_lab(lab.folder)
    rigs = [fresh.folder / rig for rig in RIGS.values()]
    found, _ = check_lab(fresh, rigs, [fresh.folder / f"protocols/{protocol}.toml"], simulate=True)
    return [str(problem) for problem in found if problem.level == "error"]


def test_there_are_mistakes_for_every_protocol() -> None:
    tried = {protocol for protocol, *_ in MISTAKES.values()}
    assert tried | {"pretraining"} == set(PROTOCOLS)
    assert len(MISTAKES) >= 25


@pytest.mark.parametrize("mistake", MISTAKES)
def test_check_says_the_right_sentence(lab: Lab, edit: Edit, mistake: str) -> None:
    protocol, file, old, new, said = MISTAKES[mistake]
    edit(file or f"protocols/{protocol}.toml", old, new)
    found = problems(lab, protocol)
    assert any(said in text for text in found), found


def test_a_session_on_the_wrong_kind_of_rig_is_refused(lab: Lab) -> None:
    with pytest.raises(CheckFailed) as caught:
        make_plan(
            lab, RIGS["freely_moving"], Path("protocols/set_shifting.toml"), "SIM01",
            simulate=True, seed=1,
        )  # fmt: skip
    assert "meant for a rig with setup = 'head_fixed'" in str(caught.value)


def test_a_check_of_one_rig_leaves_out_what_is_meant_for_others(lab: Lab) -> None:
    rig = lab.folder / RIGS["freely_moving"]
    other = lab.folder / "protocols/set_shifting.toml"
    for path in lab.files("protocols"):
        if path not in (other, lab.folder / "protocols/go_nogo.toml"):
            path.unlink()
    found, played = check_lab(lab, [rig], lab.files("protocols"), simulate=True)
    assert [str(each) for each in found] == []
    assert [each["protocol"] for each in played] == ["go_nogo"]
    found, _ = check_lab(lab, [rig], [other], simulate=True)
    assert "meant for a rig with setup = 'head_fixed', and 'box1' has" in str(found[0])
