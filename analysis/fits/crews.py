"""Who does the work of fits: this process, others on this computer, or a Dask cluster.

A crew maps a function over orders, one for each mouse. Where a worker dies over an order, the
answer is a sentence in place of a result, and the other orders are done all the same. What
workers are given must be importable where they are: functions and classes of modules.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import zip_longest
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar

from analysis.progress import Advance
from rig.errors import OptionError

Order = TypeVar("Order")
Answer = TypeVar("Answer")
WORTH_A_START = 6.0
"""Seconds of work for which a process more is started: it takes two until it works."""
PATIENCE = 10.0
"""Seconds in which a scheduler has to answer."""
ADDRESS = re.compile(r"(tcp|tls)://.+:\d+")
DIED = "the process that fitted it died"


class Crew(Protocol):
    """Does orders, in any order of time."""

    def map(
        self, work: Callable[[Order], Answer | str], orders: Sequence[Order], advance: Advance
    ) -> list[Answer | str]:
        """Return the answer to each order, or why there is none.

        Parameters
        ----------
        work
            What is done with each order.
        orders
            The orders.
        advance
            Called when one of them is done.
        """
        ...


class Alone:
    """The process itself does the work."""

    def map(
        self, work: Callable[[Order], Answer | str], orders: Sequence[Order], advance: Advance
    ) -> list[Answer | str]:
        """Return the answer to each order."""
        answers: list[Answer | str] = []
        for order in orders:
            try:
                answers.append(work(order))
            except Exception as error:
                answers.append(_said(error))
            advance()
        return answers


class Processes:
    """Other processes of this computer do the work.

    Parameters
    ----------
    count
        How many of them.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def map(
        self, work: Callable[[Order], Answer | str], orders: Sequence[Order], advance: Advance
    ) -> list[Answer | str]:
        """Return the answer to each order; those that a death took along are done one by one."""
        futures: list[Future[Any]] = []
        with _pool(self._count) as pool:
            try:
                for order in orders:
                    futures.append(pool.submit(work, order))
                    futures[-1].add_done_callback(lambda _: advance())
            except BrokenProcessPool:
                pass  # those that are not handed in yet are done below
            answers = [_answer(future) for future in futures]
        rest = [order for order, answer in zip_longest(orders, answers) if answer is None]
        one_by_one = _one_by_one(work, rest)
        return [next(one_by_one) if answer is None else answer
                for _, answer in zip_longest(orders, answers)]  # fmt: skip


class Cluster:
    """The workers of a Dask cluster do the work.

    Parameters
    ----------
    client
        A client of `distributed`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def map(
        self, work: Callable[[Order], Answer | str], orders: Sequence[Order], advance: Advance
    ) -> list[Answer | str]:
        """Return the answer to each order; a worker's failure is said in its place."""
        from distributed.scheduler import KilledWorker

        futures = self._client.map(work, list(orders), pure=False)
        for future in futures:
            future.add_done_callback(lambda _: advance())
        answers: list[Answer | str] = []
        for future in futures:
            try:
                answers.append(future.result())
            except KilledWorker:
                answers.append(DIED)
            except Exception as error:
                answers.append(_said(error))
        return answers


def processes_for(seconds: float) -> int:
    """Return how many processes are worth their start for so much work."""
    return max(min(os.cpu_count() or 1, int(seconds / WORTH_A_START)), 1)


def local_crew(jobs: int) -> Crew:
    """Return who does the work on this computer, in so many processes."""
    return Processes(jobs) if jobs > 1 else Alone()


@contextlib.contextmanager
def cluster(address: str, patience: float = PATIENCE) -> Iterator[Crew]:
    """Work with the cluster of the Dask scheduler at an address, such as ``tcp://host:8786``.

    Raises
    ------
    OptionError
        If it is no such address, `distributed` is not installed, or no scheduler answers there.
    """
    if not ADDRESS.fullmatch(address):
        raise OptionError(
            f"'{address}' is no address of a scheduler", "--scheduler", "Write tcp://HOST:PORT."
        )
    try:
        import distributed  # an extra, and slow to load
    except ImportError:
        raise OptionError(
            "the package distributed is not installed",
            "--scheduler",
            "Install mouserig[cluster], or leave out --scheduler.",
        ) from None
    try:
        make: Any = distributed.Client
        client = make(address, timeout=patience, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise OptionError(
            f"no Dask scheduler answers at {address} ({type(error).__name__})",
            "--scheduler",
            "Start one with `dask scheduler`, and name the address that it prints.",
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError:
            raise OptionError(
                f"the Dask scheduler at {address} has no worker",
                "--scheduler",
                f"Start one with `dask worker {address}`, in an environment with mouserig.",
            ) from None
        yield Cluster(client)


@contextlib.contextmanager
def _pool(count: int) -> Iterator[ProcessPoolExecutor]:
    """Lend processes; they end at once if the block is left early, or this process dies."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    try:
        with ProcessPoolExecutor(count, spawning, _begin_worker, (theirs,)) as pool:
            try:
                yield pool
            except BaseException:
                ours.close()
                raise
    finally:
        ours.close()
        theirs.close()


def _one_by_one(
    work: Callable[[Order], Answer | str], orders: Sequence[Order]
) -> Iterator[Answer | str]:
    """Yield the answer to each order; so it is known over which of them a process dies."""
    left = list(orders)
    while left:
        with _pool(1) as pool:
            alive = True
            while left and alive:
                answer = _answer(pool.submit(work, left.pop(0)))
                alive = answer is not None
                yield DIED if answer is None else answer


def _answer(future: Future[Any]) -> Any:
    """Return the answer to an order; None if the processes died before it was known."""
    try:
        return future.result()
    except BrokenProcessPool:
        return None
    except Exception as error:
        return _said(error)


def _said(error: Exception) -> str:
    """Return what went wrong with an order, in a sentence."""
    return f"it failed: {type(error).__name__}: {error}"


def _begin_worker(parent: Connection) -> None:
    """Leave Ctrl-C to the parent, and end when it closes its end of a pipe, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        parent.recv()
    os._exit(1)
