"""Finds the output that a rig file names, and says in words why it cannot be used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any, Literal

from hardware.sound.messages import Output
from rig.errors import DeviceError, Problem, RigError

WASAPI = "Windows WASAPI"
_SERVERS = ("pulse", "default", "pipewire", "sysdefault", "dmix")
_CONVERTS = {
    "MME": "It converts other rates without a word.",
    "Windows DirectSound": "It converts other rates without a word.",
    WASAPI: "It converts other rates, or refuses them, unless exclusive = true.",
    "Core Audio": "It converts other rates than the one that is set in Audio MIDI Setup.",
}
SAME_RATE = 1e-6
"""Share by which the rate of the rig file may differ from the output's own."""


def portaudio() -> Any:
    """Return the library; raise `DeviceError` if the system lacks it."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise DeviceError(
            "PortAudio is not installed",
            "sound card",
            "Install it: sudo apt install libportaudio2 (Debian, Ubuntu); elsewhere, "
            "pip install sounddevice brings it.",
        ) from error
    return sounddevice


def named(host_api: str, line: str, sort: Literal["output", "input"]) -> dict[str, Any]:
    """Return what PortAudio tells of the one output or input of a name, or of a part of it.

    Raises
    ------
    DeviceError
        If there is none, or more than one.
    """
    library = portaudio()
    apis = [api["name"] for api in library.query_hostapis()]
    if host_api not in apis:
        raise DeviceError(
            f"this computer has no host API '{host_api}'; it has {_listed(apis)}",
            "host_api",
            "Write one of these as host_api.",
        )
    those = [
        each
        for each in library.query_devices()
        if apis[each["hostapi"]] == host_api and each[f"max_{sort}_channels"] > 0
    ]
    fitting = [each for each in those if each["name"] == line] or [
        each for each in those if line in each["name"]
    ]
    if not fitting:
        names = _listed([each["name"] for each in those])
        raise DeviceError(
            f"{host_api} has no {sort} '{line}'; it has {names}",
            "line",
            "Connect the sound card and switch it on, or write one of these names as line.",
        )
    if len(fitting) > 1:
        many = _listed([each["name"] for each in fitting])
        raise DeviceError(f"'{line}' may be any of {many}", "line", "Write the whole name as line.")
    return dict(fitting[0])


def find(output: Output) -> int:
    """Return PortAudio's number of an output.

    Raises
    ------
    DeviceError
        If there is none, or more than one, of that name; or if it has too few channels.
    """
    found = named(output.host_api, output.line, "output")
    needed, most = channels(output), found["max_output_channels"]
    if needed > most:
        raise DeviceError(
            f"'{found['name']}' has {most} channels, not {needed}",
            "channel, trigger_channel",
            "Write smaller numbers, or trigger_channel = 0 for no trigger.",
        )
    return int(found["index"])


def channels(output: Output) -> int:
    """Return how many channels of an output are used."""
    return max(output.channel, output.trigger_channel)


def stream_settings(output: Output) -> dict[str, Any]:
    """Return what PortAudio is told of an output; raise `DeviceError` if it is not there."""
    settings: dict[str, Any] = {
        "device": find(output),
        "channels": channels(output),
        "dtype": "float32",
        "samplerate": output.rate_hz,
    }
    if output.exclusive:
        settings["extra_settings"] = portaudio().WasapiSettings(exclusive=True)
    return settings


def wrong_rate(output: Output, true: float | None, why: object) -> DeviceError:
    """Return the error of an output that has another rate than the rig file; None if none."""
    has = "" if true is None else f"; it would play at {true:.9g} Hz"
    return DeviceError(
        f"'{output.line}' does not play at {output.rate_hz:.9g} Hz{has} ({why})",
        "rate_hz",
        "Set the card to this rate, write one that it has, or name it by a host API that does "
        "not convert (ALSA: a name with 'hw:'; Windows: WASAPI with exclusive = true, or ASIO).",
    )


def problems(output: Output) -> list[Problem]:
    """Return what keeps an output from playing as the rig file says, as far as can be found."""
    try:
        settings = stream_settings(output)
        library = portaudio()
        try:
            library.check_output_settings(**settings)
        except library.PortAudioError as error:
            raise wrong_rate(output, None, error.args[0]) from error
        name = library.query_devices(settings["device"])["name"]
    except RigError as error:
        return [Problem(error.what, error.where, error.do)]
    doubt = _doubt(output, name)
    do = "Name the card by a host API that does not convert, or prove the rate by a loop cable."
    return [Problem(doubt, "host_api", do, "warning")] if doubt else []


def _doubt(output: Output, name: str) -> str:
    """Return why the sound may be converted to another rate on its way; empty if it is not."""
    if output.host_api == "ALSA" and name in _SERVERS:
        rate_hz = _server_rate_hz()
        if rate_hz == output.rate_hz:
            return ""
        known = f"plays at {rate_hz} Hz" if rate_hz else "has a rate that cannot be found out"
        return f"'{name}' is a sound server, which {known}: sounds are converted to it"
    if output.exclusive or output.host_api not in _CONVERTS:
        return ""
    return f"{output.host_api} may play at another rate. {_CONVERTS[output.host_api]}"


def _server_rate_hz() -> int | None:
    """Return the rate of the output that PulseAudio or PipeWire plays to; None if unknown."""
    if shutil.which("pactl") is None:
        return None
    told = []
    for order in (["get-default-sink"], ["list", "short", "sinks"]):
        done = subprocess.run(
            ["pactl", *order],
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=5,
        )
        told.append(done.stdout)
    for line in told[1].splitlines():
        _, name, *rest = line.split("\t")
        found = re.search(r"(\d+)Hz", " ".join(rest))
        if name == told[0].strip() and found:
            return int(found[1])
    return None


def _listed(names: list[str]) -> str:
    return "'" + "', '".join(names) + "'" if names else "none"
