"""A process that owns a device of the tests: it does what it is asked, also what is wrong.

It adds a line to a file when it makes its device harmless. Run as a program with the name of a
file, it is a driver of such a process, and tells what the process reports.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Literal

import msgspec

from hardware.processes.device_child import Driver, DriverGone
from hardware.processes.device_process import DeviceProcess
from rig.errors import DeviceError


class Do(msgspec.Struct, frozen=True):
    """What the process is to do, and with what."""

    what: Literal["begin", "echo", "tell", "refuse", "print", "fail", "hang", "die", "raise"]
    text: str = ""


class Said(msgspec.Struct, frozen=True):
    text: str


REQUESTS: msgspec.msgpack.Decoder[Do] = msgspec.msgpack.Decoder(Do)
ANSWERS: msgspec.msgpack.Decoder[Said] = msgspec.msgpack.Decoder(Said)
HARMLESS = "harmless\n"


class Device:
    """What the process owns: a file that tells whether it is harmless."""

    def __init__(self) -> None:
        self.file = Path(os.devnull)
        self._done = threading.Event()

    def make_harmless(self) -> None:
        if not self._done.is_set():
            self._done.set()
            self.file.write_text(HARMLESS, encoding="utf-8")


def main() -> None:
    device = Device()
    driver = Driver(REQUESTS, device.make_harmless)
    try:
        while True:
            request = driver.receive(10.0)
            if request is not None:
                obey(driver, device, request)
    except DriverGone:
        device.make_harmless()


def obey(driver: Driver[Do], device: Device, request: Do) -> None:
    match request.what:
        case "begin":
            device.file = Path(request.text)
            driver.reply(Said(str(os.getpid())))
        case "echo":
            driver.reply(Said(request.text))
        case "tell":
            driver.report(Said(request.text))
        case "refuse":
            driver.refuse(DeviceError(request.text, "there", "Do something."))
        case "print":
            os.write(1, b"\x01\x02\x03 some library prints this")
            driver.reply(Said("printed"))
        case "fail":
            driver.fail(request.text, "Mend it.")
        case "hang":
            driver.report(Said("hangs"))
            threading.Event().wait()
        case "die":
            os._exit(7)
        case "raise":
            raise ValueError(request.text)


def drive(file: str) -> None:
    """Be a driver whose process hangs, until somebody kills it."""
    process = DeviceProcess("fake_device", "device 'box'", ANSWERS, lambda _: None, lambda *_: None)
    number = process.start(Do("begin", file)).text
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()
    process.tell(Do("hang"))
    threading.Event().wait()


if __name__ == "__main__":
    if sys.argv[1:]:
        drive(sys.argv[1])
    else:
        main()
