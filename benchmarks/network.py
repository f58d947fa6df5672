"""An epoch of a recurrent network by the tree of sequences, beside plain NumPy and PyTorch.

PyTorch is no dependency of the program. To compare with it, make an environment that has the
program's packages, install there the package ``torch`` in its build for processors alone (the
usual one draws gigabytes of packages for graphics cards), and run ``python -m benchmarks.network``
there with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.compilation import compilation
from benchmarks.network_peers import numpy_epoch, torch_epoch
from models.network import Network
from models.network_training import PUBLISHED, Trainer, Training

SEED = 101
ROUNDS, OURS_A_ROUND = 9, 20
COMPILE = """
import time, numba
loaded = time.process_time()
from models.network import Network
from models.network_training import PUBLISHED, Trainer
trainer = Trainer(Network.initial(101), PUBLISHED)
trainer.run(1)
print(time.process_time() - loaded)
trainer.run(19)
print(trainer.gradient.tobytes().hex())
"""


def measure() -> list[tuple[str, str]]:
    """Return times of one core, in processor time, and their ratios."""
    network = Network.initial(SEED)
    tree = Trainer(network, PUBLISHED)
    double = Trainer(network, Training(precision="float64"))
    peers: dict[str, Callable[[], object]] = {"NumPy": numpy_epoch(network)}
    if importlib.util.find_spec("torch") is not None:
        peers["PyTorch"] = torch_epoch(network)
    tasks: dict[str, tuple[Callable[[], object], int]] = {
        "tree": (lambda: tree.run(OURS_A_ROUND), OURS_A_ROUND),
        "double": (lambda: double.run(1), 1),
        **{name: (epoch, 1) for name, epoch in peers.items()},
    }
    times = _alternately(tasks)
    ours = np.median(times["tree"])
    rows = [
        ("an epoch: 2048 sequences, 30 units, forward and back, ms", f"{ours * 1e3:.2f}"),
        ("the same in double precision, ms", f"{np.median(times['double']) * 1e3:.1f}"),
    ]
    for name in peers:
        ratios = times[name] / times["tree"]
        rows += [
            (f"the same in {name}, one batch, ms", f"{np.median(times[name]) * 1e3:.1f}"),
            (
                f"ratio to {name}, median and range of {ROUNDS} rounds",
                f"{np.median(ratios):.1f} x ({ratios.min():.1f} to {ratios.max():.1f})",
            ),
        ]
    if "PyTorch" not in peers:
        rows.append(("the same in PyTorch", "not installed here"))
    return [*rows, *compilation(COMPILE)]


def _alternately(tasks: Mapping[str, tuple[Callable[[], object], int]]) -> dict[str, np.ndarray]:
    """Return processor seconds of an epoch of each task, (rounds,), in turns."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for run, _ in tasks.values():
        run()
    for _ in range(ROUNDS):
        for name, (run, epochs) in tasks.items():
            began = time.process_time()
            run()
            times[name].append((time.process_time() - began) / epochs)
    return {name: np.array(found) for name, found in times.items()}


def main() -> None:
    """Print the figures."""
    for name, value in measure():
        print(f"  {name:<62} {value}")


if __name__ == "__main__":
    main()
