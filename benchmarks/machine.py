"""On what machine a benchmark ran, and how busy it was."""

import platform
import sys
from importlib import metadata

from course_utils import runtime

import psutil


def conditions(*packages):
    """Return a line for a report: cores, load, threads, and the versions of what was measured."""
    system = runtime.system()
    load = ", ".join(f"{each:.1f}" for each in psutil.getloadavg())
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in packages)
    return (
        f"{platform.machine()}, {system['cores']} cores, load {load} over 1, 5 and 15 minutes, "
        f"{system['threads']} threads; Python {system['python']}, {versions}."
    )


def peak_memory():
    """Return the most memory that this process has had, in bytes."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak  # macOS counts bytes, Linux kB
