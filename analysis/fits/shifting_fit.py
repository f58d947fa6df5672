"""The five choice models and the chance of consistent trials, for one mouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.fits.asked import LickRate
from analysis.fits.found import FAILURES, fitted, mouse_fit
from analysis.fits.results import Block, Context, Found, KindScore, MouseFit
from analysis.fits.sessions import Past, is_set_shifting
from analysis.fits.settings import Settings
from analysis.fits.shifting_data import Bimodal, blocks_of, scored_choices
from models.choices import KINDS, BimodalChoices, ChoiceModel, score_all
from models.consistency import chance_in_blocks, chance_of_consistency
from models.errors import EmptyDataError, Floats, OneClassError


@dataclass(frozen=True)
class ShiftingOrder:
    """A mouse whose choices are to be fitted."""

    past: Past
    settings: Settings


def shifting_order(past: Past, settings: Settings) -> ShiftingOrder:
    """Return a mouse as it is to be fitted.

    Raises
    ------
    ModelError
        If it has no session of two modalities.
    """
    kept = past.only(is_set_shifting)
    if not kept.sessions:
        raise EmptyDataError(
            "there is no session with stimuli of two modalities", "`rig ls` lists the sessions."
        )
    return ShiftingOrder(kept, settings)


def fit_choices(order: ShiftingOrder) -> MouseFit | str:
    """Fit the choice models of one mouse in each context; return why not, if that fails."""
    past, settings = order.past, order.settings
    blocks = blocks_of(past.sessions)
    found: list[Found] = []
    contexts: list[Context] = []
    notes: list[str] = []
    try:
        for context in dict.fromkeys(block.context for block in blocks):
            own = [block for block in blocks if block.context == context]
            scores: tuple[KindScore, ...] = ()
            try:
                choices = scored_choices(own)
            except EmptyDataError:
                notes.append(f"{context}: no trial is both consistent and incongruent")
            else:
                scores = _scores(choices)
                found += _fits(context, choices, settings)
            contexts.append(_context(context, own, blocks, scores, settings))
    except FAILURES as error:
        return str(error)
    return mouse_fit(past, tuple(found), contexts=tuple(contexts), notes=tuple(notes))


def _scores(choices: BimodalChoices) -> tuple[KindScore, ...]:
    return tuple(
        KindScore(kind, each.mean_log_likelihood, each.parameter)
        for kind, each in score_all(choices).items()
    )


def _fits(context: str, choices: BimodalChoices, settings: Settings) -> Iterator[Found]:
    """Yield the models fitted by maximum likelihood; one that the data cannot tell is left out."""
    for kind in KINDS:
        model = ChoiceModel(kind)
        try:
            yield fitted(model, choices, settings, context)[0]
        except OneClassError:  # licks in all of these trials, or in none: only `unaware` needs both
            continue


def _context(
    context: str,
    own: Sequence[Bimodal],
    blocks: Sequence[Bimodal],
    scores: tuple[KindScore, ...],
    settings: Settings,
) -> Context:
    rate = _lick_rate(own if settings.lick_rate_of == LickRate.INCONGRUENT else blocks, settings)
    chance = _chance([len(block.licked) for block in own], rate, settings)
    consistent = sum(int(block.consistent.sum()) for block in own)
    return Context(
        context=context,
        trials=sum(len(block.licked) for block in own),
        consistent=consistent,
        scored=sum(int((block.consistent & block.incongruent).sum()) for block in own),
        blocks=tuple(
            Block(each.session, each.block, len(each.licked), int(each.consistent.sum()))
            for each in own
        ),
        lick_rate=rate,
        lick_rate_of=settings.lick_rate_of,
        simulations=settings.simulations,
        at_least=min(float(chance[consistent:].sum()), 1.0),
        exactly=max(float(chance[consistent]), 0.5 / settings.simulations),
        chance=tuple(chance.tolist()),
        scores=scores,
    )


def _lick_rate(blocks: Sequence[Bimodal], settings: Settings) -> float:
    """Return how often the mouse licked: in incongruent trials, or in all with two modalities."""
    chosen = [
        block.licked[block.incongruent]
        if settings.lick_rate_of == LickRate.INCONGRUENT
        else block.licked
        for block in blocks
    ]
    licks = np.concatenate(chosen)
    return float(licks.mean()) if licks.size else 0.0


def _chance(lengths: Sequence[int], rate: float, settings: Settings) -> Floats:
    """Return the probability of 0, 1, 2, ... consistent trials in all blocks together."""
    simulated = {
        length: chance_of_consistency(length, rate, settings.seed, settings.simulations)
        for length in dict.fromkeys(lengths)
    }
    return chance_in_blocks([simulated[length] for length in lengths])
