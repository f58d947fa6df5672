"""An epoch of a network written plainly: all sequences as one batch, in NumPy and in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.network import Network
from models.network_task import (
    CONTEXTS,
    DECISION,
    STEPS,
    TRIALS,
    Flags,
    inputs_at,
    sequences,
    targets,
)

Single = NDArray[np.float32]
Epoch = Callable[[], float]
"""Runs all sequences forward and back, and returns the cross entropy."""


@dataclass(frozen=True)
class Batch:
    """All sequences in both contexts.

    Attributes
    ----------
    stimuli
        (2048, 5, 2)
    wanted
        Whether go is right, (2048, 5).
    """

    stimuli: Flags
    wanted: Flags


def batch() -> Batch:
    """Return all sequences in both contexts."""
    stimuli = sequences()
    wanted = np.concatenate([targets(stimuli, context) for context in CONTEXTS])
    return Batch(np.concatenate([stimuli] * len(CONTEXTS)), wanted)


def numpy_epoch(network: Network) -> Epoch:
    """Return an epoch in NumPy: 70 steps forward, and back through each of them."""
    given = batch()
    w = {name: array.astype(np.float32) for name, array in network.arrays.items()}
    recurrent, outputs = w["recurrent_weights"], w["output_weights"]

    def epoch() -> float:
        xs: list[Single] = []
        hs = [np.broadcast_to(w["start"], (len(given.wanted), len(w["start"])))]
        before: Flags | None = None
        for trial in range(TRIALS):
            outcome: Flags | None = None
            for step in range(1, STEPS + 1):
                shown = given.stimuli[:, trial, 0], given.stimuli[:, trial, 1]
                xs.append(inputs_at(step, *shown, before, outcome).astype(np.float32))
                hs.append(np.tanh(xs[-1] @ w["input_weights"].T + hs[-1] @ recurrent.T + w["bias"]))
                if step == DECISION:
                    o = 1 / (1 + np.exp(-(hs[-1] @ outputs.T + w["output_bias"])))
                    outcome = (o[:, 0] > o[:, 1]) == given.wanted[:, trial]
                    if trial == TRIALS - 1:
                        break
            before = outcome
        sign = np.where(given.wanted[:, -1], 1, -1).astype(np.float32)
        margin = np.tanh((o[:, 0] - o[:, 1]) / 2)
        chance = 1 / (1 + np.exp(-sign * margin))
        by_difference = -(1 - chance) * sign * (1 - margin**2) / 2 / len(sign)
        by_output = np.stack([by_difference, -by_difference], axis=1) * o * (1 - o)
        gradient = {name: np.zeros_like(array) for name, array in w.items()}
        gradient["output_weights"] = by_output.T @ hs[-1]
        gradient["output_bias"] = by_output.sum(axis=0)
        by_state = by_output @ outputs
        for x, h, earlier in zip(xs[::-1], hs[:0:-1], hs[-2::-1], strict=True):
            slope = by_state * (1 - h * h)
            gradient["input_weights"] += slope.T @ x
            gradient["recurrent_weights"] += slope.T @ earlier
            gradient["bias"] += slope.sum(axis=0)
            by_state = slope @ recurrent
        gradient["start"] = by_state.sum(axis=0)
        return float(-np.log(chance).mean())

    return epoch


def torch_epoch(network: Network) -> Epoch:
    """Return an epoch in PyTorch, on one thread, with its own gradients and its own Adam."""
    import torch

    torch.set_num_threads(1)
    given = batch()
    w: dict[str, Any] = {
        name: torch.tensor(array, dtype=torch.float32, requires_grad=True)
        for name, array in network.arrays.items()
    }
    optimiser = torch.optim.Adam(list(w.values()), lr=1e-4)
    stimuli = [
        torch.tensor(inputs_at(DECISION, *given.stimuli[:, k].T), dtype=torch.float32)
        for k in range(TRIALS)
    ]
    nothing = torch.zeros_like(stimuli[0])
    wanted = torch.tensor(given.wanted)

    def epoch() -> float:
        h = w["start"].expand(len(given.wanted), -1)
        before: Any = None
        for trial in range(TRIALS):
            outcome: Any = None
            for step in range(1, STEPS + 1):
                x = stimuli[trial] if 4 <= step <= 12 else nothing
                shown = before if step <= 3 else outcome
                if shown is not None:
                    x = torch.cat([x[:, :4], shown], dim=1)
                h = torch.tanh(x @ w["input_weights"].T + h @ w["recurrent_weights"].T + w["bias"])
                if step == DECISION:
                    o = torch.sigmoid(h @ w["output_weights"].T + w["output_bias"])
                    if trial == TRIALS - 1:
                        break
                    right = ((o[:, 0] > o[:, 1]) == wanted[:, trial]).float()
                    outcome = torch.stack([right, 1 - right], dim=1)
            before = outcome
        loss = torch.nn.functional.cross_entropy(torch.softmax(o, dim=1), (~wanted[:, -1]).long())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return float(loss.item())

    return epoch
