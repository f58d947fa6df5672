"""What the data do not tell is said, and leaves what they do tell its error."""

from __future__ import annotations

import numpy as np
import pytest

from models.doubt import covariance_of, doubt_of
from models.learning import ALPHA, LearningRule
from models.minimise import Minimum
from models.task import discrimination


def test_a_likelihood_that_is_nearly_flat_leaves_the_whole_range() -> None:
    """The interval of a logarithm may be so wide that its ends are no numbers any more."""
    point, flat = np.log([ALPHA.default]), np.array([[1e-8]])
    best = Minimum(point, 1.0, np.zeros(1), flat, True, 1)
    _, (doubt,) = doubt_of([ALPHA], best, np.log([ALPHA.low]), np.log([ALPHA.high]), flat)
    assert doubt.why == "its 95 % interval is 0.0001 to 0.2"


def test_what_is_flat_in_some_parameters_leaves_the_others_their_errors() -> None:
    """The first is sure; of the others the data tell the sum alone."""
    information = np.array([[2.0, 0.0, 0.0], [0.0, 3.0, 3.0], [0.0, 3.0, 3.0]])
    covariance = covariance_of(information)
    assert covariance[0, 0] == pytest.approx(0.5)
    assert np.isnan(covariance[1:]).all()
    regular = information + np.diag([1.0, 2.0, 3.0])
    np.testing.assert_allclose(covariance_of(regular), np.linalg.inv(regular), rtol=1e-12)


def test_whatever_has_no_error_is_said_not_to_be_identifiable() -> None:
    """Of three parameters the first changes a little along the direction that is flat."""
    flat = np.array([0.1, 0.7, -0.7]) / np.linalg.norm([0.1, 0.7, -0.7])
    information = 100 * (np.eye(3) - np.outer(flat, flat))
    best = Minimum(np.log([0.01, 0.5, 1.0]), 1.0, np.zeros(3), information, True, 1)
    parameters = LearningRule(discrimination(), core=None).parameters[:3]
    low, high = (np.log(ends) for ends in zip(*((p.low, p.high) for p in parameters), strict=True))
    covariance, doubts = doubt_of(parameters, best, low, high, information)
    assert np.isnan(np.diag(covariance)).all()
    assert [doubt.name for doubt in doubts] == ["alpha", "sigma", "asymmetry"]
    assert doubts[0].why == "it changes a little where sigma, asymmetry make up for each other"
