"""What a camera sees: the small picture that is left in the folder of the session."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PyQt5.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.palette import LIGHT, Palette
from gui.theme import quiet_label, set_level

LOOK_EVERY = 0.125
"""Seconds between two looks at the file."""
STALE_AFTER = 2.0
"""Seconds after which a picture is old."""


class CameraView(QWidget):
    """A small picture, with words below it.

    Parameters
    ----------
    palette
        The colours.
    now
        Returns seconds; never goes backwards.
    """

    def __init__(self, palette: Palette = LIGHT, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._path: Path | None = None
        self._looked = self._changed = -1e9
        self._written = -1
        self._picture = _Picture(palette)
        self.words: QLabel = quiet_label()
        self.words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._picture, 1)
        layout.addWidget(self.words)

    def show_file(self, path: Path | None, told: str = "") -> None:
        """Show the picture in a file as it is now; to be called at every tick.

        Parameters
        ----------
        path
            The file; None if there is no camera.
        told
            What is known of the camera, such as ``eye: the left eye``.
        """
        now = self._now()
        if path != self._path:
            self._path, self._written, self._looked = path, -1, -1e9
            self._picture.take(QPixmap())
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        self._look(now)
        self._tell(now, told)

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._picture.restyle(palette)

    def _look(self, now: float) -> None:
        """Read the file if it was written since the last look."""
        written = _written(self._path)
        if written is None or written == self._written or self._path is None:
            return
        picture = QPixmap()
        if picture.load(str(self._path)):
            self._written, self._changed = written, now
            self._picture.take(picture)

    def _tell(self, now: float, told: str) -> None:
        """Say how the picture stands, beside what is known of the camera."""
        if self._written < 0:
            words, level = "no picture", ""
        elif now - self._changed > STALE_AFTER:
            words, level = f"no new picture for {now - self._changed:.0f} s", "warn"
        else:
            words, level = _old(now - self._changed), ""
        self.words.setText("\n".join(filter(None, (told, words))))
        set_level(self.words, level)


class _Picture(QWidget):
    """Paints a picture as large as its shape allows."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._pixmap = QPixmap()
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setAccessibleName("Picture of the camera")

    def take(self, pixmap: QPixmap) -> None:
        """Show this picture."""
        self._pixmap = pixmap
        self.update()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size that suits best."""
        return QSize(320, 240)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the smallest size that is legible."""
        return QSize(120, 90)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Paint the picture in the middle."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._palette.raised))
        if self._pixmap.isNull():
            painter.setPen(QColor(self._palette.quiet))
            painter.drawText(self.rect(), Qt.AlignCenter, "no picture")
            return
        size = self._pixmap.size().scaled(self.size(), Qt.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        painter.setRenderHint(QPainter.SmoothPixmapTransform)
        target = QRectF(left, top, size.width(), size.height())
        painter.drawPixmap(target, self._pixmap, QRectF(self._pixmap.rect()))
        if self._palette.name == "dim red":
            painter.setCompositionMode(QPainter.CompositionMode_Multiply)
            painter.fillRect(target, QColor(self._palette.text))


def _old(seconds: float) -> str:
    """Return how old a picture is that is not too old."""
    return "picture less than 1 s old" if seconds < 1 else f"picture {seconds:.0f} s old"


def _written(path: Path | None) -> int | None:
    """Return when a file was written, in ns; None if it is not there."""
    if path is None:
        return None
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
