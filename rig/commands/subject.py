"""``rig subject``: the mice of the ledger: add, show, edit, list, note."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from rig.commands.entering import (
    AtOption,
    ByOption,
    author,
    checked_text,
    now_utc,
    when,
)
from rig.commands.subject_show import SubjectArgument, line_of, show
from rig.config import sex_words
from rig.console import JsonOption, LabOption, console, print_json, print_table, the_lab
from rig.ledger.days import local_day, zone_of

TagOption = Annotated[str | None, typer.Option(help="Its ear tag.")]
CageOption = Annotated[str | None, typer.Option(help="Its cage.")]
SexOption = Annotated[str | None, typer.Option(help="M, F, U (unknown) or O (other).")]
StrainOption = Annotated[str | None, typer.Option(help="Its strain.")]
BirthOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its day of birth.")
]
ProjectOption = Annotated[str | None, typer.Option(help="What it is for.")]
StatusOption = Annotated[
    str | None,
    typer.Option(help="restricted: its water comes from the lab alone; free; retired."),
]
BaselineOption = Annotated[
    float | None, typer.Option(help="Its weight in g with water at will, without implant.")
]
ImplantOption = Annotated[float | None, typer.Option(help="Weight in g of its implant; 0: none.")]
LONGEST_NOTE = 10_000


def register(app: typer.Typer) -> None:
    """Add the verbs to the command line."""
    group = typer.Typer(no_args_is_help=True)
    group.command("add", epilog="Example: rig subject add M014 --tag 14 --baseline 25.0")(add)
    group.command("show", epilog="Example: rig subject show M014")(show)
    group.command("edit", epilog="Example: rig subject edit M014 --cage C-221 --reason moved")(edit)
    group.command("list", epilog="Example: rig subject list")(list_all)
    group.command(
        "note", epilog='Example: rig subject note M014 "coat scruffy" --person "Doe, Jane"'
    )(note)
    app.add_typer(
        group,
        name="subject",
        help="The mice of the lab's ledger: add, show, edit, list, and note how they are.",
        epilog="Example: rig subject add M014 --tag 14 --baseline 25.0",
    )


def add(
    name: Annotated[str, typer.Argument(help="Its name: that of its file and of its folder.")],
    tag: TagOption = None,
    cage: CageOption = None,
    sex: SexOption = None,
    strain: StrainOption = None,
    birth: BirthOption = None,
    project: ProjectOption = None,
    status: StatusOption = None,
    baseline: BaselineOption = None,
    implant: ImplantOption = None,
    by: ByOption = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Enter a mouse into the ledger; the first one begins the ledger.

    What its file subjects/NAME.toml says is taken over; where there is no file, one is written.
    """
    from rig.ledger.place import has_ledger
    from rig.ledger.store import begin_ledger
    from rig.ledger.subject_file import check_name, facts_in_file, write_facts
    from rig.ledger.subjects import (
        add_subject,
        check_new_name,
        check_tag,
        known_facts,
        made_facts,
    )

    the, who = the_lab(lab), author(by)
    check_name(the, name)
    given = _given(tag, cage, sex, strain, birth, project, status, baseline, implant)
    today = local_day(now_utc(), zone_of(the.config))
    facts = made_facts(facts_in_file(the, name) | given, f"subject '{name}'", today)
    begun = has_ledger(the)
    with begin_ledger(the) as ledger:
        with ledger.reading() as connection:
            known = known_facts(connection)
        check_new_name(name, known)
        check_tag(name, facts.tag, known)
        subject = add_subject(ledger, name, facts, who, now_utc())
        if not begun and not json:
            console.print(f"Begun: {ledger.place.shown}", soft_wrap=True)
    written = write_facts(the, subject)
    if json:
        print_json(subject)
        return
    console.print(f"{name} is in the ledger ({facts.status}).", soft_wrap=True)
    if written:
        console.print(f"Written: {the.subject_file(name)}", soft_wrap=True)
    if facts.baseline_g is None:
        console.print(
            f"It has no baseline weight, so that nobody is told when it loses too much: "
            f"rig subject edit {name} --baseline GRAMS",
            soft_wrap=True,
        )


def edit(
    name: SubjectArgument,
    tag: TagOption = None,
    cage: CageOption = None,
    sex: SexOption = None,
    strain: StrainOption = None,
    birth: BirthOption = None,
    project: ProjectOption = None,
    status: StatusOption = None,
    baseline: BaselineOption = None,
    implant: ImplantOption = None,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)] = "",
    by: ByOption = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Enter what is known of a mouse from now on; what was known before is kept.

    Its file subjects/NAME.toml is brought in step.
    """
    import msgspec

    from rig.ledger.store import open_ledger
    from rig.ledger.subject_file import write_facts
    from rig.ledger.subjects import (
        check_tag,
        edit_subject,
        find_subject,
        known_facts,
        made_facts,
    )

    the, now = the_lab(lab), now_utc()
    given = _given(tag, cage, sex, strain, birth, project, status, baseline, implant)
    with open_ledger(the) as ledger:
        with ledger.reading() as connection:
            subject = find_subject(connection, name)
            values = msgspec.structs.asdict(subject.facts) | given
            facts = made_facts(values, f"subject '{name}'", local_day(now, zone_of(the.config)))
            if facts.tag != subject.facts.tag:
                check_tag(subject.name, facts.tag, known_facts(connection))
        if facts != subject.facts:
            why = checked_text(reason, "--reason")
            subject = edit_subject(ledger, subject, facts, author(by), now, why)
    write_facts(the, subject)
    if json:
        print_json(subject)
        return
    console.print(line_of(subject), soft_wrap=True, markup=False)


def list_all(lab: LabOption = None, json: JsonOption = False) -> None:
    """List the mice of the ledger, and those that have a file and are not in it."""
    from rig.ledger.store import open_ledger
    from rig.ledger.subjects import all_subjects

    the = the_lab(lab)
    with open_ledger(the) as ledger, ledger.reading() as connection:
        known = all_subjects(connection)
    names = {each.name for each in known}
    missing = [path.stem for path in the.files("subjects") if path.stem not in names]
    if json:
        print_json({"subjects": known, "not_in_the_ledger": missing})
        return
    print_table(
        ("mouse", "tag", "cage", "sex", "strain", "baseline g", "project", "status"),
        [
            (s.name, f.tag, f.cage, sex_words(f.sex), f.strain, f.baseline_g, f.project, f.status)
            for s in known
            for f in [s.facts]
        ],
    )
    if missing:
        console.print(f"\nNot in the ledger: {', '.join(missing)}", soft_wrap=True, markup=False)


def note(
    name: SubjectArgument,
    text: Annotated[str, typer.Argument(help="How the mouse is.")],
    person: Annotated[str, typer.Option(help="The person who answers for it.")],
    consent: Annotated[
        bool,
        typer.Option("--consent", help="The person consents to a session today at this weight."),
    ] = False,
    at: AtOption = "",
    by: ByOption = None,
    lab: LabOption = None,
    json: JsonOption = False,
) -> None:
    """Note how a mouse is, or that a person consents to a session below the lowest weight."""
    from rig.ledger.entries import Entry, enter_wellness
    from rig.ledger.store import open_ledger
    from rig.ledger.subjects import check_alive, find_subject

    the, now = the_lab(lab), now_utc()
    who, words = checked_text(person, "--person"), checked_text(text, "TEXT", LONGEST_NOTE)
    if not who or not words:
        raise typer.BadParameter("a note needs words, and --person a name")
    with open_ledger(the) as ledger:
        with ledger.reading() as connection:
            subject = find_subject(connection, name)
        moment = when(the, at, now)
        check_alive(subject, moment, zone_of(the.config))
        entry = Entry(subject, moment, now, author(by))
        row = enter_wellness(ledger, entry, who, words, "consent" if consent else "note")
    if json:
        print_json({"row": row, "subject": subject.name, "person": who, "consent": consent})
        return
    kind = "consents" if consent else "notes"
    console.print(f"{who} {kind}, of {subject.name}: {words}", soft_wrap=True, markup=False)


def _given(
    tag: str | None,
    cage: str | None,
    sex: str | None,
    strain: str | None,
    birth: datetime | None,
    project: str | None,
    status: str | None,
    baseline: float | None,
    implant: float | None,
) -> dict[str, Any]:
    """Return the facts that options give."""
    texts = {"tag": tag, "cage": cage, "strain": strain, "project": project}
    given = {
        key: None if value is None else checked_text(value, f"--{key}")
        for key, value in texts.items()
    }
    others = {
        "sex": sex,
        "status": status,
        "birth": birth.date() if birth else None,
        "baseline_g": baseline,
        "implant_g": implant,
    }
    return {key: value for key, value in (given | others).items() if value is not None}
