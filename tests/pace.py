"""A limit on the processor's seconds that grows with how slow the machine is."""

import contextlib
import time

from course_utils.course.pace import Pace


@contextlib.contextmanager
def within(seconds):
    """Fail where what is inside takes more seconds of the processor, or than are allowed here.

    All threads of this process count, and no child of it.
    """
    start = time.process_time()
    yield
    spent = time.process_time() - start
    if spent > seconds:  # only then is it worth a look at the machine
        with Pace() as pace:
            pass
        allowed = seconds * pace.allowance()
        assert spent <= allowed, f"It took {spent:.2f} s; {allowed:.2f} s are allowed."
