"""Write the pages of the built-in protocols, made from their code, with their figures.

``python tools/protocol_pages.py`` writes ``docs/reference/protocols/*.md`` and
``docs/images/protocols/*.png``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from rig.commands.draw import played_shapes
from rig.commands.init import make_lab
from rig.drawing import draw
from rig.lab import Lab, find_lab
from rig.plan import ProtocolPlan, plan_protocol
from rig.protocol_page import ParameterSet, head_comment, page_of

DOCS = Path(__file__).resolve().parent.parent / "docs"
FIGURES = "../../images/protocols"
HEADER = (
    "<!-- Made by tools/protocol_pages.py from the code. Change that, and run `make pages`. -->\n"
)


def main() -> None:
    """Write all pages and figures."""
    with tempfile.TemporaryDirectory() as folder:
        make_lab(Path(folder) / "lab")
        lab = find_lab(Path(folder) / "lab")
        for name, sets in built_in_sets(lab):
            for one in sets:
                picture = DOCS / "images/protocols" / f"{one.plan.path.stem}.png"
                draw(one.shapes, one.plan.path.stem, picture)
            page = DOCS / "reference/protocols" / f"{name}.md"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(HEADER + page_of(sets), encoding="utf-8")
            print(f"wrote {page.relative_to(DOCS.parent)}")


def built_in_sets(lab: Lab) -> Iterator[tuple[str, list[ParameterSet]]]:
    """Return each built-in protocol's name of its page, and its parameter sets in a new lab."""
    plans: dict[type, list[ProtocolPlan]] = {}
    for path in lab.files("protocols"):
        plan = plan_protocol(lab, path)
        plans.setdefault(plan.protocol, []).append(plan)
    for protocol, same in plans.items():
        name = protocol.__module__.removeprefix("protocols.").replace("_", "-")
        yield name, [_set(lab, plan) for plan in same]


def _set(lab: Lab, plan: ProtocolPlan) -> ParameterSet:
    comment = head_comment(plan.path.read_text(encoding="utf-8"))
    figure = f"{FIGURES}/{plan.path.stem}.png"
    return ParameterSet(plan, comment, played_shapes(lab, plan, None), figure)


if __name__ == "__main__":
    main()
