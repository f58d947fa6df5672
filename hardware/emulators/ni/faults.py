"""The errors of NI-DAQmx that the emulator gives, by their codes."""

from __future__ import annotations

NOT_KEPT_UP = -200279
NOT_YET_THERE = -200284
RESERVED = -50103
LINE_RESERVED = -200587
NOT_SUPPORTED = -200452
BAD_VALUE = -200077
UNPLUGGED = -201003
NO_SUCH_DEVICE = -200220
NO_SUCH_CHANNEL = -200170
NO_CLOCK = -200303
NO_SUCH_TASK = -200088
NO_CHANNELS = -200478
RUNNING = -200479
NAME_TAKEN = -200089
TIMED_OUT = -200560
NOTHING_WRITTEN = -200462
WRONG_NUMBER_OF_CHANNELS = -200524
OUT_OF_RANGE = -200561
NOT_STARTED = -200846

TEXTS = {
    NOT_KEPT_UP: "The application is not able to keep up with the hardware acquisition. "
    "Increasing the buffer size, reading the data more frequently, or specifying a fixed number "
    "of samples to read instead of reading all available samples might correct the problem.",
    NOT_YET_THERE: "Some or all of the samples requested have not yet been acquired.",
    RESERVED: "The specified resource is reserved. The operation could not be completed as "
    "specified.",
    LINE_RESERVED: "Digital lines are reserved or unavailable: another task uses one of them.",
    NOT_SUPPORTED: "Specified property is not supported by the device or is not applicable to "
    "the task.",
    BAD_VALUE: "Requested value is not a supported value for this property.",
    UNPLUGGED: "Device cannot be accessed. Possible causes: device is no longer present in the "
    "system, or is not powered.",
    NO_SUCH_DEVICE: "Device identifier is invalid.",
    NO_SUCH_CHANNEL: "Physical channel specified does not exist on this device.",
    NO_CLOCK: "External sample clock source must be specified for this application.",
    NO_SUCH_TASK: "Task specified is invalid or does not exist.",
    NO_CHANNELS: "Specified operation cannot be performed when there are no channels in the task.",
    RUNNING: "Specified operation cannot be performed while the task is running.",
    NAME_TAKEN: "Task name specified conflicts with an existing task name.",
    TIMED_OUT: "Wait Until Done did not indicate that the task was done within the specified "
    "timeout.",
    NOTHING_WRITTEN: "Generation cannot be started, because there is nothing in the buffer.",
    WRONG_NUMBER_OF_CHANNELS: "Number of channels in the data does not match the number of "
    "channels in the task.",
    OUT_OF_RANGE: "Attempted writing analog data that is too large or too small.",
    NOT_STARTED: "Cannot write when auto start is false and the task is not running.",
}


class CardError(Exception):
    """An error that the client is to be given: its code, and what it is about."""

    def __init__(self, code: int, about: str = "") -> None:
        self.code = code
        self.text = f"{TEXTS[code]}\n{about}".strip()
        super().__init__(self.text)
