"""Adds to a lab the box in which a person is the mouse: one whose sounds are heard."""

from __future__ import annotations

from rig.lab import Lab, write_new
from rig.rig_plan import check_devices, plan_rig

RIG = "you"
_LIKE = "box2"
_HEARD, _SILENT = "hardware.audible_speaker:AudibleSpeaker", "hardware.speaker:SpeakerTwin"


def add_box_for_a_person(lab: Lab) -> str:
    """Write the box; return why nothing will be heard, or an empty text.

    The box is like the template's head-fixed one. On a computer without sound its speaker is
    that of a simulated rig, which nobody hears.

    Raises
    ------
    RigError
        If it is there already, or the template's rig is not.
    """
    like = (lab.folder / "rigs" / f"{_LIKE}.toml").read_text(encoding="utf-8")
    path = lab.folder / "rigs" / f"{RIG}.toml"
    text = like.replace(_SILENT, _HEARD).replace("Dev2", "Dev3").replace("HDMI-", "You-")
    write_new({path: text})
    silent = check_devices(lab, plan_rig(lab, path, simulate=True))
    if not silent:
        return ""
    path.write_text(text.replace(_HEARD, _SILENT), encoding="utf-8")
    return silent[0].what
