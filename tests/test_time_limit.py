"""The limit on an answer: what never returns is ended, and what is only slowed down is not.

No verdict here depends on how busy the machine is: an answer that must be ended would run for a
minute, and one that must not be ended gets clocks that stand still.
"""

import io
import pdb
import signal
import sys
import threading
import time

from course_utils.exercises import time_limit
from course_utils.exercises.time_limit import AnswerTimedOut, call_within

import pytest

MINUTE = 60.0


def busy(seconds=MINUTE):
    """Compute for some processor seconds of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def busy_and_swallowing():
    end = time.monotonic() + MINUTE
    while time.monotonic() < end:
        try:  # noqa: SIM105
            busy(0.001)
        except:  # noqa: E722
            pass


def busy_and_swallowing_twice():
    end = time.monotonic() + MINUTE
    while time.monotonic() < end:
        try:
            try:
                sum(range(99))
            except:  # noqa: E722
                sum(range(99))
        except BaseException:
            pass


def busy_and_raising_something_else():
    try:
        busy()
    finally:
        raise ValueError("something else")


def sleeping():
    time.sleep(MINUTE)


def sleeping_and_swallowing():
    end = time.monotonic() + MINUTE
    while time.monotonic() < end:
        try:  # noqa: SIM105
            time.sleep(0.001)
        except:  # noqa: E722
            pass


@pytest.fixture(autouse=True)
def _signals_and_tracer_are_given_back():
    def state():
        return [signal.getsignal(each) for each in (signal.SIGINT, time_limit.SIGNAL)]

    before, tracer = state(), sys.gettrace()
    yield
    assert state() == before
    assert sys.gettrace() is tracer
    assert not [each for each in threading.enumerate() if "Watch" in each.name]


@pytest.fixture(params=["this system", "Windows"])
def system(request, monkeypatch):
    """Take away what Windows lacks; there a signal raised anywhere wakes the main thread."""
    if request.param == "Windows":
        monkeypatch.setattr(time_limit, "SIGNAL", signal.SIGINT)
        monkeypatch.delattr(time, "pthread_getcpuclockid", raising=False)
        if hasattr(signal, "pthread_kill"):
            wake, main = signal.pthread_kill, threading.main_thread().ident
            monkeypatch.delattr(signal, "pthread_kill")
            monkeypatch.setattr(signal, "raise_signal", lambda number: wake(main, number))
    return request.param


@pytest.fixture
def patient(monkeypatch):
    """Give a busy machine a minute for a tenth of a processor second."""
    monkeypatch.setattr(time_limit, "PATIENCE", 10 * MINUTE)
    monkeypatch.setattr(time_limit, "LOOK", 0.02)


@pytest.mark.usefixtures("system", "patient")
@pytest.mark.parametrize(
    ("function", "words"),
    [
        (busy, "0.1 seconds. Does a loop never end"),
        (busy_and_swallowing, "a loop never end"),
        (busy_and_swallowing_twice, "a loop never end"),
        (busy_and_raising_something_else, "a loop never end"),
        (sleeping, "0.2 seconds. Does it wait"),
        (sleeping_and_swallowing, "wait for something"),
    ],
)
def test_what_never_returns_is_ended(function, words, monkeypatch):
    if "wait" in words:
        monkeypatch.setattr(time_limit, "PATIENCE", 2)
    with pytest.raises(AnswerTimedOut, match=words):
        call_within(0.1, function)


@pytest.mark.usefixtures("system", "patient")
@pytest.mark.parametrize("function", [busy, busy_and_swallowing])
def test_what_never_returns_is_ended_in_other_threads(function):
    found = []

    def run():
        tracer = sys.gettrace()
        with pytest.raises(AnswerTimedOut) as raised:
            call_within(0.1, function)
        found.extend([str(raised.value), sys.gettrace() is tracer])

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == ["did not return within 0.1 seconds. Does a loop never end?", True]


@pytest.mark.usefixtures("system")
def test_ctrl_c_is_told_apart_from_the_limit():
    with pytest.raises(KeyboardInterrupt):
        call_within(MINUTE, signal.raise_signal, signal.SIGINT)


@pytest.mark.usefixtures("system", "patient")
def test_ctrl_c_that_an_answer_swallows_leaves_the_limit_in_force():
    def swallowing():
        try:
            signal.raise_signal(signal.SIGINT)
        except:  # noqa: E722
            busy()

    with pytest.raises(AnswerTimedOut):
        call_within(0.1, swallowing)


def test_another_s_handler_of_the_signal_is_called():
    heard = []
    before = signal.signal(time_limit.SIGNAL, lambda *_: heard.append("heard"))
    try:
        call_within(MINUTE, signal.raise_signal, time_limit.SIGNAL)
    finally:
        signal.signal(time_limit.SIGNAL, before)
    assert heard == ["heard"]


@pytest.mark.usefixtures("system", "patient")
def test_what_returns_or_raises_in_time_is_left_alone():
    heard = []
    call_within(MINUTE, heard.append, 1)
    assert heard == [1]
    with pytest.raises(ZeroDivisionError):
        call_within(MINUTE, lambda: 1 / 0)


def test_a_busy_machine_ends_no_answer(monkeypatch):
    """Ten times as long by the wall as the limit allows, of which it got the processor for 0 s."""
    monkeypatch.setattr(time_limit, "PATIENCE", 1000)
    monkeypatch.setattr(time_limit, "LOOK", 0.01)
    call_within(0.05, time.sleep, 0.5)


@pytest.mark.usefixtures("system", "patient")
def test_the_clocks_stand_still_while_a_module_is_loaded(tmp_path, monkeypatch):
    (tmp_path / "slow_to_load.py").write_text(
        "import time\nend = time.thread_time() + 0.5\nwhile time.thread_time() < end: pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def answer():
        import slow_to_load

        assert slow_to_load

    call_within(0.2, answer)
    assert sys.modules.pop("slow_to_load")


@pytest.mark.usefixtures("system", "patient")
def test_the_clocks_stand_still_while_a_debugger_has_the_answer():
    class Hand(io.StringIO):
        """Thinks before it types."""

        def readline(self, *_):
            time.sleep(0.3)
            return super().readline()

    hand, printed = Hand("p 2 * secret\nreturn\ncontinue\n"), io.StringIO()
    tracer = sys.gettrace()

    def answer():
        secret = 21
        pdb.Pdb(stdin=hand, stdout=printed, nosigint=True).set_trace()
        return secret

    call_within(0.2, answer)
    sys.settrace(tracer)
    assert "42" in printed.getvalue()


def test_an_answer_that_checks_another_one_is_ended_at_its_own_limit():
    def outer():
        with pytest.raises(AnswerTimedOut):
            call_within(0.1, busy)

    call_within(MINUTE, outer)
