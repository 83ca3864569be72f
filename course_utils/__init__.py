"""What the notebooks share in the course *Deep learning for anomaly detection in Python*.

Every notebook imports this package first. Importing it is quick: it loads neither torch nor
keras nor matplotlib, only sets what those libraries read from the environment when they start.
A setting that is there already stays as it is.
"""

import os

__version__ = "0.1.0"

# Threads that wait must sleep, or two torch processes that share the cores slow each other
# tenfold. torch reads this once, when it loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# keras would look for TensorFlow otherwise.
os.environ.setdefault("KERAS_BACKEND", "torch")
