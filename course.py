"""Three commands for the whole course, on Linux, macOS and Windows.

    python course.py lab  [options of jupyter lab]    install what is missing, open your lesson 00
    python course.py test [options of pytest]         install what is missing, run every check
    python course.py install                          install what is missing, and no more

Only Python's standard library is used here, and nothing newer than Python 3.6 can read, so that
an old Python gets a sentence instead of a traceback. All that is installed goes into the folder
`.venv` beside this file; deleting that folder undoes everything.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
UV = "uv==0.13.9"
COPIES = "my_notebooks"
FIRST_LESSON = "00_start_here.ipynb"
KERNEL_NAME = "Anomaly course (Python 3)"

HELP = """\
usage: python course.py COMMAND [ARGUMENTS]

  lab     open your own copies of the lessons in JupyterLab, made at the first call and brought
          up to date at later ones; arguments go on to jupyter lab
          python course.py lab --no-browser --port 8890
  test    check that all of it works; arguments go on to pytest
          python course.py test -k threshold
          python course.py test --quick    style, form and exercises, in a minute
  install make .venv complete and start nothing: for hubs, images and dev containers

The first call installs the packages into the folder .venv, which takes a minute or more.
The calls after it start at once."""

# Asked of the environment's own Python; the names follow as arguments.
PROBE = """
import importlib.util, json, sys
print(json.dumps({
    "version": list(sys.version_info[:2]),
    "folder": sys.prefix,
    "missing": [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None],
}))
"""
NEEDED_TO_INSTALL = "pip"
NEEDED_TO_START = ("course_utils", "ipykernel", "jupyterlab", "keras", "pytest", "torch")

# What `test --quick` runs: all that an edited sentence or exercise can break.
QUICK = [
    "tests/test_style.py", "tests/test_packaging.py", "tests/test_notebook_form.py",
    "tests/test_references.py", "tests/test_exercises.py",
]  # fmt: skip

# What an environment's folder may hold before it has its pyvenv.cfg.
FILES_OF_AN_ENVIRONMENT = {
    "bin", "etc", "home", "include", "lib", "lib64", "share", "scripts", "pip.conf", "pip.ini",
    "course.json", "install.log", ".gitignore", ".lock", "cachedir.tag",
}  # fmt: skip

# The longest path in a filled .venv: torch's deepest licence file takes 171 characters of it.
LONGEST_PATH = len("/.venv/Lib/site-packages/") + 171

# What leads a program past .venv, or changes what its Python loads or means, is not inherited.
# These are listed, and not what may stay: proxies, certificates, mirrors, caches and the variables
# of a hub or a company have more names than anyone knows, and nothing installs without them.
MISLEADING = {
    "PIP_": "ABI BUILD_CONSTRAINT CHECK_BUILD_DEPENDENCIES CONFIG_SETTINGS CONSTRAINT DRY_RUN "
    "EDITABLE FORCE_REINSTALL GLOBAL_OPTION HELP IGNORE_INSTALLED IGNORE_REQUIRES_PYTHON "
    "IMPLEMENTATION NO_BINARY NO_BUILD_ISOLATION NO_DEPS ONLY_BINARY PLATFORM PRE PREFIX PYTHON "
    "PYTHON_VERSION REQUIRE_HASHES REQUIREMENT ROOT TARGET USE_PEP517 USER VERSION",
    "UV_": "BREAK_SYSTEM_PACKAGES BUILD_CONSTRAINT CONSTRAINT EXCLUDE ISOLATED MANAGED_PYTHON "
    "NO_BINARY NO_BINARY_PACKAGE NO_BUILD NO_BUILD_ISOLATION NO_BUILD_PACKAGE NO_EDITABLE "
    "NO_MANAGED_PYTHON OVERRIDE PRERELEASE PROJECT PROJECT_ENVIRONMENT PYTHON PYTHON_PREFERENCE "
    "PYTHON_SEARCH_PATH REQUIRE_HASHES RESOLUTION SYSTEM_PYTHON TARGET WORKING_DIR",
    "PYTHON": "DONTWRITEBYTECODE EXECUTABLE HOME INSPECT NOUSERSITE OPTIMIZE PATH PLATLIBDIR "
    "SAFEPATH STARTUP USERBASE WARNINGS",
    "JUPYTER": "LAB_DIR _CONFIG_DIR _CONFIG_PATH _DATA_DIR _NO_CONFIG _PATH _RUNTIME_DIR",
    "KERAS_": "MAX_EPOCHS MAX_STEPS_PER_EPOCH NNX_ENABLED",
    "": "IPYTHONDIR MATPLOTLIBRC MPLBACKEND MPLCONFIGDIR PYTEST_PLUGINS "
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
}
MISLEADING_NAMES = {start + end for start, ends in MISLEADING.items() for end in ends.split()}

# JupyterLab neither asks whether it may fetch news nor looks for newer versions of itself, and
# starts the course's kernel without asking which one.
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
    "@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True},
}

# Signs in an installer's last lines, and what to do about each.
CURES = (
    (("no space left", "os error 28", "not enough space", "disk quota"),
     "Free some space on the disk"),
    (("permission denied", "access is denied", "os error 13", "os error 5)"),
     "Close JupyterLab and every other program that uses .venv"),
    (("os error 206", "winerror 206", "too long"),
     "Move the course to a shorter path, such as C:\\course"),
    (("installed elsewhere",),
     "Take `target`, `prefix` or `root` out of the configuration file of pip or uv that has it"),
    (("dns error", "name resolution", "getaddrinfo", "error sending request", "timed out",
      "connection", "unreachable", "certificate", "sslerror", "proxy", "failed to fetch"),
     "Check the network connection and the proxy settings"),
    (("no solution found", "no matching distribution", "no wheels"),
     "Use Python 3.11, 3.12 or 3.13 (64 bit) on Linux, Windows or a Mac with Apple silicon"),
)  # fmt: skip

# What the marker says while an installation is under way, and for ever if it breaks off.
UNFINISHED = "unfinished"

# Lines of pip and uv that come once per package.
LOG_ONLY = (" + ", " - ", " ~ ", "Requirement already satisfied")

# How the lines of a failed installer begin that say why.
TELLING = ("error", "cause", "hint", "fatal", "oserror")

# Longer lines of an installer are cut on the screen.
WIDTH = 140


class Problem(Exception):
    """What is wrong, in one sentence, and its cure, in another."""

    def __init__(self, what, cure, status=1):
        super().__init__(what)
        self.what = what
        self.cure = cure
        self.status = status


def say(text, stream=None):
    """Print a line at once, also where the console lacks one of its characters."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "ascii"
    print(text.encode(encoding, "replace").decode(encoding), file=stream)
    stream.flush()


# Checks before anything is touched


def check_python(version):
    """Refuse a Python that is too old for the packages."""
    if tuple(version[:2]) < OLDEST_PYTHON:
        raise Problem(
            "The course needs Python 3.11 or newer, and this is Python {}.{}.".format(*version),
            "Install Python 3.13 from python.org and start with it: "
            "`python3.13 course.py lab` (on Windows `py -3.13 course.py lab`).",
        )


def check_venv_module():
    """Debian and Ubuntu ship Python without the part that makes environments."""
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise Problem(
                f"This Python cannot make environments: its module {module} is missing.",
                "On Debian and Ubuntu: `sudo apt install python3-venv`; elsewhere install Python "
                "from python.org. Then repeat the command.",
            )


def cannot_write(folder):
    """Return why nothing can be written there, or None: permission bits do not tell everywhere."""
    try:
        with tempfile.TemporaryFile(dir=str(folder)):
            return None
    except OSError as error:
        return error.strerror


def check_writable(folder):
    """Refuse a folder that nothing can be written in."""
    reason = cannot_write(folder)
    if reason:
        raise Problem(
            f"Nothing can be written in {folder} ({reason}).",
            "Move the course into a folder of your own, then repeat the command.",
        )


def check_place(folder):
    """Refuse a path that no environment can be made in: it would cut a list of folders in two."""
    if os.pathsep in str(folder):
        mark = "colon" if os.pathsep == ":" else "semicolon"
        raise Problem(
            f"No environment can be made in a path with a {mark}: {folder}",
            f"Move the course to a path without a {mark}, then repeat the command.",
        )


def remark_on_place(folder):
    """Say early what may go wrong in a folder on Windows; it need not, so that nothing stops."""
    length = len(str(folder)) + LONGEST_PATH
    if length >= 260:
        say(f"Paths in .venv will have up to {length} characters; Windows takes 259, unless it is")
        say("told to allow more. If this fails, move the course to a shorter path: C:\\course")
    if "onedrive" in str(folder).lower():
        say("OneDrive copies and locks the many files of .venv: better move the course out of it.")


def room_needed(environment):
    """Return how many GB of disk a new `.venv` needs.

    On Linux the ordinary build of torch brings CUDA along, unless another is chosen or supplied.
    """
    chosen = "UV_TORCH_BACKEND" in environment or "PIP_FIND_LINKS" in environment
    return 7 if sys.platform == "linux" and not chosen else 4


def check_disk(folder, needed_gb):
    """Refuse early what would stop half way through."""
    free_gb = shutil.disk_usage(str(folder)).free / 1e9
    if free_gb < needed_gb:
        raise Problem(
            f"Only {free_gb:.1f} GB of disk are free, and the packages need about {needed_gb} GB.",
            "Free some space (on Linux without an NVIDIA GPU, set UV_TORCH_BACKEND=cpu for a "
            "smaller torch), then repeat the command.",
        )


def asked_port(arguments):
    """Return the port that the arguments for jupyter lab name, or None."""
    port = None
    for position, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in ("--port", "--ServerApp.port"):
            value = value if equals else "".join(arguments[position + 1 : position + 2])
            port = int(value) if value.isdigit() else None
    return port


def check_port(port):
    """Say which port is busy instead of letting Jupyter quietly take another."""
    with contextlib.closing(socket.socket()) as server:
        if os.name == "posix":  # elsewhere this option would share a busy port
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise Problem(
                f"Port {port} is busy or not allowed.",
                "Take another, or leave `--port` out and a free one is found.",
            ) from None


# One at a time


def lock(file):
    """Take the file's lock; False if another process holds it. It falls with the process."""
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network drives know no locks
        return True
    return True


@contextlib.contextmanager
def one_at_a_time(path, patience=1800, pause=0.3):
    """Hold a lock so that two calls never fill `.venv` at once; wait `patience` seconds for it.

    What is yielded are the file descriptors that hold the lock. Installers inherit them, so that
    it holds for as long as one of them lives, even if course.py itself is killed. Windows knows no
    such lock; there, an installer left over keeps `.venv` from being renamed (see `remove`).
    """
    try:
        file = open(str(path), "wb")  # noqa: SIM115 (closed below, and its lock with it)
    except OSError:  # a folder that may only be read: what must be written is checked later
        yield ()
        return
    with file:
        stop = time.monotonic() + patience
        waiting = False
        while not lock(file):
            if not waiting:
                say("Another call of course.py is preparing .venv; waiting for it (Ctrl-C stops).")
                waiting = True
            if time.monotonic() > stop:
                raise Problem(
                    f"Another call of course.py has been busy for {patience // 60} minutes.",
                    "End it, then repeat the command.",
                )
            time.sleep(pause)
        yield (file.fileno(),) if os.name == "posix" else ()


# Installers


def installer_lines(command, log, folder, settings, inherited=()):
    """Run a command to its end and return (exit status, its lines).

    All lines go into the log, and those that show progress onto the screen. Whatever interrupts
    this ends the command, and all that it started, first.
    """
    lines = []
    with open(str(log), "a", encoding="utf-8") as file:
        file.write("$ {}\n".format(" ".join(command)))
        process = subprocess.Popen(
            command, cwd=str(folder), env=settings,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            process_group=0, pass_fds=inherited,
        )  # fmt: skip
        try:
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace").rstrip()
                lines.append(line)
                file.write(line + "\n")
                file.flush()
                if line.strip() and not line.startswith(LOG_ONLY):
                    say("      " + line.strip()[:WIDTH])
            status = process.wait()
        except BaseException:
            end(process)
            raise
        finally:
            process.stdout.close()
    return status, lines


def end(process):
    """End a child and whatever it started: a process of its own left over would go on writing."""
    if os.name == "posix":  # the child leads a group of its own
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
    else:
        subprocess.call(
            ["taskkill", "/F", "/T", "/PID", str(process.pid)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        process.wait()


def failure(step, lines, log):
    """Return the Problem of a failed step, with the installer's last words and a fitting cure."""
    last = [line.strip() for line in lines if line.strip()][-30:]
    words = "\n".join(last).lower()
    cure = f"Read the whole message in {log}"
    for signs, known_cure in CURES:
        if any(sign in words for sign in signs):
            cure = f"{known_cure} (the whole message is in {log})"
            break
    telling = [line for line in last if line.lower().startswith(TELLING)] or last
    quoted = "".join("\n    " + line[:WIDTH] for line in telling[-5:])
    return Problem(
        f"{step} failed:{quoted}", cure + ", then repeat the command: it starts over cleanly."
    )


def clean(environment):
    """Return the variables without those that mislead.

    A folder of wheels is given as an address: pip and uv split the variable at blanks, and would
    look for a relative path in the project's folder.
    """
    settings = {name: environment[name] for name in environment if name not in MISLEADING_NAMES}
    wheels = settings.get("PIP_FIND_LINKS", "")
    if os.path.isdir(wheels):
        settings["PIP_FIND_LINKS"] = Path(wheels).resolve().as_uri()
    return settings


def uv_settings(environment):
    """Return the variables for uv: those for pip hold for it too, unless it has its own.

    A list of local wheels is left out where `UV_TORCH_BACKEND` chooses a build of torch, since a
    wheel from the list could override that choice.
    """
    settings = dict(environment)
    if "PIP_INDEX_URL" in settings:
        settings.setdefault("UV_DEFAULT_INDEX", settings["PIP_INDEX_URL"])
    if "PIP_FIND_LINKS" in settings and "UV_TORCH_BACKEND" not in settings:
        settings.setdefault("UV_FIND_LINKS", ",".join(settings["PIP_FIND_LINKS"].split()))
    return settings


def uv_options(environment):
    """Return the options for uv that stand for pip's variables without one of uv's own."""
    return ["--no-index"] if environment.get("PIP_NO_INDEX", "0") not in ("", "0", "false") else []


# The environment


def requirements_of(project):
    """Return the part of pyproject.toml that decides what gets installed, as text."""
    import tomllib  # not in Pythons before 3.11, which never come this far

    path = project / "pyproject.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        parts = [table["project"]["dependencies"], table["project"]["optional-dependencies"]]
    except FileNotFoundError:
        raise Problem(
            f"{path} is missing.", "Keep course.py in the course's folder, as downloaded."
        ) from None
    except (KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Problem(
            f"{path} cannot be read ({error}).", "Restore it from the course's download."
        ) from None
    return json.dumps([parts, table.get("build-system"), UV], sort_keys=True)


class Environment:
    """The folder `.venv`: looked at, made, filled.

    `inherited` are file descriptors that every installer keeps open (see `one_at_a_time`).
    """

    def __init__(self, project, inherited=()):
        windows = os.name == "nt"
        self.project = project
        self.inherited = inherited
        self.folder = project / ".venv"
        self.scripts = self.folder / ("Scripts" if windows else "bin")
        self.python = self.scripts / ("python.exe" if windows else "python")
        self.uv = self.scripts / ("uv.exe" if windows else "uv")
        self.marker = self.folder / "course.json"
        self.log = self.folder / "install.log"
        self.home = {}

    def probe(self):
        """Return the environment's Python version, folder and missing modules; None if broken."""
        command = [str(self.python), "-I", "-c", PROBE, NEEDED_TO_INSTALL]
        command.extend(NEEDED_TO_START)
        try:
            output = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=True
            ).stdout
            return json.loads(output.decode("utf-8"))
        except (OSError, ValueError, subprocess.SubprocessError):
            return None

    def noted(self):
        """Return what the marker says was installed; an empty dict if that was not finished.

        Without a marker it is None: somebody else made this environment.
        """
        try:
            return dict(json.loads(self.marker.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, TypeError, ValueError):
            return {}

    def wanted(self, version):
        """Return what the marker must say for this folder, these packages and this Python."""
        requirements = requirements_of(self.project).encode("utf-8")
        return {
            "folder": str(self.project),
            "python": "{}.{}".format(*version),
            "requirements": hashlib.sha256(requirements).hexdigest(),
        }

    def why_rebuild(self, found):
        """Return why the folder cannot be used as it is, or None."""
        if not os.path.lexists(str(self.folder)):
            return "is not there yet"
        noted = self.noted()
        if found is None or NEEDED_TO_INSTALL in found["missing"] or noted == {}:
            return "is not complete"
        if noted is not None and noted.get("folder") != str(self.project):
            return "was moved here from another folder"
        if noted is not None and found["missing"]:  # an installer would take them for installed
            return "has lost " + ", ".join(found["missing"])
        if os.path.realpath(found["folder"]) != os.path.realpath(str(self.folder)):
            return "belongs to another folder"
        if tuple(found["version"]) < OLDEST_PYTHON:
            return "has an old Python"
        return None

    def is_filled(self, found):
        """Tell whether what must be installed was, and is there still."""
        return not found["missing"] and self.noted() == self.wanted(found["version"])

    def prepare(self):
        """Bring `.venv` to what pyproject.toml asks for; at once where it is so already."""
        found = self.probe()
        why = self.why_rebuild(found)
        if why is None and self.is_filled(found):
            self.remark_on_python(found["version"])
            return
        if why and sys.platform == "win32":
            remark_on_place(self.project)
        check_writable(self.project if why else self.folder)
        check_disk(self.project, room_needed(os.environ) if why else 1)
        if why is not None:
            self.make(why)
            found = self.probe()
            if found is None:
                raise Problem(
                    f"The new environment in {self.folder} does not run.",
                    "Install Python 3.13 from python.org, then repeat the command with it.",
                )
        self.install(self.wanted(found["version"]))

    def remark_on_python(self, version):
        """A newer Python on the command line does not change an environment that is there."""
        if tuple(version) != tuple(sys.version_info[:2]):
            say(
                "Using .venv, made with Python {}.{}.".format(*version)
                + " Delete that folder to change to Python {}.{}.".format(*sys.version_info)
            )

    def make(self, why):
        """Make the folder anew."""
        say(f"[1/4] .venv {why}: making it with Python {sys.version.split()[0]}")
        check_venv_module()
        self.remove()
        self.folder.mkdir()
        self.marker.write_text(UNFINISHED, encoding="utf-8")
        # an activated .venv has just removed the Python that runs this; its origin is still there
        python = getattr(sys, "_base_executable", None) or sys.executable
        self.step("Making .venv", [python, "-m", "venv", str(self.folder)], clean(os.environ))

    def remove(self):
        """Remove the old folder, if what lies there is an environment.

        It is renamed first: that happens at once or, where a program uses it, not at all. On
        Windows a virus scanner uses it for a moment.
        """
        if not os.path.lexists(str(self.folder)):
            return
        old = self.project / ".venv-old"
        try:
            if self.folder.is_symlink() or not self.folder.is_dir():
                self.folder.unlink()
                return
            names = {path.name.lower() for path in self.folder.iterdir()}
            if "pyvenv.cfg" not in names and not names <= FILES_OF_AN_ENVIRONMENT:
                raise Problem(
                    f"{self.folder} holds files that are no Python environment.",
                    "Rename or delete that folder, then repeat the command.",
                )
            shutil.rmtree(str(old), ignore_errors=True)
            stop = time.monotonic() + (2 if sys.platform == "win32" else 0)
            while self.folder.exists():
                try:
                    self.folder.rename(old)
                except PermissionError:
                    if time.monotonic() >= stop:
                        raise
                    time.sleep(0.1)
        except OSError as error:
            raise Problem(
                f"The old .venv cannot be removed ({error}).",
                "Close JupyterLab and all else that uses it, or delete the folder as the user who "
                "made it; then repeat the command.",
            ) from None
        shutil.rmtree(str(old), ignore_errors=True)

    def attempt(self, command, settings):
        """Run an installer in the project's folder; return (exit status, its lines)."""
        return installer_lines(command, self.log, self.project, settings, self.inherited)

    def step(self, name, command, settings):
        """Run an installer that must succeed; a failure is a Problem."""
        status, lines = self.attempt(command, settings)
        if status != 0:
            raise failure(name, lines, self.log)

    def install(self, wanted):
        """Install packages, kernel and JupyterLab's settings; only then set the marker."""
        self.marker.write_text(UNFINISHED, encoding="utf-8")
        self.configure_pip()
        self.install_packages()
        say("[4/4] Registering the kernel")
        self.step(
            "Registering the kernel",
            [
                str(self.python), "-m", "ipykernel", "install", "--sys-prefix",
                "--name", "python3", "--display-name", KERNEL_NAME,
            ],
            self.settings(),
        )  # fmt: skip
        settings = self.folder / "share" / "jupyter" / "lab" / "settings"
        settings.mkdir(parents=True, exist_ok=True)
        text = json.dumps(LAB_SETTINGS, indent=2) + "\n"
        (settings / "overrides.json").write_text(text, encoding="utf-8")
        self.marker.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")

    def configure_pip(self):
        """Empty the misleading options: this file goes before the user's and the system's."""
        path = self.folder / ("pip.ini" if os.name == "nt" else "pip.conf")
        if not path.exists():
            options = MISLEADING["PIP_"].lower().replace("_", "-").replace(" ", " =\n") + " =\n"
            path.write_text(f"[global]\n{options}[install]\n{options}", encoding="utf-8")

    def fill(self, command, settings):
        """Run an installer of the packages, and look whether they are in `.venv` then."""
        status, lines = self.attempt(command, settings)
        if status == 0:
            found = self.probe()
            missing = ", ".join(found["missing"] if found else NEEDED_TO_START)
            if missing:
                return 1, [*lines, f"error: installed elsewhere, since .venv lacks {missing}"]
        return status, lines

    def install_packages(self):
        """Install with uv, which is quick; with pip where uv cannot be had or does not succeed."""
        package = ["-e", ".[test]"]
        settings = self.settings()
        pip = [str(self.python), "-m", "pip", "install", "--no-input"]
        say(f"[2/4] Installing the installer ({UV})")
        status, lines = self.attempt([*pip, UV], settings)
        if status == 0 and not self.uv.exists():  # pip is content with one that lies elsewhere
            status, lines = 1, [f"error: installed elsewhere, since there is no {self.uv}"]
        if status == 0:
            say("[3/4] Installing the packages (a minute or more)")
            uv = [str(self.uv), "pip", "install", "--python", str(self.python)]
            command = uv + uv_options(settings) + package
            status, lines = self.fill(command, uv_settings(settings))
            if status == 0:
                return
        problem = failure("Installing with uv", lines, self.log)
        if "UV_TORCH_BACKEND" in settings:  # pip would not know of that choice
            raise problem
        say(f"[3/4] {problem.what}\n      Installing the packages with pip (some minutes)")
        status, lines = self.fill([*pip, *package], settings)
        if status != 0:
            raise failure("Installing the packages", lines, self.log)

    def own_home(self):
        """Return the variables for the folders that Jupyter and its like keep their settings in.

        They lie in `.venv`, so that neither the settings of other projects nor a home folder that
        cannot be written reach the course.
        """
        home = self.folder / "home"
        with contextlib.suppress(OSError):
            home.mkdir(exist_ok=True)
        if cannot_write(home):  # an installation that many share, and none may write in
            home = Path(tempfile.mkdtemp(prefix="deep-anomaly-course-"))
        folders = {
            "JUPYTER_CONFIG_DIR": "jupyter", "JUPYTER_DATA_DIR": "jupyter-data",
            "IPYTHONDIR": "ipython", "MPLCONFIGDIR": "matplotlib",
        }  # fmt: skip
        users = os.path.expanduser("~")
        if cannot_write(users):
            say(f"Nothing can be written in the home folder {users}: {home} stands in for it.")
            folders["USERPROFILE" if os.name == "nt" else "HOME"] = ""
        return {name: str(home / folder) for name, folder in folders.items()}

    def settings(self, **more):
        """Return the variables for the commands of the course, as an activated .venv has them."""
        settings = clean(os.environ)
        self.home = self.home or self.own_home()
        path = [str(self.scripts), settings.get("PATH", "")]
        settings.update(
            self.home,
            PATH=os.pathsep.join(filter(None, path)),
            VIRTUAL_ENV=str(self.folder),
            PIP_USER="0",  # also where a file says otherwise
            # this environment's kernel goes before one of the same name in the home folder
            JUPYTER_PREFER_ENV_PATH="1",
        )
        settings.update(more)
        return settings


# The commands


def refresh_copies(command, settings, folder):
    """Make the learner's copies of the lessons, or bring them up to date; say what was done."""
    return subprocess.call(command, env=settings, cwd=str(folder), stdin=subprocess.DEVNULL)


def lab_command(environment, arguments):
    """Return the command that opens the learner's copies in JupyterLab, and its variables."""
    settings = environment.settings()
    refresh = [str(environment.python), "-m", "course_utils", "copies"]
    failed = refresh_copies(refresh, settings, environment.project)
    folder = COPIES if (environment.project / COPIES / FIRST_LESSON).exists() else "notebooks"
    if failed:  # in an installation that many share, for example
        say(f"The lessons in {folder} open.")
    command = [
        str(environment.python), "-m", "jupyterlab",
        f"--ServerApp.root_dir={environment.project}",
        f"--LabApp.default_url=/lab/tree/{folder}/{FIRST_LESSON}",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # as in many containers
        say(
            "You are root, so everything that runs in JupyterLab has root's rights (--allow-root)."
        )
        command.append("--allow-root")
    return command + arguments, settings


def test_command(environment, arguments):
    """Return the command that runs the tests, and its variables.

    Coverage is asked of the whole run only: a part of the tests covers a part of the package.
    """
    if "--quick" in arguments:
        arguments = QUICK + [each for each in arguments if each != "--quick"]
    whole = ["--cov=course_utils", "--cov-report=term:skip-covered", "--cov-fail-under=90"]
    command = [str(environment.python), "-m", "pytest"]
    return command + (arguments or whole), environment.settings(COURSE_STRICT="1")


COMMANDS = {"lab": lab_command, "test": test_command, "install": None}


def hand_over(command, settings, folder):
    """Become the command, so that Ctrl-C, signals and the exit status are its own."""
    os.chdir(str(folder))
    if os.name == "posix":
        os.execve(command[0], command, settings)
    process = subprocess.Popen(command, env=settings)  # Windows has no such thing: wait for it
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the command got it too and decides what it means
            continue


def run(arguments):
    """Carry out the command line; the exit status where no other command takes over."""
    check_python(sys.version_info)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        say(HELP)
        return 0
    name, extra = arguments[0], list(arguments[1:])
    if name not in COMMANDS:
        raise Problem(
            f"There is no command {name!r}.",
            "Use `python course.py lab`, `python course.py test` or `python course.py install`.",
            status=2,
        )
    if name == "install" and extra:
        raise Problem("install takes no arguments.", "Use `python course.py install`.", status=2)
    check_place(PROJECT)
    left_out = sorted(MISLEADING_NAMES.intersection(os.environ))
    if left_out:
        say("Set here, but kept from the course: {}.".format(", ".join(left_out)))
    port = asked_port(extra) if name == "lab" else None
    if port is not None:
        check_port(port)
    with one_at_a_time(PROJECT / ".course.lock") as held:
        environment = Environment(PROJECT, held)
        environment.prepare()
        if name == "install":
            say(f"Ready: {environment.folder} is complete.")
            say("`python course.py lab` opens the course.")
            return 0
        command, settings = COMMANDS[name](environment, extra)
    return hand_over(command, settings, PROJECT)


def main(arguments):
    """Run, and turn what can go wrong into a sentence and its cure; return the exit status."""
    try:
        return run(arguments)
    except Problem as problem:
        say(f"\n{problem.what}\n{problem.cure}", sys.stderr)
        return problem.status
    except OSError as error:
        say(
            f"\n{error}\nSee to that disk, file or permission, then repeat the command.",
            sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        say(
            "\nStopped. Nothing is broken: repeat the command and it starts over cleanly.",
            sys.stderr,
        )
        return 130


def stop(number, frame):
    """Take an order to end, or a closed window, as Ctrl-C: installers are ended too."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    for order in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, order, None)  # Windows knows no SIGHUP
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # nohup stays so
            signal.signal(number, stop)
    sys.exit(main(sys.argv[1:]))
