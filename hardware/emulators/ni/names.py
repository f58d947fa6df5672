"""The names of an emulated card's lines and terminals, and what of them there is."""

from __future__ import annotations

import re

from hardware.emulators.ni.faults import NO_SUCH_CHANNEL, NO_SUCH_DEVICE, CardError
from hardware.emulators.ni.profiles import Profile

FIRST_COUNTER_OUTPUT = 12
"""The number of the PFI terminal on which the first counter comes out; the others follow."""
_RANGE = re.compile(r"(.*?)(\d+):(?:[^\d,]*)(\d+)$")


def unfold(names: str) -> list[str]:
    """Return the single names of a list such as ``Dev1/port0/line0:2,Dev1/port1``.

    Examples
    --------
    >>> unfold("Dev1/ai0:1, Dev1/ai5")
    ['Dev1/ai0', 'Dev1/ai1', 'Dev1/ai5']
    """
    found = []
    for name in filter(None, (each.strip() for each in names.split(","))):
        match = _RANGE.match(name)
        if match is None:
            found.append(name)
            continue
        first, last = int(match[2]), int(match[3])
        step = 1 if last >= first else -1
        found += [f"{match[1]}{number}" for number in range(first, last + step, step)]
    return found


def canonical(name: str) -> str:
    """Return the one form of a name: no leading slash, small letters, PFI lines as ports.

    The output of a counter is the PFI terminal on which it comes out by default.

    Examples
    --------
    >>> canonical("/Dev1/PFI12")
    'dev1/port2/line4'
    >>> canonical("/Dev1/Ctr1InternalOutput")
    'dev1/port2/line5'
    """
    plain = name.strip().lstrip("/").lower()
    match = re.fullmatch(r"(.+)/(pfi|ctr)(\d+)(internaloutput)?", plain)
    if match is None or (match[2] == "ctr") != bool(match[4]):
        return plain
    number = int(match[3]) + (FIRST_COUNTER_OUTPUT if match[4] else 0)
    return f"{match[1]}/port{1 + number // 8}/line{number % 8}"


def lines_of(device: str, profile: Profile, name: str) -> list[str]:
    """Return the digital lines, in canonical form, of a line or a whole port."""
    plain = canonical(name)
    check_device(device, plain)
    match = re.fullmatch(r".+/port(\d+)(?:/line(\d+))?", plain)
    if match is None or int(match[1]) >= len(profile.port_widths):
        raise CardError(NO_SUCH_CHANNEL, name)
    width = profile.port_widths[int(match[1])]
    if match[2] is None:
        return [f"{plain}/line{number}" for number in range(width)]
    if int(match[2]) >= width:
        raise CardError(NO_SUCH_CHANNEL, name)
    return [plain]


def numbered(device: str, sort: str, how_many: int, name: str) -> str:
    """Return the canonical form of a name such as ``Dev1/ai3``, of which the card has so many."""
    plain = canonical(name)
    check_device(device, plain)
    match = re.fullmatch(rf".+/{sort}(\d+)", plain)
    if match is None or int(match[1]) >= how_many:
        raise CardError(NO_SUCH_CHANNEL, name)
    return plain


def check_device(device: str, name: str) -> None:
    """Refuse a name that is not of the emulated card."""
    if name.split("/")[0] != device.lower():
        raise CardError(NO_SUCH_DEVICE, name)


def port_of(line: str) -> int:
    """Return the number of the port of a canonical line."""
    return int(re.findall(r"/port(\d+)/", line)[0])


def all_lines(device: str, profile: Profile) -> list[str]:
    """Return the names of all digital lines, as the card lists them."""
    widths = enumerate(profile.port_widths)
    return [f"{device}/port{port}/line{line}" for port, width in widths for line in range(width)]
