"""How the window looks: Qt's Fusion style with our palettes, and the sizes of its letters.

A screen is read from three sizes of letters: what must be legible from three metres, titles, and
all the rest. They grow together with the size that the operator chooses.
"""

from __future__ import annotations

import pyqtgraph as pg
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor, QFont, QPalette
from PyQt5.QtWidgets import QApplication, QFrame, QLabel, QScrollArea, QWidget

from gui.palette import Palette

BODY_PT = 11
TITLE_PT = 15
FAR_PT = 26
TARGET_PX = 34
"""Height of whatever is clicked, for a hand in a glove."""
LETTERS = (90, 100, 115, 130, 150)
"""Sizes of letters that an operator can choose, in percent."""


def make_app(arguments: list[str]) -> QApplication:
    """Return the application, sharp on every screen; call it once, before any widget."""
    QApplication.setAttribute(Qt.AA_UseHighDpiPixmaps)
    app: QApplication = pg.mkQApp("mouserig")  # sets scaling, before the application is made
    app.setStyle("Fusion")
    app.setApplicationName("mouserig")
    app.setFont(QFont(app.font().family(), BODY_PT))
    return app


def the_app() -> QApplication:
    """Return the application that `make_app` made."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise TypeError("there is no application: call make_app first")
    return app


def apply(app: QApplication, palette: Palette, letters: int = 100) -> None:
    """Give the whole application a palette; plots are restyled by their own widgets.

    Parameters
    ----------
    letters
        Size of all letters in percent, one of `LETTERS`.
    """
    font = app.font()
    font.setPointSizeF(BODY_PT * letters / 100)
    app.setFont(font)
    sheet = _sheet(palette, letters / 100)
    if app.styleSheet() != sheet:  # Qt styles every widget anew
        app.setStyleSheet("")  # six times faster than to replace one sheet by another
        app.setPalette(_qt_palette(palette))
        app.setStyleSheet(sheet)
    pg.setConfigOptions(background=palette.panel, foreground=palette.text, antialias=False)


def far_label(text: str = "") -> QLabel:
    """Return a label that is legible from three metres."""
    return _label(text, "far")


def title_label(text: str = "") -> QLabel:
    """Return a title."""
    return _label(text, "title")


def quiet_label(text: str = "") -> QLabel:
    """Return a label that is read second."""
    return _label(text, "quiet")


def sentence_label(level: str = "") -> QLabel:
    """Return a label for a sentence, which goes on in the next line, in the colour of a level."""
    label = QLabel()
    label.setTextFormat(Qt.PlainText)
    label.setWordWrap(True)
    set_level(label, level)
    return label


def scrolled(inside: QWidget) -> QScrollArea:
    """Return an area that scrolls where there is too little room; it looks like what it is on."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.NoFrame)
    area.setFocusPolicy(Qt.NoFocus)
    show_in(area, inside)
    return area


def show_in(area: QScrollArea, inside: QWidget) -> None:
    """Show something in an area that scrolls."""
    area.setWidget(inside)
    for each in (inside, area.viewport()):
        if each is not None:
            each.setAutoFillBackground(False)


def set_level(widget: QWidget, level: str) -> None:
    """Colour a widget by its level: ``good``, ``note``, ``warn``, ``bad`` or empty."""
    if widget.property("level") == level:
        return
    widget.setProperty("level", level)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.PlainText)
    label.setProperty("role", role)
    return label


def _qt_palette(colours: Palette) -> QPalette:
    """Return the palette as Qt's own roles."""
    made = QPalette()
    for role, colour in (
        (QPalette.Window, colours.window),
        (QPalette.WindowText, colours.text),
        (QPalette.Base, colours.panel),
        (QPalette.AlternateBase, colours.raised),
        (QPalette.Text, colours.text),
        (QPalette.Button, colours.raised),
        (QPalette.ButtonText, colours.text),
        (QPalette.BrightText, colours.bad),
        (QPalette.Highlight, colours.accent),
        (QPalette.HighlightedText, colours.on_accent),
        (QPalette.ToolTipBase, colours.raised),
        (QPalette.ToolTipText, colours.text),
        (QPalette.Link, colours.accent),
        (QPalette.PlaceholderText, colours.quiet),
    ):
        made.setColor(role, QColor(colour))
    for role in (QPalette.WindowText, QPalette.Text, QPalette.ButtonText):
        made.setColor(QPalette.Disabled, role, QColor(colours.quiet))
    return made


def _sheet(colours: Palette, size: float) -> str:
    """Return what a palette of Qt cannot say: levels, roles, focus, sizes of targets."""
    levels = "\n".join(
        f'*[level="{name}"] {{ color: {colour}; }}'
        for name, colour in (
            ("good", colours.good),
            ("note", colours.note),
            ("warn", colours.warn),
            ("bad", colours.bad),
        )
    )
    return f"""
    QLabel[role="far"] {{ font-size: {FAR_PT * size:g}pt; font-weight: 600; }}
    QLabel[role="title"] {{ font-size: {TITLE_PT * size:g}pt; font-weight: 600; }}
    QLabel[role="quiet"] {{ color: {colours.quiet}; }}
    QFrame[role="panel"] {{
        background: {colours.panel}; border: 1px solid {colours.line}; border-radius: 6px;
    }}
    QFrame[role="overlay"] {{
        background: {colours.panel}; border: 2px solid {colours.accent}; border-radius: 8px;
    }}
    QLabel[role="key"] {{ font-weight: 600; color: {colours.accent}; }}
    QFrame[role="alarm"] {{
        background: {colours.panel}; border: 3px solid {colours.bad}; border-radius: 6px;
    }}
    QFrame[chosen="yes"] {{ border: 2px solid {colours.accent}; }}
    QFrame[role="alarm"][chosen="yes"] {{ border: 3px dashed {colours.bad}; }}
    QFrame[role="simulated"] {{ background: {colours.banner}; border: none; }}
    QFrame[role="simulated"] QLabel {{ color: {colours.on_banner}; font-weight: 600; }}
    QPushButton {{ min-height: {TARGET_PX - 6}px; padding: 2px 14px; border-radius: 5px;
        border: 1px solid {colours.line}; background: {colours.raised}; }}
    QPushButton[role="narrow"] {{ padding: 2px 4px; }}
    QPushButton:hover {{ border-color: {colours.text}; }}
    QPushButton:pressed {{ background: {colours.line}; }}
    QPushButton:disabled {{ color: {colours.quiet}; background: {colours.window}; }}
    QPushButton:checked {{ background: {colours.accent}; color: {colours.on_accent}; }}
    QPushButton[role="main"] {{ background: {colours.accent}; color: {colours.on_accent};
        font-weight: 600; font-size: {TITLE_PT * size:g}pt; min-height: {TARGET_PX + 8}px; }}
    QPushButton[role="main"]:disabled {{ background: {colours.raised}; color: {colours.quiet}; }}
    QPushButton[role="danger"] {{ border: 2px solid {colours.bad}; color: {colours.bad}; }}
    QPushButton:focus, QLineEdit:focus,
    QListView:focus, QTableView:focus, QPlainTextEdit:focus, QScrollArea:focus {{
        border: 2px solid {colours.accent}; }}
    QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox {{ min-height: {TARGET_PX - 4}px; }}
    QLineEdit, QPlainTextEdit {{
        border: 1px solid {colours.line}; border-radius: 4px;
        background: {colours.raised}; padding: 1px 6px; }}
    QLineEdit[role="far"] {{ font-size: {FAR_PT * size:g}pt; font-weight: 600; }}
    QLineEdit[level="bad"] {{ border: 2px solid {colours.bad}; }}
    QTabBar::tab {{ min-height: {TARGET_PX - 6}px; padding: 2px 3px;
        font-size: {(BODY_PT - 1) * size:g}pt;
        border: 1px solid {colours.line}; border-bottom: none;
        border-top-left-radius: 4px; border-top-right-radius: 4px;
        background: {colours.window}; color: {colours.quiet}; }}
    QTabBar::tab:selected {{ background: {colours.panel}; color: {colours.text};
        border-top: 3px solid {colours.accent}; }}
    QTabBar::tab:selected:focus {{ border: 2px solid {colours.accent}; }}
    QTableView {{ gridline-color: {colours.line}; border: 1px solid {colours.line}; }}
    QHeaderView::section {{ background: {colours.raised}; color: {colours.text};
        border: none; border-bottom: 1px solid {colours.line}; padding: 5px; }}
    QListView::item {{ padding: 6px; border: 0px; background: transparent; }}
    QListView::item:selected {{ background: {colours.accent}; color: {colours.on_accent}; }}
    QListView::item:disabled {{ color: {colours.quiet}; }}
    QCheckBox, QRadioButton {{ min-height: {TARGET_PX}px; spacing: 8px; }}
    QCheckBox::indicator, QRadioButton::indicator {{ width: 16px; height: 16px;
        border: 2px solid {colours.quiet}; background: {colours.raised}; }}
    QCheckBox::indicator {{ border-radius: 3px; }}
    QRadioButton::indicator {{ border-radius: 10px; }}
    QCheckBox::indicator:checked, QRadioButton::indicator:checked {{
        background: {colours.accent}; border: 2px solid {colours.text}; }}
    QCheckBox:focus, QRadioButton:focus {{ color: {colours.accent}; }}
    QToolTip {{ background: {colours.raised}; color: {colours.text};
        border: 1px solid {colours.line}; padding: 4px; }}
    QScrollArea {{ border: none; }}
    {levels}
    """
