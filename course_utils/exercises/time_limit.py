"""The limit on a learner's answer: one that runs too long is ended, and the kernel lives on.

The limit counts processor seconds, so that a busy machine refuses no right answer. An answer that
waits uses none; it is ended by the clock on the wall, after `PATIENCE` times as long. Both clocks
stand still while a debugger has the answer and while a module is loaded for the first time.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

PATIENCE = 12  # seconds by the wall for each processor second
LOOK = 0.1  # seconds from one look at an answer to the next
# modules whose code on the stack says that the answer's time is not its own
NOT_THE_ANSWER_S = ("bdb", "pydevd", "importlib._bootstrap")
# Windows has no alarm: there it has to be the signal of Ctrl-C
SIGNAL = getattr(signal, "SIGALRM", signal.SIGINT)
_TOO_LONG = "did not return within {:g} seconds. {}"


class AnswerTimedOut(Exception):
    """A function ran too long; the text says how long, as the end of a sentence."""


class _Stop(BaseException):
    """Raised inside a function that runs too long; no `except Exception` swallows it.

    Wherever it is raised, each further line of the function raises it again, so that a bare
    `except:` does not keep the function running either.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        for frame in _frames_within(sys._getframe(1)) or ():
            frame.f_trace = _stop_at_a_line
        # frames are only traced while there is a tracer; new frames get none of it
        sys.settrace(lambda *_: None)


def _stop_at_a_line(_: FrameType, event: str, __: object) -> Callable:
    if event == "line":
        raise _Stop
    return _stop_at_a_line


def call_within(seconds: float, function: Callable, *arguments: object) -> None:
    """Call a function in this thread, and end it once it has run too long.

    In the main thread that ends a sleep as well; in another thread a sleep has to end by itself.

    Parameters
    ----------
    seconds : float
        Processor seconds that it may use.
    function : callable
    arguments : objects
        What it is called with.

    Raises
    ------
    AnswerTimedOut
        If it ran too long, whatever it returned or raised then.
    """
    watch = _Watch(seconds)
    tracer = sys.gettrace()
    with_signal = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(SIGNAL)

    def on_signal(number: int, frame: FrameType | None) -> None:
        if not watch.reason:  # somebody else's: a real Ctrl-C
            if callable(before):
                before(number, frame)
        elif _frames_within(frame) is not None:
            raise _Stop

    if with_signal:
        signal.signal(SIGNAL, on_signal)
    watch.start()
    try:
        _call(function, *arguments)
    except BaseException:
        if not watch.reason:
            raise
    finally:
        try:
            watch.left.set()
            watch.join()
        finally:
            if with_signal:
                signal.signal(SIGNAL, before)
            if watch.reason:
                sys.settrace(tracer)
    if watch.reason:
        raise AnswerTimedOut(watch.reason)


def _call(function: Callable, *arguments: object) -> None:
    """Call the function; this frame marks where it begins on the stack."""
    function(*arguments)


def _frames_within(frame: FrameType | None) -> list[FrameType] | None:
    """Return the frames from `frame` down to the function, None where it is not running."""
    frames = []
    while frame is not None and frame.f_code is not _call.__code__:
        frames.append(frame)
        frame = frame.f_back
    return None if frame is None else frames


def _clock_of_this_thread() -> Callable[[], float]:
    """Return a clock of this thread's processor seconds that another thread can read."""
    if hasattr(time, "pthread_getcpuclockid"):
        clock = time.pthread_getcpuclockid(threading.get_ident())
        return lambda: time.clock_gettime(clock)
    return time.process_time  # the other threads of a kernel have nothing to do meanwhile


class _Watch(threading.Thread):
    """Looks at the thread that made it, and stops what `_call` runs there in the end."""

    def __init__(self, seconds: float) -> None:
        super().__init__(daemon=True)
        self.seconds = seconds
        self.watched = threading.current_thread()
        self.clock = _clock_of_this_thread()
        self.reason = ""  # why the function is being stopped, once it is
        self.left = threading.Event()

    def run(self) -> None:
        used = waited = 0.0
        pause = LOOK
        processor, wall = self.clock(), time.perf_counter()
        while not self.left.wait(pause):
            earlier, processor = processor, self.clock()
            before, wall = wall, time.perf_counter()
            frames = _frames_within(sys._current_frames().get(self.watched.ident))
            if frames is None:  # not called yet, or left already
                continue
            if not any(f.f_globals.get("__name__") in NOT_THE_ANSWER_S for f in frames):
                used, waited = used + processor - earlier, waited + wall - before
            if used > self.seconds:
                self.reason = _TOO_LONG.format(self.seconds, "Does a loop never end?")
            elif waited > PATIENCE * self.seconds:
                self.reason = _TOO_LONG.format(
                    PATIENCE * self.seconds, "Does it wait for something?"
                )
            if self.reason:
                self.stop()
                pause = max(pause / 2, 0.001)  # what swallows one after the other meets more

    def stop(self) -> None:
        """Raise in the watched thread; again at the next look, should that be swallowed."""
        if self.watched is not threading.main_thread():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self.watched.ident), ctypes.py_object(_Stop)
            )
        elif hasattr(signal, "pthread_kill"):
            signal.pthread_kill(self.watched.ident, SIGNAL)
        else:
            signal.raise_signal(SIGNAL)  # Windows: wakes the main thread, even from a sleep
