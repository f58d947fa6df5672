"""What a person asks of ``rig fit``; loaded with the command line, so without the models."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path


class ModelName(StrEnum):
    """The models, as they are named on the command line."""

    CIRCUIT = "circuit"
    MEAN_FIELD = "mean-field"
    CHOICES = "choices"
    LOGISTIC = "logistic"
    PSYCHOMETRIC = "psychometric"


class CoreName(StrEnum):
    """How learning rate, asymptote and asymmetry come about."""

    PUBLISHED = "published"
    FITTED = "fitted"
    SHARED = "shared"


class LickRate(StrEnum):
    """Which trials tell how often a mouse at random licks."""

    INCONGRUENT = "incongruent"
    SESSION = "session"


class VariantName(StrEnum):
    """The learning rules, as they are named on the command line."""

    MULTIPLICATIVE_ASYMMETRIC = "multiplicative-asymmetric"
    MULTIPLICATIVE_SYMMETRIC = "multiplicative-symmetric"
    ADDITIVE_ASYMMETRIC = "additive-asymmetric"
    ADDITIVE_SYMMETRIC = "additive-symmetric"


class ShapeName(StrEnum):
    """The shapes of psychometric functions."""

    LOGISTIC = "logistic"
    NORMAL = "normal"


class Picture(StrEnum):
    """The formats of figures."""

    PNG = "png"
    PDF = "pdf"
    SVG = "svg"


class Pretraining(StrEnum):
    """What becomes of trials of S+ before discrimination."""

    LEFT_OUT = "left-out"
    FIRST = "first"


class Catch(StrEnum):
    """What becomes of catch trials."""

    LEARNED_FROM = "learned-from"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options, as they were given; None for one that was not."""

    subjects: tuple[str, ...]
    model: ModelName
    since: date | None
    sessions: str | None
    protocols: tuple[str, ...]
    core: CoreName | None
    variant: VariantName | None
    binned: int | None
    recruitment: tuple[str, ...]
    pretraining: Pretraining | None
    catch: Catch | None
    hold: tuple[str, ...]
    lags: int | None
    shape: ShapeName | None
    lick_rate: LickRate | None
    simulations: int | None
    starts: int | None
    seed: int
    profile: bool
    jobs: int | None
    scheduler: str | None
    out: Path | None
    picture: Picture
    lab: Path | None

    def unusual(self) -> str:
        """Return the options that change which values are found, where they are not as usual."""
        others = {"subjects", "model", "profile", "jobs", "scheduler", "out", "picture", "lab"}
        given = {
            name: value for name, value in asdict(self).items() if name not in others and value
        }
        return " ".join(f"{name}={value}" for name, value in given.items())
