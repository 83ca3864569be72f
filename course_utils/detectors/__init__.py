"""The detectors that the lessons build up, finished: same names, same promises, as PyOD's.

Every one is fitted with ``fit(X)`` and scores with ``decision_function(X)``, higher = more
anomalous. ``base`` has what they share, ``table`` and ``image`` what those of one sort of data
share.
"""

from course_utils.detectors.autoencoder import AutoEncoder
from course_utils.detectors.base import Detector, DetectorFileError
from course_utils.detectors.forecaster import Forecaster
from course_utils.detectors.gan import AnoGAN
from course_utils.detectors.next_key import NextKey
from course_utils.detectors.ngram import NGram
from course_utils.detectors.one_class import DeepSVDD
from course_utils.detectors.online import OnlineDetector
from course_utils.detectors.patches import PaDiM, PatchCore
from course_utils.detectors.vae import VAE

__all__ = [
    "VAE",
    "AnoGAN",
    "AutoEncoder",
    "DeepSVDD",
    "Detector",
    "DetectorFileError",
    "Forecaster",
    "NGram",
    "NextKey",
    "OnlineDetector",
    "PaDiM",
    "PatchCore",
    "load",
]


def load(path):
    """Return the detector, of whichever class, that ``save`` wrote to a file."""
    return Detector.load(path)
