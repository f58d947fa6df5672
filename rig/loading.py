"""Loads all that a protocol presents into the devices that present it, before the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from rig.devices import Device, DigitalOutput, Display, Presenter, Projector, Speaker
from rig.errors import CheckFailed, Problem, ProtocolError
from rig.graph import plain
from rig.picture import Flashes, Grating
from rig.protocol import TrialProtocol
from rig.sound import Sound
from rig.stimuli import Stimuli, Stimulus

Presented = TypeVar("Presented", Sound, Grating, Flashes)
Answer = TypeVar("Answer")


def ask_for_stimuli(protocol: TrialProtocol, where: str) -> Stimuli:
    """Return what a protocol presents: asked once, so that what is recorded is what is loaded.

    Raises
    ------
    ProtocolError
        If the protocol raises, or returns something else.
    """
    return Stimuli(
        sounds=_ask(protocol.sounds, Sound, f"{where}, sounds()"),
        gratings=_ask(protocol.gratings, Grating, f"{where}, gratings()"),
        flashes=_ask(protocol.flashes, Flashes, f"{where}, flashes()"),
        outputs=_outputs_of(protocol, f"{where}, session_outputs()"),
    )


def load_stimuli(devices: Mapping[str, Device], stimuli: Stimuli, where: str) -> None:
    """Load stimuli into the devices of their kind.

    Parameters
    ----------
    devices
        The devices of the rig by name; every one of a kind gets all stimuli of that kind.
    stimuli
        What is presented.
    where
        The protocol file, for errors.

    Raises
    ------
    CheckFailed
        With every stimulus that a device refuses, and every output that the rig lacks.
    """
    problems = _outputs(devices, stimuli.outputs, f"{where}, session_outputs()")
    for device in devices.values():
        match device:
            case Speaker():
                problems += _load(device, stimuli.sounds, where)
            case Display():
                problems += _load(device, stimuli.gratings, where)
            case Projector():
                problems += _load(device, stimuli.flashes, where)
            case _:
                pass
    if problems:
        raise CheckFailed(problems)


def _outputs_of(protocol: TrialProtocol, where: str) -> tuple[str, ...]:
    """Return the outputs that a protocol wants to be on throughout."""
    names: tuple[Any, ...] = _called(lambda: tuple(protocol.session_outputs()), where)
    if not all(isinstance(name, str) for name in names):
        raise ProtocolError(
            "these are no names of outputs", where, "Return names, such as ('masking_light',)."
        )
    return names


def _outputs(devices: Mapping[str, Device], wanted: Sequence[str], where: str) -> list[Problem]:
    """Return outputs that are to be on throughout the session, and that the rig does not have."""
    outputs = [name for name, device in devices.items() if isinstance(device, DigitalOutput)]
    return [
        Problem(
            f"the rig has no digital output '{name}'",
            where,
            f"Use one of: {', '.join(outputs)}." if outputs else "Take another rig.",
        )
        for name in wanted
        if name not in outputs
    ]


def _ask(
    method: Callable[[], Mapping[str, Presented]], wanted: type[Presented], where: str
) -> dict[str, Presented]:
    """Return what a method of the protocol answers, as plain data of the wanted type."""
    answer: Any = _called(method, where)
    try:
        return msgspec.convert(msgspec.to_builtins(answer, enc_hook=plain), dict[str, wanted])  # type: ignore[valid-type]
    except (TypeError, msgspec.ValidationError) as error:
        name = wanted.__name__
        raise ProtocolError(
            f"these are no stimuli of the type {name}: {error}",
            where,
            f"Return {wanted.__module__}.{name} by name.",
        ) from error


def _called(method: Callable[[], Answer], where: str) -> Answer:
    """Return what a method of the protocol returns; raise `ProtocolError` if it raises."""
    try:
        return method()
    except (Exception, SystemExit) as error:
        raise ProtocolError(
            f"the protocol raised {type(error).__name__}: {error}", where, "Mend it."
        ) from error


def _load(device: Presenter, stimuli: Mapping[str, Stimulus], where: str) -> list[Problem]:
    """Load stimuli into a device, unless it refuses some; return what it refuses."""
    refused = {name: device.refuse_stimulus(stimulus) for name, stimulus in stimuli.items()}
    problems = [
        Problem(
            f"a {device.kind} refuses '{name}': {reason}",
            where,
            "Change it or its file, or measure the device over a wider range.",
        )
        for name, reason in refused.items()
        if reason
    ]
    if not problems:
        device.load(stimuli)
    return problems
