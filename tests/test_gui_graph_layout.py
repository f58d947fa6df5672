"""The drawing of a trial's graph: states in layers, arrows from one to the next."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gui.graph_layout import lay_out, ways_out

STATES: tuple[dict[str, Any], ...] = (
    {"name": "wait", "meaning": "waits", "to": {"port_on": "sound"}},
    {"name": "sound", "meaning": "plays", "timeout": "response", "to": {"port_off": "wait"}},
    {
        "name": "response",
        "meaning": "measures",
        "timeout": "judge",
        "count": [{"measure": "licks", "event": "lick_on", "reaches": 3, "target": "hit"}],
    },
    {
        "name": "judge",
        "meaning": "decides",
        "decide": [{"measure": "dwell", "at_least": 0.5, "target": "hit"}],
        "otherwise": "miss",
    },
    {"name": "hit", "meaning": "gives", "timeout": "end", "outcome": "hit"},
    {"name": "miss", "meaning": "ends", "timeout": "end", "outcome": "miss"},
)


def test_each_way_out_has_its_cause_in_words() -> None:
    assert [ways_out(state) for state in STATES[1:4]] == [
        [("timeout", "response"), ("port off", "wait")],
        [("timeout", "judge"), ("licks >= 3", "hit")],
        [("dwell >= 0.5", "hit"), ("otherwise", "miss")],
    ]


def test_states_stand_below_those_that_lead_to_them() -> None:
    drawn = lay_out(STATES, "wait")
    layer = {place.name: place.y for place in drawn.places}
    assert layer == {"wait": 0, "sound": 1, "response": 2, "judge": 3, "hit": 4, "miss": 4}
    assert {place.name for place in drawn.places if place.ends} == {"hit", "miss"}


def test_arrows_pass_states_beside_them_and_run_back_up() -> None:
    drawn = lay_out(STATES, "wait")
    arrows = {(arrow.source, arrow.target): arrow for arrow in drawn.arrows}
    x = {place.name: place.x for place in drawn.places}
    passing = arrows["response", "hit"].points
    assert [y for _, y in passing] == [2, 3, 4]
    assert abs(passing[1][0] - x["judge"]) > 0.5
    back = arrows["sound", "wait"].points
    assert (back[0][1], back[-1][1]) == (1, 0)


@given(st.data())
def test_any_graph_can_be_drawn(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 9))
    names = [f"s{number}" for number in range(count)]
    targets = st.sampled_from([*names, "end", "nowhere"])
    states = [
        {
            "name": name,
            "timeout": data.draw(targets),
            "to": {f"e{at}_on": data.draw(targets) for at in range(data.draw(st.integers(0, 3)))},
        }
        for name in names
    ]
    drawn = lay_out(states, data.draw(st.sampled_from(names)))
    assert sorted(place.name for place in drawn.places) == names
    where = Counter((round(place.x, 3), place.y) for place in drawn.places)
    assert max(where.values()) == 1
    assert all(0 <= place.x <= drawn.width and place.y < drawn.height for place in drawn.places)
    place = {each.name: (each.x, each.y) for each in drawn.places}
    for arrow in drawn.arrows:
        assert arrow.points[0] == place[arrow.source]
        assert arrow.points[-1] == place[arrow.target]
        assert all(abs(b[1] - a[1]) == 1 for a, b in pairwise(arrow.points))
