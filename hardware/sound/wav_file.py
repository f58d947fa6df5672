"""Recorded sounds for a speaker: WAV files, read strictly, flattened and scaled at the ear."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.speaker import SpeakerCalibration
from rig.errors import ConfigError
from rig.sound import WavFile
from rig.sound_files import read_sound_file

OUTSIDE = 0.01
"""Share of a file's power that may lie outside the calibration; it is not played."""

_PLAIN = 1
_OTHER_FORMATS = {
    3: "the file holds floating-point numbers",
    0xFFFE: "the file has an extended header (WAVE_FORMAT_EXTENSIBLE)",
}
_WIDTHS = (2, 3, 4)
_SAVE = "Save it as WAV of plain PCM, uncompressed integers of 16, 24 or 32 bit."


def refuse_wav(
    part: WavFile, rate_hz: float, calibration: SpeakerCalibration, folder: Path
) -> str | None:
    """Return why a file cannot be played as it is meant, or None if it can; it is read."""
    try:
        samples = render_wav(part, rate_hz, calibration, folder)
    except ConfigError as error:
        return str(error).removesuffix(".")
    if not np.abs(samples).max() <= 1:
        return f"{part.level_db_spl:g} dB SPL is more than the speaker can give of '{part.file}'"
    return None


def render_wav(
    part: WavFile, rate_hz: float, calibration: SpeakerCalibration, folder: Path
) -> NDArray[np.float64]:
    """Return the samples of a file as the speaker plays them, shape (samples,), full scale at 1.

    Raises
    ------
    ConfigError
        If the file cannot be read, or is not what the sound says.
    """
    recorded = _read(part, rate_hz, folder)
    count = len(recorded)
    # Twice the length, so that the filter carries nothing from one end to the other.
    spectrum = np.fft.rfft(recorded, 2 * count)
    frequencies = np.fft.rfftfreq(2 * count, 1 / rate_hz)
    lowest, highest = calibration.band_hz
    inside = (frequencies >= lowest) & (frequencies <= highest)
    power = 2 * np.abs(spectrum) ** 2
    power[[0, -1]] /= 2
    outside = 1 - power[inside].sum() / power.sum()
    if outside > OUTSIDE:
        raise ConfigError(
            f"{outside:.1%} of the sound's power lies outside the speaker's calibration, "
            f"{lowest:g} to {highest:g} Hz",
            part.file,
            f"Filter it, so that at most {OUTSIDE:.0%} does.",
        )
    heard = np.fft.irfft(np.where(inside, spectrum, 0), 2 * count)[:count]
    played = np.fft.irfft(calibration.drive(spectrum, frequencies), 2 * count)[:count]
    scale = 10 ** (part.level_db_spl / 20) / np.sqrt(2 * np.mean(heard**2))
    return np.asarray(scale * played)


def _read(part: WavFile, rate_hz: float, folder: Path) -> NDArray[np.float64]:
    """Return the samples that a file holds, shape (samples,), full scale at 1."""
    content = read_sound_file(folder, part.file)
    tag = _format_tag(content)
    if tag not in (None, _PLAIN):
        what = _OTHER_FORMATS.get(tag, f"the file is compressed (format {tag})")
        raise ConfigError(what, part.file, _SAVE)
    try:
        with wave.open(io.BytesIO(content)) as file:
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:
        reason = str(error) or "it is cut short or damaged"
        raise ConfigError(f"the file is no WAV file: {reason}", part.file, _SAVE) from error
    wrong = _wrong_form(file, rate_hz) or _wrong_length(file, len(data), part.duration, rate_hz)
    if wrong is None:
        samples = _decoded(data, file.getsampwidth())
        wrong = _wrong_samples(samples, file)
        if wrong is None:
            return samples
    what, do = wrong
    raise ConfigError(what, part.file, do)


def _format_tag(content: bytes) -> int | None:
    """Return the number of the format that a WAV file says it has; None if it says nothing."""
    position = 12
    while position < len(content):
        size = int.from_bytes(content[position + 4 : position + 8], "little")
        if content[position : position + 4] == b"fmt ":
            return int.from_bytes(content[position + 8 : position + 10], "little")
        position += 8 + size + size % 2
    return None


def _wrong_form(file: wave.Wave_read, rate_hz: float) -> tuple[str, str] | None:
    """Return what is wrong with the form of the samples and what to do; None if nothing is."""
    width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
    if width not in _WIDTHS:
        return f"the file has samples of {8 * width} bit", _SAVE
    if channels != 1:
        return f"the file has {channels} channels", "Mix it down to one."
    if rate != round(rate_hz):
        return (
            f"the file has {rate} samples per second, and the speaker plays {round(rate_hz)}",
            f"Convert the file to {round(rate_hz)} samples per second.",
        )
    return None


def _wrong_length(
    file: wave.Wave_read, size: int, duration: float, rate_hz: float
) -> tuple[str, str] | None:
    """Return what is wrong with the number of samples and what to do; None if nothing is.

    Parameters
    ----------
    file
        The file, whose header says how many samples it has.
    size
        Bytes of samples that are there.
    duration, rate_hz
        Seconds that the sound lasts, and the true rate of the speaker.
    """
    count, there = file.getnframes(), size // file.getsampwidth()
    if there < count:
        return f"the file is cut short: it holds {there} of {count} samples", "Copy it anew."
    if count == 0:
        return "the file holds no samples", "Save it anew."
    wanted = duration * rate_hz
    if abs(count - wanted) > 1 + 1e-6:
        return (
            f"the file lasts {count / rate_hz:.6f} s, and the sound {duration:.6f} s",
            f"Give the sound that duration, or cut the file to {round(wanted)} samples.",
        )
    return None


def _wrong_samples(samples: NDArray[np.float64], file: wave.Wave_read) -> tuple[str, str] | None:
    """Return what is wrong with the samples and what to do; None if nothing is."""
    if not samples.any():
        return "the file is silent", "Name the file that holds the sound."
    full = 1 - 2.0 ** (1 - 8 * file.getsampwidth())
    clipped = np.zeros(len(samples), dtype=bool)
    for extreme in (samples >= full, samples <= -full):
        pairs = extreme[1:] & extreme[:-1]
        clipped[1:] |= pairs
        clipped[:-1] |= pairs
    if clipped.any():
        first = np.argmax(clipped) / file.getframerate()
        return (
            f"the file is clipped: {np.count_nonzero(clipped)} samples stand at full scale, "
            f"the first at {first:.6f} s",
            "Record it anew with less gain.",
        )
    return None


def _decoded(data: bytes, width: int) -> NDArray[np.float64]:
    """Return integers of `width` bytes as samples, shape (samples,), full scale at 1."""
    if width == 3:
        wide = np.zeros((len(data) // 3, 4), dtype=np.uint8)
        wide[:, 1:] = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
        return wide.view("<i4")[:, 0] / 2.0**31
    return np.frombuffer(data, dtype=f"<i{width}") / 2.0 ** (8 * width - 1)
