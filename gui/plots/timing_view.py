"""How well the durations that were asked for were kept, state by state."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PyQt5.QtWidgets import QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from analysis.timing import StateTiming
from gui.palette import LIGHT, Palette
from gui.plots.base import keep_from_focus, small_font
from gui.theme import set_level, title_label

WELL_WITHIN_MS = 2.0
"""An error up to this is as small as it should be."""
LATE_MS = 10.0
"""An error from this on is to be looked into."""


class TimingView(QWidget):
    """A line for each state, the worst first: what was asked for, and its largest error."""

    def __init__(self, palette: Palette = LIGHT) -> None:
        super().__init__()
        self._shown: Sequence[StateTiming] = ()
        self.worst: QLabel = title_label()
        self.worst.setWordWrap(True)
        self._lines = _Lines(palette)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        area.setWidget(self._lines)
        keep_from_focus(area)
        area.setAccessibleName("Errors of the durations by state")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.worst)
        layout.addWidget(area, 1)
        self._tell()

    def show_timing(self, states: Sequence[StateTiming]) -> None:
        """Show the timing of the states; costs little if it is as before."""
        if list(states) == list(self._shown):
            return
        self._shown = list(states)
        timed = [state for state in states if state.error_ms is not None]
        self._lines.take(sorted(timed, key=lambda state: -(state.error_ms or 0.0)))
        self._tell()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._lines.restyle(palette)

    def _tell(self) -> None:
        words, level = verdict(self._shown)
        self.worst.setText(words)
        set_level(self.worst, level)


def verdict(states: Sequence[StateTiming]) -> tuple[str, str]:
    """Return in words how well the durations were kept, and how grave that is."""
    errors = [(state.error_ms, state.state) for state in states if state.error_ms is not None]
    if not errors:
        return "no state with a duration has ended yet", ""
    error, worst = max(errors)
    if error <= WELL_WITHIN_MS:
        return f"all durations kept to within {_ms(max(error, 0.1))}", "good"
    return f"{worst}: {_ms(error)} off at worst", "bad" if error >= LATE_MS else "warn"


class _Lines(QWidget):
    """Paints the lines."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._states: list[StateTiming] = []
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Minimum)

    def take(self, states: list[StateTiming]) -> None:
        """Show these states."""
        self._states = states
        self.setMinimumHeight((len(states) + 1) * self._line())
        self.update()

    def restyle(self, palette: Palette) -> None:
        """Take on other colours."""
        self._palette = palette
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the size that suits best."""
        return QSize(360, (len(self._states) + 1) * self._line())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Paint the heads of the columns and the lines below them."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._palette.panel))
        painter.setFont(small_font())
        painter.setPen(QColor(self._palette.quiet))
        self._words(painter, 0, ("state", "n", "asked for", "error"))
        worst = max([LATE_MS, *(state.error_ms or 0.0 for state in self._states)])
        for line, state in enumerate(self._states, start=1):
            error = state.error_ms or 0.0
            asked = "" if state.requested is None else f"{state.requested:g} s"
            painter.setPen(QColor(self._palette.text))
            self._words(painter, line, (state.state, str(state.entered), asked, _ms(error)))
            painter.fillRect(self._bar(line, error / worst), QColor(self._colour(error)))

    def _line(self) -> int:
        return QFontMetrics(small_font()).height() + 6

    def _columns(self) -> tuple[float, ...]:
        """Return where the columns begin; the last one is that of the bars."""
        metrics = QFontMetrics(small_font())
        widths = [metrics.horizontalAdvance(each) + 10 for each in ("00000", "asked for", "000 ms")]
        bars = 0.16 * self.width()
        number = self.width() - bars - sum(widths)
        asked, error = number + widths[0], number + widths[0] + widths[1]
        return 4.0, number, asked, error, error + widths[2]

    def _words(self, painter: QPainter, line: int, words: tuple[str, ...]) -> None:
        columns = self._columns()
        for left, right, told in zip(columns, columns[1:], words, strict=False):
            place = QRectF(left, line * self._line(), right - left - 6, self._line())
            metrics = painter.fontMetrics()
            shown = metrics.elidedText(told, Qt.ElideRight, int(place.width()))
            painter.drawText(place, int(Qt.AlignLeft | Qt.AlignVCenter), shown)

    def _bar(self, line: int, part: float) -> QRectF:
        left = self._columns()[-1]
        height = self._line() * 0.4
        room = self.width() - left - 6
        return QRectF(left, (line + 0.3) * self._line(), max(2.0, part * room), height)

    def _colour(self, error_ms: float) -> str:
        if error_ms >= LATE_MS:
            return self._palette.bad
        return self._palette.good if error_ms <= WELL_WITHIN_MS else self._palette.warn


def _ms(value: float) -> str:
    """Return milliseconds, as exactly as makes sense."""
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"
