"""How a notebook is run as a test: once, each exercise solved first and then as it is stored.

nbval runs a notebook's cells in one kernel, a test each. Here it is handed more of them: before
each exercise a cell with the stored solution, which must be praised. The stub that follows must
be met politely, and the run goes on with it, so that no later cell may lean on a solved exercise.
A last cell holds what the whole run took against its limits.
"""

import contextlib

from course_utils.course import lessons
from course_utils.course.pace import Pace

import nbformat
import psutil
from nbval.plugin import IPyNbCell, IPyNbFile

NOTEBOOK_SECONDS = 60  # of the processor, on a quick machine
CELL_SECONDS = 15
MEMORY_MB = 1500
SECONDS_FOR_OUTPUT = 60  # of the wall: how long a busy machine may take to hand it over


class LessonFile(IPyNbFile):
    """A notebook whose cells, and a few more, are tests in one kernel."""

    def collect(self):
        """Yield a test for each cell, for each exercise solved, and for the limits."""
        cells = list(super().collect())
        solutions = self._solutions()
        for item in cells:
            source = solutions.get(item.cell.id)
            if source is not None:
                name = exercise_in(item.cell)
                yield self._cell(Solved, f"{name} solved", item.cell_num, source)
                item = self._cell(Stub, item.name, item.cell_num, item.cell)
            item.output_timeout = SECONDS_FOR_OUTPUT
            yield item
        if cells:
            yield self._cell(Limits, "limits", len(cells), lessons.PEAK_MEMORY)

    def _solutions(self):
        """Return the sources of solved exercise cells by their ids; none outside the course."""
        if self.path.stem not in lessons.LESSONS:
            return {}
        solved = lessons.solve(self.nb, lessons.exercise_module(self.path.stem))
        return {cell.id: cell.source for cell, _ in lessons.exercise_cells(solved)}

    def _cell(self, kind, name, number, cell):
        if isinstance(cell, str):
            cell = nbformat.v4.new_code_cell(cell)
        options = {"skip": False, "check": False, "check_exception": False}
        item = kind.from_parent(self, name=name, cell_num=number, cell=cell, options=options)
        item.output_timeout = SECONDS_FOR_OUTPUT
        return item

    def setup(self):
        """Start the kernel, and beside it the measure of how slow the processor is."""
        with self._uncovered():
            super().setup()
        self.process = psutil.Process(self.kernel.km.provisioner.pid)
        self.spent = [(self.processor_seconds(), 1.0)]  # the kernel's start, then each cell
        self.pace = Pace().start()

    def teardown(self):
        """Stop both."""
        if hasattr(self, "pace"):
            self.pace.stop()
        with self._uncovered():
            super().teardown()

    @contextlib.contextmanager
    def _uncovered(self):
        """Keep nbval from tracing every line a kernel runs: nothing of it is reported here."""
        options, asked = self.config.option, getattr(self.config.option, "cov_source", None)
        options.cov_source = None
        try:
            yield
        finally:
            options.cov_source = asked

    def processor_seconds(self):
        """Return what the kernel, and the processes it waited for, have had of the processor."""
        return sum(self.process.cpu_times()[:4])  # user, system, and both of its children

    def note(self, before, since):
        """Note what a cell took, and how many times as much as elsewhere it may take here."""
        self.spent.append((self.processor_seconds() - before, self.pace.allowance(since)))


class Solved(IPyNbCell):
    """An exercise with its stored solution in it."""

    def runtest(self):
        """Fail unless the check praises the solution."""
        super().runtest()
        self.require("✓")

    def require(self, mark):
        """Fail unless the exercise's check said so."""
        said = printed(self)
        wanted = f"{mark} {exercise_in(self.cell)}"
        assert wanted in said, f"{wanted!r} is expected, and the cell printed: {said}"

    def repr_failure(self, excinfo):
        """Tell a failed `require` in its own words."""
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class Stub(Solved):
    """An exercise as it is stored."""

    def runtest(self):
        """Fail unless the check is polite."""
        IPyNbCell.runtest(self)
        self.require("○")


class Limits(Solved):
    """The end of a notebook: what it took."""

    def runtest(self):
        """Fail if the notebook, or one of its cells, took more than it may."""
        IPyNbCell.runtest(self)
        megabytes = int(printed(self)) / 2**20
        self.user_properties.append(("took", summary(self.parent.spent, megabytes)))
        problems = over_the_limit(self.parent.spent)
        if megabytes > MEMORY_MB:
            problems.append(f"It took {megabytes:.0f} MB; {MEMORY_MB} are allowed.")
        assert not problems, " ".join(problems)


def exercise_in(cell):
    """Return the name of the exercise that a cell checks."""
    ((_, name),) = lessons.exercise_cells(nbformat.v4.new_notebook(cells=[cell]))
    return name


def printed(item):
    """Return what a cell that has run wrote to stdout."""
    return "".join(each.text for each in item.test_outputs if each.output_type == "stream")


def over_the_limit(spent):
    """Say whether a notebook took more than a minute of the processor, or a cell 15 seconds.

    Parameters
    ----------
    spent : list of (float, float)
        For each cell: seconds, and how many times its limit it may take on this machine.

    Returns
    -------
    list of str
    """
    problems = []
    seconds = sum(each for each, _ in spent)
    elsewhere = sum(each / allowance for each, allowance in spent)
    if elsewhere > NOTEBOOK_SECONDS:
        allowed = NOTEBOOK_SECONDS * seconds / elsewhere
        problems.append(f"It took {seconds:.0f} s of the processor; {allowed:.0f} are allowed.")
    seconds, allowance = max(spent, key=lambda cell: cell[0] / cell[1])
    if seconds / allowance > CELL_SECONDS:
        allowed = CELL_SECONDS * allowance
        problems.append(f"A cell took {seconds:.0f} s; {allowed:.0f} are allowed.")
    return problems


def summary(spent, megabytes):
    """Return in one line what a notebook took."""
    seconds, allowances = zip(*spent, strict=True)
    line = f"{sum(seconds):.1f} s, slowest cell {max(seconds):.1f} s, {megabytes:.0f} MB"
    if max(allowances) > 1:
        line += f"; a slow machine, up to {max(allowances):.1f} times the limits allowed"
    return line
