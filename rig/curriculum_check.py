"""Finds the mistakes of a curriculum that its values alone do not show.

Stages that no rule reaches, rules that contradict each other or can never act, and parameters
that the protocols do not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product
from math import inf
from pathlib import Path
from typing import Any

from rig.curriculum import COUNTS, Condition, Curriculum, Rule, Stage, params_of, read_curriculum
from rig.errors import CheckFailed, ConfigError, Problem, RigError, errors_among, problems_of
from rig.lab import Lab
from rig.performance import d_prime
from rig.plan import ProtocolPlan, StageParams, plan_protocol, with_stage

LARGEST_D_PRIME = d_prime(1.0, 0.0) or inf
"""Rates are clipped, so d' has a limit."""


def check_curriculum(lab: Lab, path: Path) -> list[Problem]:
    """Return everything that is wrong with a curriculum and with the protocols it names."""
    try:
        curriculum = read_curriculum(path)
    except RigError as error:
        return problems_of(error)
    problems = check_rules(curriculum, str(path)) + _check_params(lab, curriculum, str(path))
    return list(dict.fromkeys(problems))


def sound_curriculum(lab: Lab, path: Path) -> Curriculum:
    """Return a curriculum; raise `CheckFailed` with every mistake in it."""
    problems = errors_among(check_curriculum(lab, path))
    if problems:
        raise CheckFailed(problems)
    return read_curriculum(path)


def check_rules(curriculum: Curriculum, file: str) -> list[Problem]:
    """Return what is wrong with the stages and rules of a curriculum."""
    if not curriculum.stages:
        return [Problem("the curriculum has no stages", file, "Add [[stages]].")]
    counts = Counter(stage.name for stage in curriculum.stages)
    problems = [
        Problem(f"{count} stages are called '{name}'", file, "Give each stage its own name.")
        for name, count in counts.items()
        if count > 1
    ]
    for position, stage in enumerate(curriculum.stages):
        problems += _check_ways(curriculum, position, file)
        for number, rule in enumerate(stage.rules, start=1):
            problems += _check_conditions(rule, _where(file, stage, number))
        for one, other in combinations(range(len(stage.rules)), 2):
            problems += _check_pair(stage, one, other, file)
    return problems + _check_reach(curriculum, file)


def _check_ways(curriculum: Curriculum, position: int, file: str) -> Iterator[Problem]:
    """Return what is wrong with where the rules of a stage lead."""
    stage = curriculum.stages[position]
    names = ", ".join(each.name for each in curriculum.stages)
    for number, rule in enumerate(stage.rules, start=1):
        target, where = curriculum.position(rule.to), _where(file, stage, number)
        if rule.verdict == "hold":
            continue
        if target is None:
            yield Problem(f"there is no stage '{rule.to}'", where, f"Name one of: {names}.")
        elif rule.verdict == "promote" and target <= position:
            yield Problem(
                f"the rule promotes to '{rule.to}', which does not come after '{stage.name}'",
                where,
                "Name a later stage, or write verdict = 'set_back'.",
            )
        elif rule.verdict == "set_back" and target >= position:
            yield Problem(
                f"the rule sets back to '{rule.to}', which does not come before '{stage.name}'",
                where,
                "Name an earlier stage, or write verdict = 'promote'.",
            )
    last = position == len(curriculum.stages) - 1
    if not last and not any(rule.verdict == "promote" for rule in stage.rules):
        yield Problem(
            f"no rule leads on from stage '{stage.name}', which is not the last one",
            f"{file}, stage '{stage.name}'",
            "Add a rule that promotes, or put the stage last.",
            "warning" if stage.rules else "error",
        )


def _check_reach(curriculum: Curriculum, file: str) -> list[Problem]:
    """Return the stages to which no rule leads, from the first on."""
    ways = {stage.name: {rule.to for rule in stage.rules} for stage in curriculum.stages}
    reached, open_ends = set[str](), [curriculum.stages[0].name]
    while open_ends:
        name = open_ends.pop()
        if name not in reached:
            reached.add(name)
            open_ends += ways.get(name, ())
    return [
        Problem(
            f"stage '{stage.name}' is never reached: no rule leads there from the first stage",
            f"{file}, stage '{stage.name}'",
            "Let a rule lead there, or take the stage out.",
        )
        for stage in curriculum.stages
        if stage.name not in reached
    ]


def _check_conditions(rule: Rule, where: str) -> Iterator[Problem]:
    """Return what is wrong with the conditions of one rule."""
    for condition in rule.when:
        smallest, largest = _range(condition)
        bounds = (condition.at_least, condition.above, condition.at_most, condition.below)
        for bound in bounds:
            if bound is not None and not smallest <= bound <= largest:
                yield Problem(
                    f"{condition.measure} lies between {smallest:.4g} and {largest:.4g}, "
                    f"and the rule asks for {bound:g}",
                    where,
                    "Change the bound; a share is written as 0.8, not as 80.",
                )
        if condition.above == largest or condition.below == smallest:
            yield Problem(
                f"the rule can never hold: {condition.measure} has nothing beyond its limit",
                where,
                "Change the bound.",
            )
    alone = [condition for condition in rule.when if _empty([condition])]
    pairs = [
        [one, other]
        for one, other in combinations(rule.when, 2)
        if _scope(one) == _scope(other) and _empty([one, other])
    ]
    for group in ([[condition] for condition in alone]) or pairs:
        yield Problem(
            f"the rule can never hold: its conditions on {group[0].measure} contradict each other",
            where,
            "Change one of the bounds.",
        )


def _check_pair(stage: Stage, first: int, second: int, file: str) -> Iterator[Problem]:
    """Return a problem if one rule keeps another from acting, or speaks against it."""
    one, other = stage.rules[first], stage.rules[second]
    where = _where(file, stage, second + 1)
    if all(any(_implies(theirs, ours) for theirs in other.when) for ours in one.when):
        yield Problem(
            f"the rule can never act: whenever it holds, rule {first + 1} holds and comes first",
            where,
            "Put the stricter rule first, or take one of them out.",
        )
        return
    if {one.verdict, other.verdict} != {"promote", "set_back"}:
        return
    shared = [
        [ours, theirs] for ours, theirs in product(one.when, other.when)
        if _scope(ours) == _scope(theirs)
    ]  # fmt: skip
    if any(_empty(pair) for pair in shared):
        return
    yield Problem(
        f"rule {first + 1} ({one.verdict}) and rule {second + 1} ({other.verdict}) can hold for "
        "the same sessions; the first of them decides",
        where,
        "Add a condition that keeps them apart.",
        "error" if shared else "warning",
    )


def _implies(strict: Condition, mild: Condition) -> bool:
    """Whether a condition holds whenever another, stricter one does."""
    return (
        _scope(strict) == _scope(mild)
        and (strict.days or 0) >= (mild.days or 0)
        and (strict.measure in COUNTS or strict.min_trials >= mild.min_trials)
        and strict.lower >= mild.lower
        and strict.upper <= mild.upper
    )


def _scope(condition: Condition) -> tuple[object, ...]:
    """Return what a condition looks at; two of the same scope share at least one number.

    Conditions on each of the last days share the last day.
    """
    measure = "hit_rate" if condition.measure == "collected" else condition.measure
    picked = tuple(sorted(condition.where.items()))
    return measure, picked, condition.per, condition.last_trials, condition.days is None


def _empty(conditions: list[Condition]) -> bool:
    """Whether no value lies within the bounds of all the conditions."""
    low, low_excluded = max(condition.lower for condition in conditions)
    high, high_included = min(condition.upper for condition in conditions)
    return low > high or (low == high and (low_excluded or not high_included))


def _range(condition: Condition) -> tuple[float, float]:
    """Return the smallest and the largest value that a measure can have."""
    if condition.measure in COUNTS:
        return 0.0, inf
    if condition.measure == "d_prime":
        return -LARGEST_D_PRIME, LARGEST_D_PRIME
    return 0.0, 1.0


def _check_params(lab: Lab, curriculum: Curriculum, file: str) -> list[Problem]:
    """Return what is wrong with the protocols of the stages and the parameters over them."""
    problems: list[Problem] = []
    plans: list[ProtocolPlan] = []
    for stage in curriculum.stages:
        where = f"{file}, stage '{stage.name}'"
        problems += _check_turns(curriculum, stage, where)
        try:
            plans.append(_plan(lab, stage, where))
            problems += _check_stage_params(curriculum, stage, plans[-1], where)
        except RigError as error:
            problems += problems_of(error)
    if len(plans) == len(curriculum.stages):
        problems += _check_assignments(curriculum, plans, file)
    return problems


def _plan(lab: Lab, stage: Stage, where: str) -> ProtocolPlan:
    """Return the protocol of a stage; raise `RigError` if there is none or it is wrong."""
    path = lab.folder / stage.protocol
    try:
        return plan_protocol(lab, path)
    except ConfigError as error:
        if path.exists():
            raise
        raise ConfigError(error.what, f"{where}, protocol = '{stage.protocol}'", error.do) from None


def _check_assignments(
    curriculum: Curriculum, plans: list[ProtocolPlan], file: str
) -> Iterator[Problem]:
    """Return what is wrong with the groups of mice."""
    known = {key for plan in plans for key in plan.protocol.Params.model_fields}
    for number, assignment in enumerate(curriculum.assignments, start=1):
        for key in sorted(assignment.params.keys() - known):
            yield Problem(
                f"no protocol of the curriculum has a parameter '{key}'",
                f"{file}, assignment {number}",
                "Check its spelling, or take it out.",
            )
    if len({frozenset(each.params) for each in curriculum.assignments}) > 1:
        yield Problem(
            "the assignments do not set the same parameters",
            f"{file}, assignments",
            "Let each of them have all the keys.",
        )


def _check_turns(curriculum: Curriculum, stage: Stage, where: str) -> Iterator[Problem]:
    """Return what is wrong with the parameter sets that take turns."""
    if len(stage.alternate) == 1 or len({frozenset(each) for each in stage.alternate}) > 1:
        yield Problem(
            "the parameter sets that take turns must be two or more, with the same keys",
            f"{where}, alternate",
            "Let each of them have all the keys.",
        )
    turns = {key for each in stage.alternate for key in each}
    both = turns & {key for each in curriculum.assignments for key in each.params}
    if both:
        yield Problem(
            f"both the assignments and the turns set {', '.join(sorted(both))}",
            f"{where}, alternate",
            "Leave it to one of them.",
        )


def stage_plans(lab: Lab, path: Path) -> Iterator[tuple[str, ProtocolPlan]]:
    """Return the protocol of each stage of a sound curriculum, for every group and every turn.

    Each comes with the file and the stage that choose it; where a stage changes no parameter of
    its protocol file, there is nothing to return.
    """
    curriculum = read_curriculum(path)
    for stage in curriculum.stages:
        plan = plan_protocol(lab, lab.folder / stage.protocol)
        where = f"{path}, stage '{stage.name}'"
        for over in _params_of_stage(curriculum, stage, plan):
            if over:
                yield where, with_stage(plan, StageParams(stage.name, over, where))


def _params_of_stage(
    curriculum: Curriculum, stage: Stage, plan: ProtocolPlan
) -> Iterator[dict[str, Any]]:
    """Return what a stage lays over its protocol file, for every group and every turn."""
    groups = [each.params for each in curriculum.assignments] or [{}]
    turns: list[dict[str, Any]] = [*stage.alternate] or [{}]
    for group, turn in product(groups, turns):
        yield params_of(stage, group, turn, plan.protocol.Params.model_fields)


def _check_stage_params(
    curriculum: Curriculum, stage: Stage, plan: ProtocolPlan, where: str
) -> list[Problem]:
    """Return what is wrong with the parameters of a stage, for every group and every turn."""
    problems: list[Problem] = []
    for over in _params_of_stage(curriculum, stage, plan):
        try:
            with_stage(plan, StageParams(stage.name, over, where))
        except RigError as error:
            problems += problems_of(error)
    return problems


def _where(file: str, stage: Stage, rule: int) -> str:
    return f"{file}, stage '{stage.name}', rule {rule}"
