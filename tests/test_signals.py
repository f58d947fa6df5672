"""Stop signals: a program that is asked to end does so, but leaves no library in the middle."""

from __future__ import annotations

import signal
import threading

import pytest

from rig.signals import done_whole, interrupt_once, stop_on_signals


def test_an_interrupt_waits_until_a_call_is_done() -> None:
    lock, done = threading.Lock(), []
    with pytest.raises(KeyboardInterrupt, match="SIGINT"), stop_on_signals(interrupt_once()):
        with done_whole(), done_whole():
            lock.acquire()
            signal.raise_signal(signal.SIGINT)
            lock.release()
            done.append("call")
        done.append("what comes after it")
    assert done == ["call"]
    assert not lock.locked()


def test_an_interrupt_comes_at_once_where_nothing_must_be_done_whole() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), stop_on_signals(interrupt_once()):
        with done_whole():
            done.append("call")
        signal.raise_signal(signal.SIGINT)
        done.append("more")
    assert done == ["call"]


def test_other_threads_hold_nothing_up() -> None:
    inside, leave = threading.Event(), threading.Event()

    def call() -> None:
        with done_whole():
            inside.set()
            leave.wait(10)

    other = threading.Thread(target=call)
    other.start()
    assert inside.wait(10)
    with pytest.raises(KeyboardInterrupt), stop_on_signals(interrupt_once()):
        signal.raise_signal(signal.SIGINT)
    leave.set()
    other.join()
