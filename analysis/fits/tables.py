"""What ``rig fit`` prints for people."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import rich.markup

from analysis.fits.results import Context, Fit, Found, Learned, MouseFit, Shared, Spread, Value
from rig.console import console, print_table

_VALUES = ("mouse", "", "parameter", "value", "SE", "95 % interval", "")
_FITS = ("mouse", "", "model", "trials", "log-likelihood", "AIC", "BIC", "starts agree", "")
_GROUP = (
    "", "model", "parameter", "mice", "of which doubtful", "median", "mean", "SD", "lowest",
    "highest",
)  # fmt: skip

BEYOND = "beyond its trials"


def print_fit(fit: Fit) -> None:
    """Print a fit: values, how good it is, what is in common, what cannot be relied on."""
    if fit.shared is not None:
        _print_shared(fit.shared)
    common = {each.name for each in fit.shared.parameters} if fit.shared else set()
    rows = [row for mouse in fit.mice.values() for found in mouse.found
            for row in _values(mouse.subject, found, common)]  # fmt: skip
    if rows:
        print_table(_VALUES, rows, f"\nValues (intervals by {_intervals(fit)})")
    print_table(
        _FITS,
        [_quality(mouse.subject, found) for mouse in fit.mice.values() for found in mouse.found],
        "\nHow well they fit",
    )
    _print_phases(fit)
    _print_contexts(fit)
    if fit.group:
        print_table(_GROUP, [_spread(each) for each in fit.group], "\nOver the mice")
    for line in _statements(fit):
        console.print(rich.markup.escape(line), soft_wrap=True)


def short(value: float | None) -> str:
    """Return a number with three digits that count; a dash for none.

    Examples
    --------
    >>> short(0.0123456), short(None)
    ('0.0123', '-')
    """
    return "-" if value is None else f"{value:.3g}"


def interval_words(value: Value) -> str:
    """Return an interval in words; an end that the data do not limit is named as open.

    Examples
    --------
    >>> interval_words(Value("sigma", 1.0, None, 0.5, 3.0, False, True, ""))
    '0.5 to open'
    """
    if value.low is None or value.high is None:
        return "-"
    low = "open" if value.low_open else short(value.low)
    return f"{low} to {'open' if value.high_open else short(value.high)}"


def chance_words(context: Context, probability: float) -> str:
    """Return a probability of so many consistent trials; one too small as a bound."""
    least = 1 / context.simulations
    return f"< {short(least)}" if probability < least else short(probability)


def _values(subject: str, found: Found, common: AbstractSet[str]) -> Iterator[tuple[object, ...]]:
    """Yield the parameters of a mouse, fitted and held, without those that all mice share."""
    part = f"{found.part}, {found.model}" if found.part else ""
    for each in found.parameters:
        yield (subject, part, *_value(each))
    for name, value in found.held.items():
        if name not in common:
            yield (subject, part, name, short(value), "-", "-", "held")


def _value(each: Value) -> tuple[object, ...]:
    return (
        each.name,
        short(each.value),
        short(each.standard_error),
        interval_words(each),
        "not identifiable" if each.doubt else "",
    )


def _quality(subject: str, found: Found) -> tuple[object, ...]:
    return (
        subject,
        found.part,
        found.model,
        found.trials,
        f"{found.log_likelihood:.2f}",
        None if found.aic is None else f"{found.aic:.1f}",
        None if found.bic is None else f"{found.bic:.1f}",
        f"{found.agreeing} of {found.starts}",
        "" if found.converged else "did not converge",
    )


def _spread(each: Spread) -> tuple[object, ...]:
    values = each.median, each.mean, each.sd, each.lowest, each.highest
    return (each.part, each.model, each.name, each.mice, each.doubtful, *map(short, values))


def _intervals(fit: Fit) -> str:
    kinds = {found.intervals for mouse in fit.mice.values() for found in mouse.found}
    return " and ".join(sorted(kinds))


def _print_shared(shared: Shared) -> None:
    print_table(
        ("parameter", "value", "SE", "95 % interval", ""),
        [_value(each) for each in shared.parameters],
        "Shared by all mice",
    )
    console.print(
        f"{shared.trials} trials, {shared.count} parameters, log-likelihood "
        f"{shared.log_likelihood:.2f}, AIC {shared.aic:.1f}, BIC {shared.bic:.1f}, "
        f"{shared.agreeing} of {shared.starts} starts agree"
        + ("" if shared.converged else "; the search did not converge"),
        soft_wrap=True,
    )


def _print_phases(fit: Fit) -> None:
    """Print the phases of learning by both ways."""
    rows: list[tuple[object, ...]] = []
    for mouse in fit.mice.values():
        if mouse.learned is None or fit.settings["pretraining"] == "first":
            continue
        course = mouse.learned
        by_name = {each.name: each for each in course.sigmoid}
        delay, learning = (by_name.get(name) for name in ("delay", "learning"))
        modelled, sigmoidal = [_trials(course.delay), _trials(course.learning)], [_phase(delay)]
        if _is_beyond(course, course.delay, course.learning):
            modelled[-1] = BEYOND
        if delay and learning and _is_beyond(course, delay.value, learning.value):
            sigmoidal.append(BEYOND)
        else:
            sigmoidal.append(_phase(learning))
        rows.append((mouse.subject, *modelled, *sigmoidal))
    if rows:
        columns = ("mouse", "delay", "learning", "delay by sigmoid", "learning by sigmoid")
        print_table(columns, rows, "\nPhases in trials: by the model's curve, and by a sigmoid")


def _is_beyond(course: Learned, delay: float | None, learning: float | None) -> bool:
    """Whether learning ends, by a curve, only after the last trial that the mouse did."""
    return delay is not None and learning is not None and delay + learning > course.ends[-1]


def _phase(each: Value | None) -> str:
    if each is None or each.doubt:
        return "-"
    low, high = _trials(each.low), _trials(each.high)
    return f"{_trials(each.value)} ({low} to {high})"


def _trials(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _print_contexts(fit: Fit) -> None:
    """Print mean log-likelihoods of the choice models, and the chance of consistent trials."""
    contexts = [(m.subject, each) for m in fit.mice.values() for each in m.contexts]
    if not contexts:
        return
    kinds = list(dict.fromkeys(s.kind for _, each in contexts for s in each.scores))
    print_table(
        ("mouse", "context", "trials", *kinds),
        [
            (subject, each.context, each.scored, *(
                next((short(s.mean_log_likelihood) for s in each.scores if s.kind == kind), "-")
                for kind in kinds
            ))
            for subject, each in contexts
        ],
        "\nMean log-likelihood of a choice in consistent, incongruent trials",
    )  # fmt: skip
    print_table(
        ("mouse", "context", "consistent", "of", "lick rate", "P(at least so many)",
         "P(exactly so many)"),
        [
            (subject, each.context, each.consistent, each.trials, each.lick_rate,
             chance_words(each, each.at_least), chance_words(each, each.exactly))
            for subject, each in contexts
        ],
        "\nConsistent trials, and how probable so many are by chance",
    )  # fmt: skip


def _statements(fit: Fit) -> Iterator[str]:
    """Yield what cannot be relied on, mouse by mouse, and what was left out."""
    yield ""
    if fit.shared is not None:
        for each in fit.shared.parameters:
            if each.doubt:
                yield f"shared: {each.name} is not identifiable: {each.doubt}."
    told = [f"{mouse.subject}: {line}" for mouse in fit.mice.values() for line in _of_mouse(mouse)]
    yield from told or ["All parameters are identifiable."]
    for name, why in fit.failed.items():
        yield f"{name} could not be fitted: {why}"


def _of_mouse(mouse: MouseFit) -> Iterator[str]:
    for found in mouse.found:
        if not found.converged or any(each.doubt for each in found.parameters):
            part = f"{found.part}, {found.model}: " if found.part else ""
            yield part + found.statement
    yield from mouse.notes
    yield from (f"{each.session} is left out: {each.why}" for each in mouse.left_out)
