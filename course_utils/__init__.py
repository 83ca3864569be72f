"""What the notebooks share in the course *Deep learning for anomaly detection in Python*.

Every notebook imports this package first. Importing it is quick: it loads neither torch nor
keras nor matplotlib, only sets what those libraries read from the environment when they start.
A setting that is there already stays as it is; but of Keras's settings file, which may hold
another precision, the course has its own.
"""

import os
import sys

__version__ = "0.1.0"

# Threads that wait must sleep, or two torch processes that share the cores slow each other
# tenfold. torch reads this once, when it loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# keras would look for TensorFlow otherwise.
os.environ.setdefault("KERAS_BACKEND", "torch")
# keras would take the first graphics card that it finds, whatever the course is told.
if _device := os.environ.get("COURSE_DEVICE", "").strip().lower():
    os.environ.setdefault("KERAS_TORCH_DEVICE", _device)


def _keras_folder():
    """Return the folder in which keras finds, or makes, a settings file of the course alone."""
    name = "deep-anomaly-course"
    folder = os.path.expanduser(os.environ.get("KERAS_HOME") or os.path.join("~", ".keras"))
    if os.path.basename(os.path.normpath(folder)) == name:  # set by one that started this process
        return folder
    if folder.startswith("~"):  # nobody's home; Keras would make a folder of that name
        import tempfile

        folder = tempfile.gettempdir()
    return os.path.join(folder, name)


os.environ["KERAS_HOME"] = _keras_folder()


def _one_thread_after_a_fork():
    """Let a forked process compute with one thread.

    The threads of OpenMP, which torch and scikit-learn share their sums out to, do not live on
    in it; it would wait for them for ever.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    if "threadpoolctl" in sys.modules:  # loaded with scikit-learn, which has an OpenMP of its own
        sys.modules["threadpoolctl"].threadpool_limits(1, user_api="openmp")


if hasattr(os, "register_at_fork"):  # not on Windows, where no process is forked
    os.register_at_fork(after_in_child=_one_thread_after_a_fork)
