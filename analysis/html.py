"""Pieces of an HTML page that needs nothing from outside."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterable, Sequence

from matplotlib.figure import Figure

from rig.console import as_cell

_DPI = 220
_MOST_COLUMNS, _MOST_BESIDE_LONG = 4, 2
_LONG = 40
"""A text of so many characters needs a line of its own on a narrow screen."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?%?")
_STYLE = """
body { font: 16px/1.45 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #222;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; background: #fff;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .4rem 0; } .quiet { color: #666; font-size: .9rem; }
.banner { padding: .5rem .9rem; margin: .8rem 0; border-left: .4rem solid; font-weight: 600; }
.simulated { background: #fff4d6; border-color: #E69F00; }
.bad { background: #fde7dc; border-color: #D55E00; }
.note { background: #e6f1f9; border-color: #0072B2; }
table { border-collapse: collapse; margin: .4rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top; }
th { border-bottom: 1px solid #999; font-weight: 600; overflow-wrap: normal; }
td { border-bottom: 1px solid #e5e5e5; overflow-wrap: break-word; }
td.number, th.number { text-align: right; white-space: nowrap; }
.folds td:first-child { white-space: nowrap; }
.facts th { border-color: #e5e5e5; white-space: nowrap; }
figure { margin: .5rem 0; } img { width: 100%; max-width: 32rem; height: auto; }
.good { color: #00664b; font-weight: 600; } .amiss { color: #a63f00; font-weight: 600; }
@media screen and (max-width: 55rem) {
  body { margin: 1rem auto; padding: 0 .7rem; } table { font-size: .9rem; }
  th, td { padding-right: .6rem; } td.long { overflow-wrap: anywhere; }
  .folds, .folds tbody { display: block; } .folds tr:first-child { display: none; }
  .folds tr { display: flex; flex-wrap: wrap; padding: .4rem 0; border-bottom: 1px solid #bbb; }
  .folds td { border: 0; padding: 0 .6rem .2rem 0; text-align: left; white-space: normal;
    min-width: 6.5rem; box-sizing: border-box; overflow-wrap: anywhere; }
  .folds td::before { content: attr(data-name); display: block; color: #666; font-size: .8rem; }
  .folds td:first-child, .folds td.long { flex-basis: 100%; }
  .folds td:first-child { font-weight: 600; white-space: normal; }
  .folds td:first-child::before { content: none; } }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; } }
"""


def escaped(value: object) -> str:
    """Return any text so that it stands in a page as it is."""
    return html.escape(str(value))


def page(title: str, parts: Iterable[str]) -> str:
    """Return the whole page."""
    body = "\n".join(part for part in parts if part)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def heading(text: str) -> str:
    """Return the heading of a section."""
    return f"<h2>{escaped(text)}</h2>"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; `kind` is one of the classes of the style, such as ``quiet``."""
    return f'<p class="{kind}">{escaped(text)}</p>' if kind else f"<p>{escaped(text)}</p>"


def banner(text: str, kind: str) -> str:
    """Return a line that must not be overlooked: ``simulated``, ``bad`` or ``note``."""
    return f'<div class="banner {kind}">{escaped(text)}</div>'


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows under their columns; None is shown as a dash, numbers stand on the right.

    Numbers may be texts such as ``94%``. A table that is too wide for a phone is folded there: each
    row is a block, in which the name of its column stands above a value.
    """
    numbers = [all(_is_number(row[place]) for row in rows) for place in range(len(columns))]
    folds = _folds(len(columns), rows)
    names = [f' data-name="{escaped(name)}"' if folds else "" for name in columns]
    head = "".join(
        f"<th{_kind(name, number)}>{escaped(name)}</th>"
        for name, number in zip(columns, numbers, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(
            f"<td{_kind(as_cell(value), number)}{name}>{escaped(as_cell(value))}</td>"
            for value, number, name in zip(row, numbers, names, strict=True)
        ) + "</tr>\n"
        for row in rows
    )  # fmt: skip
    kind = ' class="folds"' if folds else ""
    return f"<table{kind}>\n<tr>{head}</tr>\n{body}</table>"


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Return names and values under each other; what is empty is left out."""
    rows = "".join(
        f"<tr><th>{escaped(name)}</th><td>{escaped(value)}</td></tr>\n"
        for name, value in pairs
        if value not in {None, ""}
    )
    return f'<table class="facts">\n{rows}</table>'


def picture(figure: Figure, alt: str) -> str:
    """Return a figure as an image inside the page; `alt` says in words what it shows.

    It is as wide as a phone, and somewhat larger on a wide screen: its text is to be legible at
    `analysis.figures.PAGE_MM`.
    """
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=_DPI)
    text = base64.b64encode(data.getvalue()).decode()
    return f'<figure><img alt="{escaped(alt)}" src="data:image/png;base64,{text}"></figure>'


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value))
    return isinstance(value, int | float | None)


def _folds(columns: int, rows: Sequence[Sequence[object]]) -> bool:
    """Whether a table is too wide for a phone: many columns, or some and long texts in them."""
    long = any(len(as_cell(value)) >= _LONG for row in rows for value in row)
    return columns > (_MOST_BESIDE_LONG if long else _MOST_COLUMNS)


def _kind(text: str, number: bool) -> str:
    """Return the class of a cell, as it stands in its tag."""
    kind = "number" if number else "long" * (len(text) >= _LONG)
    return f' class="{kind}"' if kind else ""
