"""A recurrent network that shifts between sets (Hajnal et al. 2024, Fig. 4), step by step.

Its tanh units see both stimuli and the outcomes of their own decisions, never the context. The
equations stand here as they are printed; `models.network_tree` has fast ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.errors import Floats, ModelError, ShapeError, UnknownNameError, floats
from models.network_task import DECISION, INPUTS, STEPS, Context, Flags, inputs_at, targets

Output = Literal["sigmoid", "tanh"]
"""What bounds the outputs before the softmax: `sigmoid` is that of the authors' code, `tanh` that
of the text."""
OUTPUTS: dict[str, Output] = {"sigmoid": "sigmoid", "tanh": "tanh"}
UNITS = 30
TRAINED = Path(__file__).with_name("trained_network.csv")
Number = TypeVar("Number", np.float32, np.float64)


@dataclass(frozen=True)
class Network:
    """Weights of a network. A state is the activity of its units.

    Attributes
    ----------
    input_weights
        (units, 6), in the order of `models.network_task.INPUTS`.
    recurrent_weights
        (units, units); a row is what one unit receives.
    bias, start
        Of each unit, and the state before the first step, (units,).
    output_weights, output_bias
        Of go and nogo, (2, units) and (2,).
    output
        What bounds the outputs.

    Raises
    ------
    ModelError
        `ShapeError`, `NotFiniteError` or `UnknownNameError`, if it is none.
    """

    input_weights: Floats
    recurrent_weights: Floats
    bias: Floats
    start: Floats
    output_weights: Floats
    output_bias: Floats
    output: Output = "sigmoid"

    def __post_init__(self) -> None:
        known_output(self.output)
        wanted = shapes(len(floats("bias", self.bias, 1)))
        for name, array in self.arrays.items():
            own = floats(name, array, len(wanted[name]))
            if own.shape != wanted[name]:
                raise ShapeError(f"{name} is {own.shape}", f"It needs {wanted[name]}.")
            own.setflags(write=False)
            object.__setattr__(self, name, own)

    @classmethod
    def initial(cls, seed: int, units: int = UNITS, output: Output = "sigmoid") -> Network:
        """Draw the weights that training begins with: Glorot's uniform ones, and biases of 0.

        Examples
        --------
        >>> Network.initial(seed=101).recurrent_weights.shape
        (30, 30)
        """
        rng = np.random.default_rng(seed)
        drawn = {
            name: rng.uniform(-1, 1, shape) * math.sqrt(6 / sum(shape))
            if len(shape) == 2
            else np.zeros(shape)
            for name, shape in shapes(units).items()
        }
        return cls(**drawn, output=output)

    @property
    def arrays(self) -> dict[str, Floats]:
        """Its weights, by name, in the order of `from_vector`."""
        return {
            "input_weights": self.input_weights,
            "recurrent_weights": self.recurrent_weights,
            "bias": self.bias,
            "start": self.start,
            "output_weights": self.output_weights,
            "output_bias": self.output_bias,
        }

    @property
    def vector(self) -> Floats:
        """All weights in a row, (parameters,)."""
        return np.concatenate([array.ravel() for array in self.arrays.values()])

    @classmethod
    def from_vector(
        cls, vector: ArrayLike, units: int = UNITS, output: Output = "sigmoid"
    ) -> Network:
        """Return the network of weights in a row, (parameters,), as `vector` gives them.

        Raises
        ------
        ShapeError
            If it has not as many weights.
        """
        return cls(**split(floats("weights", vector, 1), units), output=output)

    def step(self, state: ArrayLike, inputs: ArrayLike) -> Floats:
        """Return the state one step later, (..., units), of a state and inputs, (..., 6)."""
        driven = np.asarray(inputs) @ self.input_weights.T + self.bias
        return np.asarray(np.tanh(np.asarray(state) @ self.recurrent_weights.T + driven))

    def outputs(self, state: ArrayLike) -> Floats:
        """Return the bounded outputs of a state (..., units) for go and nogo, (..., 2)."""
        u = np.asarray(state) @ self.output_weights.T + self.output_bias
        return np.asarray(np.tanh(u) if self.output == "tanh" else 0.5 * (1 + np.tanh(0.5 * u)))

    def p_go(self, state: ArrayLike) -> Floats:
        """Return the probability of go, (...), in a state (..., units): a softmax of the outputs.

        As the outputs are bounded, it lies between 0.27 and 0.73 (`tanh`: 0.12 and 0.88).
        """
        go, nogo = np.moveaxis(self.outputs(state), -1, 0)
        return np.asarray(0.5 * (1 + np.tanh(0.5 * (go - nogo))))

    def goes(self, state: ArrayLike) -> Flags:
        """Return whether it decides for go, (...), in a state (..., units): not if both are equal.

        The decision is read after step 10 of a trial.
        """
        go, nogo = np.moveaxis(self.outputs(state), -1, 0)
        return np.asarray(go > nogo)


@dataclass(frozen=True)
class Played:
    """What a network did in sequences of trials.

    Attributes
    ----------
    states
        After each step, (sequences, trials, 15, units).
    go
        Its decisions, (sequences, trials).
    right
        Whether they were right, (sequences, trials).
    """

    states: Floats
    go: Flags
    right: Flags


def play(network: Network, stimuli: Flags, context: Context) -> Played:
    """Let a network do sequences of trials in one context, from its start.

    Parameters
    ----------
    network
        Which.
    stimuli
        Go of the visual and of the auditory stimulus, (sequences, trials, 2).
    context
        Which modality is relevant.

    Examples
    --------
    >>> from models.network_task import sequences
    >>> right = play(read_trained_network(), sequences(), "visual").right
    >>> round(float(right[:, -1].mean()), 2)
    0.98
    """
    wanted = targets(stimuli, context)
    count, trials, _ = stimuli.shape
    states = np.empty((count, trials, STEPS, len(network.bias)))
    go = np.zeros((count, trials), dtype=np.bool_)
    state = np.broadcast_to(network.start, (count, len(network.bias)))
    before: Flags | None = None
    for trial in range(trials):
        visual, auditory = stimuli[:, trial, 0], stimuli[:, trial, 1]
        outcome: Flags | None = None
        for step in range(1, STEPS + 1):
            state = network.step(state, inputs_at(step, visual, auditory, before, outcome))
            states[:, trial, step - 1] = state
            if step == DECISION:
                go[:, trial] = network.goes(state)
                outcome = go[:, trial] == wanted[:, trial]
        before = outcome
    return Played(states, go, go == wanted)


def shapes(units: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a network's arrays, by name."""
    return {
        "input_weights": (units, len(INPUTS)),
        "recurrent_weights": (units, units),
        "bias": (units,),
        "start": (units,),
        "output_weights": (2, units),
        "output_bias": (2,),
    }


def split(vector: NDArray[Number], units: int) -> dict[str, NDArray[Number]]:
    """Return the arrays of a network as views into its weights in a row, by name.

    Raises
    ------
    ShapeError
        If it has not as many weights.
    """
    wanted = shapes(units)
    ends = np.cumsum([math.prod(shape) for shape in wanted.values()])
    if vector.shape != (ends[-1],):
        raise ShapeError(
            f"{vector.shape} weights for {units} units", f"A network of these has {ends[-1]}."
        )
    parts = np.split(vector, ends[:-1])
    return {
        name: part.reshape(shape) for (name, shape), part in zip(wanted.items(), parts, strict=True)
    }


def known_output(name: str) -> Output:
    """Return a bound of outputs by its name.

    Raises
    ------
    UnknownNameError
        If it has another name.
    """
    if name not in OUTPUTS:
        raise UnknownNameError(
            f"no bound of outputs is called {name!r}", f"There are {', '.join(OUTPUTS)}."
        )
    return OUTPUTS[name]


def write_network(network: Network, path: Path, comment: str = "") -> None:
    """Write a network as text: a line for each row of each array, in nine digits (float32)."""
    lines = [f"# {line}" for line in comment.splitlines()]
    lines.append(f"output,{network.output}")
    for name, array in network.arrays.items():
        lines += [
            ",".join([name, *(f"{value:.9g}" for value in row)]) for row in np.atleast_2d(array)
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_trained_network(path: Path = TRAINED) -> Network:
    """Return the trained network that is shipped, or another one that `write_network` wrote.

    Raises
    ------
    ModelError
        If the file is none, or holds weights that make no network.
    """
    rows: dict[str, list[list[str]]] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                name, *values = line.split(",")
                rows.setdefault(name, []).append(values)
        output = rows.pop("output")[0][0]
        units = len(rows["recurrent_weights"])
        vector = [float(value) for name in shapes(units) for row in rows.pop(name) for value in row]
    except (KeyError, IndexError, ValueError) as error:
        raise ModelError(f"{path.name} is not a network ({error})", HELP) from error
    if rows:
        raise UnknownNameError(f"{path.name} has an array {next(iter(rows))!r}", HELP)
    return Network.from_vector(vector, units, known_output(output))


HELP = "It needs a line for `output` and for each row of the arrays of a `Network`."
