"""The Arm sheet: mouse, protocol, rig, saving and parameters on one page; all green is one key."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QPushButton, QVBoxLayout, QWidget

from gui.actions import Action
from gui.arm.checker import Checker, read_choices
from gui.arm.draft import NOBODY, Draft, obstacle
from gui.arm.footer import Footer
from gui.arm.guard_list import GuardList
from gui.arm.head import Head
from gui.arm.lines import PARAMETERS, PROTOCOL, WEIGHT, Lines
from gui.arm.mice import described
from gui.arm.plan import Plan
from gui.arm.spout_tools import SpoutTools
from gui.arm.stage_panel import StagePanel, suggestion
from gui.arm.weight_line import WeightLine
from gui.arm.wrong_mouse import WrongMouse
from gui.day_jobs import DayJobs
from gui.form.form import Form
from gui.jobs import Done, start_detached
from gui.ledger_jobs import LedgerJobs
from gui.palette import Palette
from gui.starting import Launch, start
from gui.theme import scrolled, sentence_label
from gui.workplace import Workplace
from rig.preflight import Choices, Guard, Preflight, SubjectChoice

ONCE_MORE = "Checking once more ..."
UNPLANNED = "Looking at the plan of the day ..."


class ArmSheet(QWidget):
    """Prepares the next session of each box, and starts it.

    Parameters
    ----------
    place
        What all screens share.
    day, ledger
        What is known of the day, and of the weights of the mice.
    launch
        Starts a program that outlives the window; another one in tests.
    """

    def __init__(
        self,
        place: Workplace,
        day: DayJobs,
        ledger: LedgerJobs,
        launch: Launch = start_detached,
    ) -> None:
        super().__init__()
        self._place, self._day, self._ledger, self._launch = place, day, ledger, launch
        self._drafts: dict[str, Draft] = {}
        self._plan = Plan(day, self._drafts)
        self._failed: dict[str, str] = {}
        self._choices = Choices((), (), ())
        self._seen: tuple[str, bool, str, str] | None = None
        self._form_of: tuple[str, str, str] | None = None
        self._starts_if_green: set[str] = set()
        self._checker = Checker(self, place.jobs, self._take_found)
        self._build()

    @property
    def draft(self) -> Draft:
        """The session that is prepared on the rig that the operator looks at."""
        return self._drafts.setdefault(self._place.rig, Draft(self._place.rig))

    def armed(self) -> dict[str, str]:
        """Return the mice that stand on a sheet and have not begun, each with its rig."""
        return self._plan.armed()

    def can_be_done(self) -> tuple[Action, ...]:
        """Return what can be done here by a key."""
        weigh = self.weight.field.line.setFocus
        return (
            Action("Arm: start the session", "F5", self.start, self._can_start),
            Action("Arm: one drop", "Ctrl+D", self.tools.one_drop, self._can_drop),
            Action("Arm: type the weight", "Ctrl+Shift+B", weigh, self._can_weigh),
            Action("Arm: show or hide the parameters", "", self.more.toggle, self.isVisible),
            *self.wrong.can_be_done(),
        )

    def arrive(self) -> None:
        """Show the box that is looked at; the field for the mouse has the focus."""
        self._place.jobs.run(["preflight", "--choices"], self._take_choices)
        self._ledger.read()
        if self._day.is_old:
            self._day.read()
        self.head.mouse.show_typed(self.draft.subject)
        self._form_of = None
        if self._choices.rigs:  # before, nobody knows whether the rig is simulated
            self._recheck()
        self.head.mouse.take_keys()
        self.refresh()

    def refresh(self) -> None:
        """Look whether the box or the operator has changed; check anew if the box has."""
        box = self._place.box
        if box.is_running and box.subject == self.draft.subject:
            self._forget(box.rig)  # it has begun, whoever started it and however late
        seen = (box.rig, box.is_running, box.starting, self._place.operator)
        if seen != self._seen:
            before, self._seen = self._seen, seen
            if before is not None and before[0] == seen[0] and before[1:3] != seen[1:3]:
                self._recheck()
            self._show()

    def restyle(self, palette: Palette) -> None:
        """Do nothing: Qt restyles what is here."""

    def start(self) -> None:
        """Start the session, if nothing is in its way; what was seen long ago is checked again."""
        draft = self.draft
        if self._lacks():
            return
        self._failed.pop(draft.rig, None)
        if self._checker.is_old(draft.rig):
            self._recheck()
            self._starts_if_green.add(draft.rig)
            self._show()
        else:
            self._launch_session(draft)

    def _launch_session(self, draft: Draft) -> None:
        """Start a session that has been found green."""
        arguments = draft.run_arguments(self._place.operator)
        came = partial(self._take_start, draft)
        start(self._place, draft.rig, arguments, came, self._launch)
        self._show()

    def _take_start(self, draft: Draft, trouble: str) -> None:
        """Take in that a session has begun, or why it has not: then all stays as it was."""
        rig = draft.rig
        if trouble:
            self._failed[rig] = trouble
            self._place.tell("bad", f"{draft.subject} was not started on {rig}: see the Arm sheet.")
            self._recheck()
            return
        self._forget(rig)
        self._show()
        if rig == self._place.rig and self.isVisible():
            self._place.go_to("run")
            if draft.opens_screen:
                self.activateWindow()  # the mouse's screen took the keyboard when it opened

    def _forget(self, rig: str) -> None:
        """Let the field for the mouse be empty again."""
        self._drafts[rig] = Draft(rig)
        self._starts_if_green.discard(rig)
        self._checker.forget(rig)
        if rig == self._place.rig:
            self._form_of = None
            self.head.mouse.show_typed("")

    def _lacks(self) -> str:
        """Return why the session cannot be started; empty if it can."""
        if self._place.rig in self._starts_if_green:
            return ONCE_MORE
        if self.draft.subject and self._day.asking and self._day.board is None:
            return UNPLANNED
        return obstacle(self.draft, self._place.boxes, self._place.operator)

    def _can_start(self) -> bool:
        return self.isVisible() and not self._lacks()

    def _can_drop(self) -> bool:
        return self.isVisible() and self.tools.can("valve")

    def _can_weigh(self) -> bool:
        return self.isVisible() and self.weight.field.isVisible()

    # What a person does

    def _name_mouse(self, mouse: SubjectChoice | None) -> None:
        subject, simulated = (mouse.id, mouse.simulated) if mouse is not None else ("", False)
        if subject != self.draft.subject:
            self._failed.pop(self.draft.rig, None)
            self._form_of = None
            draft = self.draft.of_mouse(subject, simulated=simulated)
            self._put(replace(draft, protocol=self._day.protocol_of(subject)))
            self._recheck()

    def _switch(self) -> None:
        """Make the mouse that was scanned that of the rig, in place of the planned one."""
        for rig in self._plan.other_sheets(self.draft):
            self._forget(rig)
        self._put(self._plan.switched(self.draft))
        self._recheck()
        self.head.mouse.take_keys()

    def _scan_again(self) -> None:
        """Let the field for the mouse be empty, and take the keys."""
        self.head.mouse.show_typed("")
        self._name_mouse(None)
        self.head.mouse.take_keys()

    def _choose_protocol(self, file: str) -> None:
        if file != self.draft.protocol:
            self._put(replace(self.draft, protocol=file, changes={}, wrong=""))
            self._recheck()

    def _change_parameters(self) -> None:
        before = self.draft.changes
        self._put(self.draft.with_changes(self.form.values_changed(), self.form.troubles()))
        if self.draft.changes != before:
            self._recheck()
        self._show()

    def _weighed(self, subject: str) -> None:
        """Check the session anew after an entry of its mouse; the keys go on at the mouse."""
        if subject == self.draft.subject:
            self._recheck()
            if self.isVisible():
                self.head.mouse.take_keys()

    def _move_stage(self, *how: str) -> None:
        """Record a move of the mouse; the check then finds the stage that it has come to.

        Until then what was found counts no more, and nothing can be started.
        """
        rig, subject, operator = self.draft.rig, self.draft.subject, self._place.operator
        if not operator:
            self._place.tell("warn", f"{NOBODY} The stage of {subject} was not changed.")
            return

        def answered(done: Done) -> None:
            if done.code:
                self._place.tell("warn", f"The stage of {subject} was not changed: {done.error}")
            if rig == self._place.rig:
                self._recheck()  # another box is checked when it is looked at again

        self._checker.forget(rig)
        self._starts_if_green.discard(rig)
        self._put(replace(self.draft, changes={}, wrong="", asking=True))
        self._show()
        self.stage.setEnabled(False)
        self._place.jobs.run(["stage", subject, *how, "--by", operator], answered)

    def _keep_stage(self) -> None:
        guard = suggestion(self.draft)
        if guard is not None and guard in self.draft.given:
            self._take_back(guard)
        elif guard is not None:
            self._give(guard, "")

    def _give(self, guard: Guard, reason: str) -> None:
        self._put(self.draft.with_given(guard, reason))
        self._show()
        if guard.needs == "click" and not self._lacks():
            self.head.mouse.take_keys()  # where Enter starts, and a scanner types

    def _take_back(self, guard: Guard) -> None:
        self._put(self.draft.without(guard))
        self._show()

    # What comes back

    def _recheck(self) -> None:
        """Ask anew what stands in the way; a start that waits for a check is dropped."""
        self._starts_if_green.discard(self._place.rig)
        self._put(replace(self.draft, asking=True, trouble=""))
        self._checker.check_soon(self.draft, simulated=self._is_simulated())
        self._show()

    def _is_simulated(self) -> bool:
        """Whether a session here is simulated; without a mouse, whether it could be no other."""
        if self.draft.subject:
            return self.draft.simulated
        rigs = self._choices.rigs
        return any(rig.only_simulated for rig in rigs if rig.name == self._place.rig)

    def _take_found(self, rig: str, found: Preflight | str) -> None:
        draft = self._drafts.get(rig, Draft(rig))
        checked, trouble = (None, found) if isinstance(found, str) else (found, "")
        draft = replace(draft, checked=checked, asking=False, trouble=trouble)
        self._put(draft)
        waits = rig in self._starts_if_green
        self._starts_if_green.discard(rig)
        if waits and not obstacle(draft, self._place.boxes, self._place.operator):
            self._launch_session(draft)
        self._show()

    def _take_choices(self, done: Done) -> None:
        found = read_choices(done)
        if isinstance(found, str):
            self._place.tell("bad", found)
            return
        first, self._choices = not self._choices.rigs, found
        self.head.mouse.show_mice(found.subjects)
        self.stage.show_protocols(found.protocols)
        if first:
            self._recheck()
        self._show()

    def _put(self, draft: Draft) -> None:
        self._drafts[draft.rig] = draft

    # What is shown

    def _show(self) -> None:
        """Show the draft."""
        self._look_at_plan()
        draft, found = self.draft, self.draft.checked
        mouse = next((each for each in self._choices.subjects if each.id == draft.subject), None)
        self.head.show_box(self._place.rig, mouse)
        self.lines.show_found(found, len(draft.changes))
        self.weight.show_draft(draft, self.lines.values[WEIGHT])
        self.stage.show_draft(draft)
        self.stage.setEnabled(True)
        self.wrong.show_draft(draft)
        asked = (suggestion(draft), draft.plan if draft.is_wrong_mouse else None)
        self.guards.show_guards(
            tuple(guard for guard in draft.guards if guard not in asked), draft.given
        )
        self._show_form(draft, found)
        self.tools.show_rig(found.rig if found is not None else None)
        failed = self._failed.get(draft.rig, "")
        self.failed.setText(failed)
        self.failed.setVisible(bool(failed))
        self.footer.show_draft(draft, self._lacks())

    def _look_at_plan(self) -> None:
        """Look which mouse is to run next on the rig, and whether it is the one that was named."""
        following = self._plan.next_on(self._place.rig)
        name = following.subject if following else ""
        mice = {each.id: described(each) for each in self._choices.subjects}
        self.head.mouse.show_next(mice.get(name, name))
        self._put(replace(self.draft, plan=self._plan.guard(self.draft)))

    def _show_form(self, draft: Draft, found: Preflight | None) -> None:
        """Fill the form when another mouse, protocol or stage has come."""
        protocol = found.protocol if found is not None else None
        if draft.subject and protocol is not None:
            of = (draft.rig, draft.subject, f"{protocol.file} {protocol.stage}")
            if of != self._form_of:
                self._form_of = of
                self._put(replace(draft, wrong=""))
                self.form.show_params(protocol.schema, protocol.base, draft.changes)
        self.more.setEnabled(self._form_of is not None)
        if self._form_of is None:
            self.more.setChecked(False)

    def _build(self) -> None:
        self.head = Head(self._name_mouse, self.start)
        self.wrong = WrongMouse(self._switch, self._scan_again)
        self.lines = Lines()
        self.stage = StagePanel(
            lambda: self._move_stage("--accept"),
            self._keep_stage,
            lambda file: self._move_stage("--enter", file),
            self._choose_protocol,
        )
        self.more = QPushButton("&Parameters...")
        self.more.setCheckable(True)
        self.lines.beside(PROTOCOL, self.stage.protocols)
        self.lines.below(PROTOCOL, self.stage)
        self.lines.beside(PARAMETERS, self.more)
        self.weight = WeightLine(self._place.lab.config.water, self._ledger, self._weighed)
        self.lines.beside(WEIGHT, self.weight.field)
        self.lines.below(WEIGHT, self.weight.below)
        self._ledger.changed.connect(self._show)
        self._day.changed.connect(self._show)
        self.form = Form()
        self.form.hide()
        self.form.setMinimumHeight(220)
        self.form.changed.connect(self._change_parameters)
        self.more.toggled.connect(self.form.setVisible)
        self.guards = GuardList(self._give, self._take_back, self.head.mouse.take_keys)
        self.tools = SpoutTools(self._place)
        self.failed = sentence_label("bad")
        self.failed.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.footer = Footer(self.start)
        self._lay_out()

    def _lay_out(self) -> None:
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 8, 0)
        for widget in (self.failed, self.lines, self.guards):
            inner.addWidget(widget)
        inner.addWidget(self.form, 10)
        inner.addStretch(1)
        area = scrolled(page)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.addWidget(self.head)
        layout.addWidget(self.wrong)
        layout.addWidget(area, 1)
        layout.addWidget(self.tools)
        layout.addWidget(self.footer)
