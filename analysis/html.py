"""Pieces of an HTML page that needs nothing from outside."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterable, Sequence

from matplotlib.figure import Figure

from rig.console import as_cell

_DPI = 160
_SMALLEST = 0.8
"""A figure shrinks to this share of its size on a narrow screen, where it scrolls then."""
_LONG = 40
"""A text of so many characters is wrapped on a narrow screen; a shorter one stands in one line."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?%?")
_STYLE = """
body { font: 16px/1.45 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #222;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; background: #fff; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .4rem 0; } .quiet { color: #666; font-size: .9rem; }
.banner { padding: .5rem .9rem; margin: .8rem 0; border-left: .4rem solid; font-weight: 600; }
.simulated { background: #fff4d6; border-color: #E69F00; }
.bad { background: #fde7dc; border-color: #D55E00; }
.note { background: #e6f1f9; border-color: #0072B2; }
table { border-collapse: collapse; margin: .4rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top; }
th { border-bottom: 1px solid #999; font-weight: 600; }
td { border-bottom: 1px solid #e5e5e5; overflow-wrap: break-word; }
td.number, th.number { text-align: right; white-space: nowrap; }
.facts th { border-color: #e5e5e5; white-space: nowrap; }
.wide { overflow-x: auto; } figure { margin: .5rem 0; overflow-x: auto; }
img { max-width: 100%; height: auto; }
.good { color: #00664b; font-weight: 600; } .amiss { color: #a63f00; font-weight: 600; }
@media screen and (max-width: 40rem) { body { margin: 1rem auto; padding: 0 .7rem; }
  th, td { padding-right: .6rem; } .wide, .facts { font-size: .9rem; }
  .wide td { white-space: nowrap; } .wide td.long { white-space: normal; min-width: 16rem; } }
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

    Numbers may be texts such as ``94%``.
    """
    numbers = [all(_is_number(row[place]) for row in rows) for place in range(len(columns))]
    head = "".join(_cell("th", name, number) for name, number in zip(columns, numbers, strict=True))
    body = "".join(
        "<tr>" + "".join(
            _cell("td", as_cell(value), number) for value, number in zip(row, numbers, strict=True)
        ) + "</tr>\n"
        for row in rows
    )  # fmt: skip
    return f'<div class="wide"><table>\n<tr>{head}</tr>\n{body}</table></div>'


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Return names and values under each other; what is empty is left out."""
    rows = "".join(
        f"<tr><th>{escaped(name)}</th><td>{escaped(value)}</td></tr>\n"
        for name, value in pairs
        if value not in {None, ""}
    )
    return f'<table class="facts">\n{rows}</table>'


def picture(figure: Figure, alt: str) -> str:
    """Return a figure as an image inside the page; `alt` says in words what it shows."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=_DPI)
    width = round(figure.get_figwidth() * 96)
    text = base64.b64encode(data.getvalue()).decode()
    source = f"data:image/png;base64,{text}"
    shape = f'width="{width}" style="min-width: {round(width * _SMALLEST)}px"'
    return f'<figure><img {shape} alt="{escaped(alt)}" src="{source}"></figure>'


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value))
    return isinstance(value, int | float | None)


def _cell(tag: str, text: str, number: bool) -> str:
    kind = "number" if number else "long" * (len(text) >= _LONG)
    kind = f' class="{kind}"' if kind else ""
    return f"<{tag}{kind}>{escaped(text)}</{tag}>"
