"""The form for a protocol's parameters: one field each, and a sentence for whatever is no value."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pydantic
import pytest
from helpers import PROTOCOLS
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from gui.form.form import CHANGED, OWN, Form
from gui.form_model import Field, Range, fields_of, in_session
from gui.form_reading import read, shown, toml_value
from gui.form_sheet import Sheet
from gui.session_view import flat
from rig.changes import changeable
from rig.commands.init import make_lab
from rig.config import laid_over, resolved
from rig.lab import find_lab
from rig.plan import plan_protocol
from rig.protocol import Parameters

Protocol = tuple[dict[str, Any], dict[str, Any], Parameters]


@pytest.fixture(scope="module")
def protocols(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Protocol]:
    """Return schema, values and parameters of each protocol file of a new lab."""
    folder: Path = tmp_path_factory.mktemp("forms") / "lab"
    make_lab(folder)
    lab = find_lab(folder)
    found = {}
    for path in lab.files("protocols"):
        plan = plan_protocol(lab, path)
        made = plan.protocol.Params.model_validate(plan.config.params)
        found[path.stem] = plan.protocol.Params.model_json_schema(), resolved(made), made
    assert set(found) == set(PROTOCOLS)
    return found


def test_each_parameter_of_each_protocol_has_a_field_that_reads_its_value_back(
    protocols: dict[str, Protocol],
) -> None:
    for name, (schema, values, params) in protocols.items():
        fields = fields_of(schema, values)
        by_key = {field.key: field for field in fields}
        sheet = Sheet(schema, values)
        structures = {field.key for field in fields if field.kind == "structure"}
        assert structures <= {"sounds"}, name
        plain = {key for key in flat(values) if key.split(".")[0] not in structures}
        assert {key for key in plain if not key.endswith(".form")} <= set(by_key), name
        for field in fields:
            assert field.title, field.key
            if field.kind != "structure":
                value = sheet.value(field)
                assert read(field, shown(field, value)).value == value, (name, field.key)
                assert field.sentence or field.key.endswith(".form"), (name, field.key)
        assert {f.key for f in fields if f.changeable} == set(changeable(params)), name


def test_what_a_form_changes_is_accepted_by_the_protocol(protocols: dict[str, Protocol]) -> None:
    accepted = offered = 0
    for schema, values, params in protocols.values():
        sheet = Sheet(schema, values)
        for field in sheet.fields:
            if field.kind in {"number", "integer"}:
                sheet = sheet.with_value(field, _another(field, sheet.value(field)))
        over: dict[str, Any] = {}
        for key, value in sheet.changes.items():
            *path, last = key.split(".")
            table = over
            for part in path:
                table = table.setdefault(part, {})
            table[last] = value
        laid = laid_over(values, over)
        for name, value in laid.items():
            with contextlib.suppress(pydantic.ValidationError):
                type(params).model_validate({**values, name: value})
                accepted += 1
            offered += 1
    assert accepted > 0.8 * offered  # some numbers must go together: the shortest, the longest


def _another(field: Field, value: float) -> float:
    for other in (value + 1, value - 1, value + 2, value / 2, value * 2):
        typed = read(field, str(other))
        if not typed.trouble:
            return float(typed.value) if field.kind == "number" else typed.value
    return value


FIELDS = (
    Field("a", "A", "number", limits=Range(above=0, most=20), unit="uL"),
    Field("b", "B", "integer", limits=Range(least=2, most=60, step=2)),
    Field("c", "C", "text", shortest=1),
    Field("d", "D", "choice", choices=(("S+", "S+"), ("more_priming", "More priming"))),
    Field("e", "E", "yes or no"),
    Field("f", "F", "list", item=Field("f", "F", "number", limits=Range(most=110)), shortest=2),
    Field("g", "G", "structure"),
    Field("h", "H", "number", optional=True),
)


@given(field=st.sampled_from(FIELDS), text=st.text() | st.from_regex(r"[-+0-9.,;eEnaif ]{0,12}"))
def test_whatever_is_typed_comes_to_a_value_that_is_allowed_or_to_a_sentence(
    field: Field, text: str
) -> None:
    typed = read(field, text)
    if typed.trouble:
        assert typed.value is None
        assert typed.trouble[-1] in ".?"
        return
    if field.kind in {"number", "integer"} and typed.value is not None:
        assert field.limits.holds(typed.value)
    if typed.value is None:
        assert field.optional
    else:
        assert read(field, shown(field, typed.value)) == typed
        toml_value(typed.value)


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        (0, "", "It is empty. Write one like 1.5."),
        (0, "lots", "'lots' is no number. Write one like 1.5."),
        (0, "0", "0 uL is not allowed; it must be above 0, at most 20."),
        (0, "nan", "'nan' is no number. Write one like 1.5."),
        (0, "1,000", "'1,000' can be read in two ways. Write no comma."),
        (1, "2.5", "'2.5' is no whole number."),
        (1, "3", "3 is not allowed; it must be 2 to 60, even."),
        (2, " ", "It is empty. Write a name."),
        (3, "S-", "'S-' is none of these: S+, More priming."),
        (5, "1", "Write at least 2 values, with commas between them."),
        (5, "1, x", "'x' is no number. Write one like 1.5."),
    ],
)
def test_nonsense_is_refused_with_a_sentence(field: int, text: str, sentence: str) -> None:
    assert read(FIELDS[field], text).trouble == sentence


@pytest.fixture
def form(qtbot: QtBot, protocols: dict[str, Protocol]) -> Form:
    form = Form()
    qtbot.addWidget(form)
    schema, values, _ = protocols["go_nogo"]
    form.show_params(schema, values, {})
    form.show()
    return form


def _line(form: Form, key: str) -> QLineEdit:
    editor = form.rows[key].editor
    assert isinstance(editor, QLineEdit)
    return editor


def _type(qtbot: QtBot, form: Form, key: str, text: str) -> None:
    _line(form, key).selectAll()
    qtbot.keyClicks(_line(form, key), text)


def test_a_change_is_marked_in_words_and_taken_back_by_its_arrow(qtbot: QtBot, form: Form) -> None:
    _type(qtbot, form, "time_out", "4")
    row = form.rows["time_out"]
    assert form.values_changed() == {"time_out": 4.0}
    assert row.mark.text() == "● changed, was 8 s"
    assert row.reset.isVisible()
    qtbot.mouseClick(row.reset, Qt.LeftButton)
    assert form.values_changed() == {}
    assert row.mark.text() == ""
    assert _line(form, "time_out").text() == "8"


def test_a_value_beyond_its_limits_is_not_moved_but_refused(qtbot: QtBot, form: Form) -> None:
    _type(qtbot, form, "reward_ul", "50")
    assert _line(form, "reward_ul").text() == "50"
    assert form.values_changed() == {}
    sentence = "50 uL is not allowed; it must be above 0, at most 20."
    assert form.troubles() == [("Reward", sentence)]
    _type(qtbot, form, "reward_ul", "5")
    assert form.troubles() == []


def test_search_and_filters_show_what_is_looked_for_and_never_hide_a_mistake(
    qtbot: QtBot, form: Form
) -> None:
    def seen() -> set[str]:
        return {key for key, row in form.rows.items() if row.isVisible()}

    qtbot.keyClicks(form.search, "false alarm")
    assert seen() == {"time_out"}
    _type(qtbot, form, "time_out", "x")
    form.search.setText("reward volume")
    assert seen() == {"time_out", "reward_ul"}
    form.search.clear()
    _choose(form.show_only, CHANGED)
    assert seen() == {"time_out"}
    _choose(form.show_only, OWN)
    assert seen() == {"time_out"}


def _choose(box: QComboBox, text: str) -> None:
    box.setCurrentText(text)
    box.activated.emit(box.currentIndex())


def test_another_form_of_a_table_brings_its_own_fields(form: Form) -> None:
    assert "start.quiet" not in form.rows
    editor = form.rows["start.form"].editor
    assert isinstance(editor, QComboBox)
    _choose(editor, "Quiet interval")
    assert {"start.shortest", "start.longest", "start.quiet"} <= set(form.rows)
    assert form.values_changed() == {"start.form": "quiet_interval"}


def test_what_no_field_can_express_is_shown_and_named(form: Form) -> None:
    editor = form.rows["sounds"].editor
    assert isinstance(editor, QPlainTextEdit)
    assert editor.isReadOnly()
    assert "Edit it in the protocol file." in editor.toPlainText()


def test_a_session_that_runs_offers_only_what_may_be_changed_in_it(
    qtbot: QtBot, protocols: dict[str, Protocol]
) -> None:
    schema, values, params = protocols["set_shifting"]
    form = Form()
    qtbot.addWidget(form)
    form.show_params(schema, values, {}, in_session)
    assert set(form.rows) == set(changeable(params))


def test_the_wheel_does_not_change_a_field_in_passing(qtbot: QtBot, form: Form) -> None:
    editor = form.rows["stage"].editor
    assert isinstance(editor, QComboBox)
    form.search.setFocus()
    before = editor.currentText()
    at = QPointF(5, 5)
    turn = QWheelEvent(
        at,
        at,
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.NoButton,
        Qt.NoModifier,
        Qt.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(editor, turn)
    assert editor.currentText() == before
