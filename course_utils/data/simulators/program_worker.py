"""A small program whose jobs are watched while they run. Standard library only.

`program_logs.py` starts it in a process of its own, as an audit hook cannot be taken off again:

    python -I program_worker.py FOLDER SEED < kinds.json > sequences.json
    python -I program_worker.py FOLDER SEED host_worker.py < kinds.json > sequences.json

It reads a list with one text for each job, "" for a usual one or a kind of odd one, runs the jobs
one after the other in FOLDER, and writes a list of each job's events, as places in `EVENTS`. In
the second form the jobs and the events are those of the other file, `host_worker.py`.
"""

import contextlib
import json
import os
import random
import runpy
import sqlite3
import sys

SLOTS = 20  # more than the files that any job touches
DIRECT = {  # audit events whose first argument is a path, and what the log calls them
    "os.listdir": "list folder",
    "os.remove": "remove file",
    "os.rename": "rename file",
    "sqlite3.connect": "connect",
    "compile": "compile rule",
    "exec": "run rule",
}
MODES = {"r": "read", "w": "write", "a": "append"}
EVENTS = (
    "append log",
    "compile rule",
    "connect",
    "list folder",
    "read copy",
    "read data",
    "read order",
    "read rule",
    "read table",
    "remove file",
    "rename file",
    "run rule",
    "write copy",
    "write part",
    "write reject",
    "write report",
)
USUAL_JOBS = (
    "import_orders",
    "write_reports",
    "back_up",
    "clean_up",
    "build_index",
    "export",
)
ODD_JOBS = {  # kind → the usual job that goes wrong
    "removes first": "back_up",
    "report too early": "write_reports",
    "retry storm": "import_orders",
    "rejects most": "import_orders",
    "copies out": "export",
}


def name_of(event, arguments, is_ours):
    """Return what the log calls an audit event, or None for one that is no step of a job.

    `is_ours` tells whether a path lies in the folder of the jobs.
    """
    if event == "open":
        path, mode = arguments[0], arguments[1]
        return f"{MODES[mode[0]]} {path.rpartition('.')[2]}" if mode and is_ours(path) else None
    if event not in DIRECT:
        return None
    path = arguments[1] if event == "compile" else arguments[0]
    return DIRECT[event] if is_ours(getattr(path, "co_filename", path)) else None


class Recorder:
    """Notes the audit events that the job at hand causes within its folder, and no others."""

    def __init__(self, folder, name_of=name_of, names=EVENTS):
        self.folder = folder
        self.name_of = name_of
        self.names = names
        self.events = None  # no job is running

    def hook(self, event, arguments):
        """Be called by Python for every audit event of this process."""
        if self.events is None:
            return
        name = self.name_of(event, arguments, self._is_ours)
        if name is not None:
            self.events.append(self.names.index(name))

    def record(self, program, kinds):
        """Run one job of each kind; return the events of each, lists of int."""
        sys.addaudithook(self.hook)
        sequences = []
        for kind in kinds:
            self.events = []
            program.run(kind)
            sequences.append(self.events)
        self.events = None
        return sequences

    def _is_ours(self, path):
        return isinstance(path, str) and path.startswith(self.folder)


class Steps:
    """What the jobs of a program are made of: files of one folder, and chance."""

    def __init__(self, folder, seed):
        self.folder = folder
        self.chance = random.Random(seed).random  # this method gives the same on every Python

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text="0\n", mode="w"):
        with open(self.path(name), mode, encoding="utf-8") as file:
            file.write(text)

    def connect(self):
        sqlite3.connect(self.path("totals.sqlite"), timeout=0).close()

    def log(self):
        self.write("worker.log", "done\n", mode="a")

    def times(self, low, high):
        """Return a whole number from low to high, each as likely."""
        return low + int(self.chance() * (high - low + 1))


class Program(Steps):
    """Six usual jobs, each with loops, branches and retries that chance decides.

    Two copies of a file are told apart by a letter, a and b: which one is there now, `current`
    knows.
    """

    def __init__(self, folder, seed):
        super().__init__(folder, seed)
        self.current = dict.fromkeys([*range(SLOTS), "index"], "a")
        for slot in range(SLOTS):
            for suffix in ("order", "table", "data"):
                self.write(f"{slot}.{suffix}", "12\n7\n")
            self.write(f"{slot}.rule", "total = sum(numbers)\n")
            self.write(f"{slot}a.copy")
        self.write("a.index")

    def rename(self, name):
        """Put a new file in the place of the one that is there."""
        old, new = self.swap(name)
        os.replace(self.path(f"{old}.{name}"), self.path(f"{new}.{name}"))

    def swap(self, slot):
        old = self.current[slot]
        self.current[slot] = new = "b" if old == "a" else "a"
        return old, new

    # --- jobs

    def import_orders(self, odd):
        """Fetch each order, again where it has not arrived; set wrong ones aside, store others."""
        os.listdir(self.folder)
        self.connect()
        orders = self.times(3, 7) if odd != "rejects most" else self.times(6, 8)
        wrong = 0.9 if odd == "rejects most" else 0.15
        stormy = self.times(0, orders - 1) if odd == "retry storm" else None
        for number in range(orders):
            for _ in range(self.times(7, 10) if number == stormy else self.waits()):
                try:
                    self.read(f"{number}.late.order")
                except FileNotFoundError:
                    self.log()
            self.read(f"{number}.order")
            if self.chance() < wrong:
                self.write(f"{number}.reject")
            else:
                self.write(f"{number}.part")
                os.replace(self.path(f"{number}.part"), self.path(f"{number}.row"))
        self.log()

    def waits(self):
        """Return how often an order is asked for in vain: mostly never, seldom more than once."""
        count = 0
        while self.chance() < (0.1 if count else 0.3):
            count += 1
        return count

    def write_reports(self, odd):
        """Read the tables of each report, write it, sometimes check it, put it in its place."""
        self.connect()
        reports = self.times(1, 4)
        hasty = self.times(0, reports - 1) if odd == "report too early" else None
        for report in range(reports):
            tables = self.times(2, 5)
            for table in range(tables):
                if report == hasty and table == tables - 1:
                    self.write("new.report")
                self.read(f"{table}.table")
            if report != hasty:
                self.write("new.report")
            if report != hasty and self.chance() < 0.3:
                self.read("0.table")
                self.read("1.table")
                self.write("new.report")
            os.replace(self.path("new.report"), self.path("last.report"))
        self.log()

    def back_up(self, odd):
        """Write a new copy of each file, sometimes compare it, then remove the old copy."""
        os.listdir(self.folder)
        files = self.times(3, 10)
        rash = self.times(0, files - 1) if odd == "removes first" else None
        for slot in range(files):
            old, new = self.swap(slot)
            text = self.read(f"{slot}.data")
            if slot == rash:
                os.remove(self.path(f"{slot}{old}.copy"))
            self.write(f"{slot}{new}.copy", text)
            if self.chance() < 0.4:
                self.read(f"{slot}{new}.copy")
            if slot != rash:
                os.remove(self.path(f"{slot}{old}.copy"))
        self.log()

    def clean_up(self, odd):
        """Look at files that may be old; remove those that are, or note that they stay."""
        os.listdir(self.folder)
        for slot in range(self.times(2, 8)):
            self.read(f"{slot}.data")
            if self.chance() < 0.5:
                with contextlib.suppress(FileNotFoundError):  # some other job was faster
                    os.remove(self.path(f"{slot}.temporary"))
            elif self.chance() < 0.3:
                self.log()
        self.log()

    def build_index(self, odd):
        """Run a few rules, then read many tables; a changed one gives a new index."""
        self.connect()
        for slot in range(self.times(1, 3)):
            rule = self.read(f"{slot}.rule")
            exec(compile(rule, self.path(f"{slot}.rule"), "exec"), {"numbers": [12, 7]})
        for slot in range(self.times(4, 16)):
            self.read(f"{slot}.table")
            if self.chance() < 0.3:
                self.rename("index")
        self.log()

    def export(self, odd):
        """Give a customer a copy of what is stored about them: few files, mostly."""
        self.connect()
        files = self.times(8, 11) if odd == "copies out" else 1
        while odd != "copies out" and files < SLOTS and self.chance() < 0.35:
            files += 1
        for slot in range(files):
            if self.chance() < 0.3:
                self.read(f"{slot}.table")
            text = self.read(f"{slot}.data")
            self.write(f"{slot}{self.current[slot]}.copy", text)
        self.log()

    def run(self, kind):
        """Run a job of this kind, or a usual one that chance decides."""
        name = ODD_JOBS[kind] if kind else USUAL_JOBS[self.times(0, len(USUAL_JOBS) - 1)]
        getattr(self, name)(kind)


def main():
    """Run the jobs that standard input asks for, of the program in another file if one is named.

    That file has, as this one, EVENTS and `name_of`, and a class Host that is made from Steps.
    """
    folder, seed, *other = sys.argv[1:]
    if other:
        theirs = runpy.run_path(other[0])
        program = theirs["Host"](Steps(folder, int(seed)))
        recorder = Recorder(folder, theirs["name_of"], theirs["EVENTS"])
    else:
        program, recorder = Program(folder, int(seed)), Recorder(folder)
    json.dump(recorder.record(program, json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
