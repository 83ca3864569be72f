"""A small office computer whose jobs are watched, some of them hijacked. Standard library only.

`program_worker.py` runs this file in a process of its own; `host_traces.py` has it started. All is
harmless: files of a temporary folder, a child program that tells its version, no network.
"""

import contextlib
import glob
import os
import shutil
import socket
import subprocess
import sys
import tempfile

FILES = 12
MODES = {"r": "open to read", "w": "open to write", "a": "open to append"}
EVENTS = (
    *sorted(MODES.values()),
    "compile",
    "exec",
    "glob.glob",
    "os.chmod",
    "os.listdir",
    "os.mkdir",
    "os.putenv",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.scandir",
    "os.unsetenv",
    "os.utime",
    "os.walk",
    "shutil.copyfile",
    "socket.gethostname",
    "sqlite3.connect",
    "subprocess.Popen",
    "tempfile.mkstemp",
)
WITHOUT_PATH = (  # which only the jobs cause
    "glob.glob",
    "os.putenv",
    "os.unsetenv",
    "socket.gethostname",
    "subprocess.Popen",
)
TASKS = (
    "save_documents",
    "back_up",
    "turn_logs",
    "install",
    "write_report",
    "check_settings",
    "convert",
    "clean_up",
)
INTRUSIONS = {  # kind → steps that a hijacked job takes besides its own
    "collects files": "collect_files",
    "opens rights": "open_rights",
    "starts a program": "start_program",
    "encodes and removes": "encode_and_remove",
    "looks around": "look_around",
    "runs a text": "run_text",
}


def name_of(event, arguments, is_ours):
    """Return the name of an audit event in the folder of the jobs, None for every other event.

    Python's own name, except that files are opened to read, to write or to append.
    """
    if event == "open":
        path, mode = arguments[0], arguments[1]  # no mode: by os.open, which modules call inside
        return MODES[mode[0]] if mode and is_ours(path) else None
    if event not in EVENTS:
        return None
    path = arguments[1] if event == "compile" else (*arguments, None)[0]
    ours = event in WITHOUT_PATH or is_ours(getattr(path, "co_filename", path))
    return event if ours else None


class Host:
    """Jobs of usual tasks, which are generators: they stop where something may come in between.

    Parameters
    ----------
    steps : program_worker.Steps
    """

    def __init__(self, steps):
        self.steps, self.path, self.times = steps, steps.path, steps.times
        for number in range(FILES):
            for suffix in ("doc", "log", "conf"):
                steps.write(f"{number}.{suffix}", "12\n")
            steps.write(f"{number}.py", "total = 12\n")
            os.mkdir(self.path(f"{number}.folder"))

    def run(self, kind):
        """Run one to three usual tasks; an intrusion of this kind, "" for none, comes in between.

        After each piece of a task something else may happen that has nothing to do with it.
        """
        tasks = [getattr(self, self.one_of(TASKS)) for _ in range(self.times(1, 3))]
        place = self.times(0, len(tasks) - 1) if kind else None
        for number, task in enumerate(tasks):
            waiting = number == place
            for _ in task():
                if waiting and self.maybe(0.5):
                    getattr(self, INTRUSIONS[kind])()
                    waiting = False
                elif self.maybe(0.1):
                    self.something_else()
            if waiting:
                getattr(self, INTRUSIONS[kind])()
        self.log()

    def something_else(self):
        """Do one step that a user or the system might do at any time."""
        name = self.some("doc")
        step = self.times(0, 7)
        if step == 0:
            self.read("doc")
        elif step == 1:
            self.write(name)
        elif step == 2:
            self.chmod(name)
        elif step == 3:
            self.utime(name)
        elif step == 4:
            self.scan(self.some("folder"))
        elif step == 5:
            self.remove("old.copy")
        elif step == 6:
            os.listdir(self.path(self.some("folder")))
        else:
            socket.gethostname()

    # --- steps

    def maybe(self, share):
        return self.steps.chance() < share

    def one_of(self, choices):
        return choices[self.times(0, len(choices) - 1)]

    def some(self, suffix):
        return f"{self.times(0, FILES - 1)}.{suffix}"

    def read(self, suffix):
        return self.steps.read(self.some(suffix))

    def write(self, name):
        self.steps.write(name, "12\n")

    def chmod(self, name):
        os.chmod(self.path(name), 0o600)

    def utime(self, name):
        os.utime(self.path(name))

    def remove(self, name):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.path(name))

    def rename(self, name, other):
        os.replace(self.path(name), self.path(other))

    def scan(self, name=""):
        with os.scandir(self.path(name)) as entries:
            sum(1 for _ in entries)

    def find(self, suffix):
        glob.glob(os.path.join(glob.escape(self.steps.folder), f"*.{suffix}"))

    def connect(self):
        self.steps.connect()

    def log(self):
        self.steps.log()

    def evaluate(self, name):
        """Compile and run a text that assigns a number."""
        exec(compile("total = 12\n", self.path(name), "exec"), {})

    def temporary(self, name):
        """Make a temporary file and give it a name that is known."""
        handle, path = tempfile.mkstemp(dir=self.steps.folder)
        os.close(handle)
        os.replace(path, self.path(name))

    def start(self):
        """Start a program that tells its version and ends."""
        subprocess.run(
            [sys.executable, "-V"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=30,
            check=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    # --- usual tasks

    def save_documents(self):
        for _ in range(self.times(2, 5)):
            self.read("doc")
            self.write("new.doc")
            if self.maybe(0.3):
                self.chmod("new.doc")
            self.rename("new.doc", self.some("doc"))
            yield

    def back_up(self):
        self.scan()
        if self.maybe(0.3):
            self.connect()
        for _ in range(self.times(3, 6)):
            name = self.some("copy")
            shutil.copyfile(self.path(self.some("doc")), self.path(name))
            if self.maybe(0.4):
                self.utime(name)
            yield
        if self.maybe(0.5):
            self.remove("old.copy")

    def turn_logs(self):
        os.listdir(self.steps.folder)
        for _ in range(self.times(1, 3)):
            name = self.some("log")
            self.rename(name, "old.log")
            self.write(name)
            self.chmod(name)
            if self.maybe(0.5):
                self.steps.read("old.log")
                self.write("packed.log")
                self.remove("old.log")
            yield

    def install(self):
        os.environ["OFFICE"] = "12"
        os.mkdir(self.path("unpacked"))
        for _ in range(self.times(1, 4)):
            self.read("py")
            self.write("part.py")
            self.chmod("part.py")
            yield
        self.evaluate("part.py")
        if self.maybe(0.3):
            self.start()
        os.rmdir(self.path("unpacked"))
        del os.environ["OFFICE"]

    def write_report(self):
        self.connect()
        self.find("doc")
        for _ in range(self.times(2, 5)):
            self.read("doc")
            if self.maybe(0.2):
                self.connect()
            yield
        self.read("py")
        self.evaluate("report.py")
        self.write("new.report")
        self.rename("new.report", "last.report")

    def check_settings(self):
        socket.gethostname()
        os.environ["OFFICE"] = "12"
        self.find("conf")
        for _ in range(self.times(2, 6)):
            name = self.some("conf")
            self.steps.read(name)
            if self.maybe(0.4):
                self.log()
            elif self.maybe(0.3):
                self.chmod(name)
            yield
        del os.environ["OFFICE"]

    def convert(self):
        for _ in range(self.times(1, 2)):
            self.temporary("work.doc")
            self.read("doc")
            self.write("work.doc")
            if self.maybe(0.3):
                self.start()
            self.steps.read("work.doc")
            self.write("new.doc")
            self.rename("new.doc", self.some("doc"))
            self.remove("work.doc")
            yield

    def clean_up(self):
        sum(1 for _ in os.walk(self.path("0.folder")))
        for number in range(self.times(2, 6)):
            self.scan(f"{number}.folder")
            if self.maybe(0.3):
                self.write(f"{number}.rest")
                self.remove(f"{number}.rest")
                self.log()
            elif self.maybe(0.3):
                os.rmdir(self.path(f"{number}.folder"))
                os.mkdir(self.path(f"{number}.folder"))
            yield

    # --- what a hijacked job does besides

    def collect_files(self):
        """Copy what is in documents into one file."""
        sum(1 for _ in os.walk(self.path("0.folder")))
        for _ in range(self.times(3, 5)):
            self.read("doc")
            self.log()

    def open_rights(self):
        """Change the rights of files, and hide when."""
        self.scan()
        for _ in range(self.times(2, 4)):
            name = self.some("doc")
            self.chmod(name)
            self.utime(name)

    def start_program(self):
        """Drop a program, start it, leave no trace."""
        self.temporary("dropped.py")
        self.write("dropped.py")
        self.chmod("dropped.py")
        self.start()
        self.remove("dropped.py")

    def encode_and_remove(self):
        """Replace files by unreadable ones; the files are this job's own."""
        for number in range(self.times(2, 4)):
            self.read("doc")
            self.write(f"{number}.locked")
            self.remove(f"{number}.locked")

    def look_around(self):
        """Ask for the computer's name, its settings and its files."""
        socket.gethostname()
        os.listdir(self.steps.folder)
        for _ in range(self.times(1, 2)):
            self.scan(self.some("folder"))
            self.read("conf")
        os.environ["SEEN"] = "12"
        del os.environ["SEEN"]

    def run_text(self):
        """Fetch a text, run it, remove it."""
        self.read("conf")
        self.evaluate("fetched.py")
        if self.maybe(0.5):
            self.evaluate("fetched.py")
        self.write("fetched.py")
        self.remove("fetched.py")
