"""What stands in for venv, pip, uv and ipykernel, so that course.py is tested quickly."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = """
[project]
dependencies = ["torch==1.0"]
[project.optional-dependencies]
test = ["pytest==2.0"]
[tool.ruff]
line-length = 99
"""
WHOLE = ["venv", "pip uv", "uv", "ipykernel"]


def course(monkeypatch, tmp_path):
    """Return the module course.py, at home in an empty folder with a small pyproject.toml."""
    specification = importlib.util.spec_from_file_location("course_under_test", ROOT / "course.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    monkeypatch.setattr(module, "PROJECT", tmp_path)
    for name in ("UV_TORCH_BACKEND", "UV_FIND_LINKS", "UV_DEFAULT_INDEX"):
        monkeypatch.delenv(name, raising=False)
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_NO_INDEX", *module.MISLEADING_NAMES):
        monkeypatch.delenv(name, raising=False)
    return module


class Installers:
    """Stand-ins for venv, pip, uv and ipykernel: they note commands and pretend to install."""

    def __init__(self, course, monkeypatch):
        self.course = course
        self.environment = course.Environment(course.PROJECT)
        self.calls = []
        self.failing = {}
        self.elsewhere = set()  # steps that succeed and put nothing into .venv
        self.version = [3, 11]
        self.broken = False
        self.folder = str(self.environment.folder)
        self.handed_over = None
        self.refreshed = []  # commands that make the learner's copies
        self.copies_fail = False
        monkeypatch.setattr(course, "installer_lines", self.run)
        monkeypatch.setattr(course, "refresh_copies", self.refresh)
        monkeypatch.setattr(course.Environment, "probe", lambda environment: self.probe())
        monkeypatch.setattr(course, "hand_over", self.hand_over)
        monkeypatch.setattr(course, "check_disk", lambda folder, needed_gb: None)

    @property
    def packages(self):
        """A file per package in the pretended environment."""
        return self.environment.folder / "lib"

    def run(self, command, log, folder, settings, inherited=()):
        name = self.name(command)
        self.calls.append((name, command, settings))
        result = self.failing.get(name, (0, ["done"]))
        if isinstance(result, BaseException):
            raise result
        if result[0] == 0 and name not in self.elsewhere:
            self.pretend(name)
        return result

    @staticmethod
    def name(command):
        if command[1] == "pip":
            return "uv"
        if command[2] == "pip":
            return "pip uv" if command[-1].startswith("uv==") else "pip"
        return command[2]

    def pretend(self, name):
        self.packages.mkdir(exist_ok=True)
        if name == "venv":
            (self.environment.folder / "pyvenv.cfg").touch()
            (self.packages / "pip").touch()
        if name == "pip uv":
            self.environment.scripts.mkdir(exist_ok=True)
            self.environment.uv.touch()
        if name in ("uv", "pip"):
            for package in self.course.NEEDED_TO_START:
                (self.packages / package).touch()

    def probe(self):
        if self.broken or not self.packages.exists():
            return None
        names = ("pip", *self.course.NEEDED_TO_START)
        missing = [name for name in names if not (self.packages / name).exists()]
        return {"version": self.version, "folder": self.folder, "missing": missing}

    def refresh(self, command, settings, folder):
        self.refreshed.append(command)
        return int(self.copies_fail)

    def hand_over(self, command, settings, folder):
        self.handed_over = (command, settings)
        return 0

    def names(self):
        return [name for name, _, _ in self.calls]


def change_pin(course, installers):
    path = course.PROJECT / "pyproject.toml"
    path.write_text(PYPROJECT.replace("torch==1.0", "torch==1.1"), encoding="utf-8")


def leave_unfinished(course, installers):
    installers.environment.marker.write_text("unfinished")
