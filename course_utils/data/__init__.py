"""Data sets, all in one form, and the cut into training, validation and test rows.

What needs no package beyond NumPy and pandas is here at once. The readers of downloads, the larger
simulators and `download` itself are imported when they are first asked for, as they take a second.
"""

from importlib import import_module

from course_utils.data.anomaly_data import AnomalyData, windows
from course_utils.data.embedded import embedded_files
from course_utils.data.loaders import (
    efficientnet_lite0_weights,
    load_breast_cancer,
    load_digits,
    load_mnist_5k,
    load_phishing,
    load_shuttle,
    load_texture_images,
    load_water_flow,
    load_wine,
)
from course_utils.data.simulate import make_kinds, make_series, make_toy
from course_utils.data.splits import Split, split, split_by_time, thin_anomalies

_MODULE_OF = {
    "bearing_frequencies": "machine",
    "load_adbench": "tables",
    "load_bgl": "logs",
    "load_cifar_10": "pictures",
    "load_credit_card_fraud": "tables",
    "load_cwru_bearings": "recordings",
    "load_fashion_mnist": "pictures",
    "load_hdfs": "logs",
    "load_kdd_cup_99": "tables",
    "load_magnetic_tiles": "pictures",
    "load_mvtec_ad": "pictures",
    "load_nab": "recordings",
    "load_nsl_kdd": "tables",
    "load_sms_spam": "logs",
    "load_yahoo_s5": "recordings",
    "machine_recordings": "machine",
    "make_machine": "machine",
    "make_orders": "orders",
    "make_payments": "payments",
    "make_textures": "textures",
    "make_vibration": "machine",
    "payment_changes": "payments",
    "prefer": "download",
    "read_image": "image_files",
    "report_times": "payments",
    "standardise": "scaling",
}

__all__ = [
    "AnomalyData",
    "Split",
    "bearing_frequencies",
    "download",
    "efficientnet_lite0_weights",
    "embedded_files",
    "load_adbench",
    "load_bgl",
    "load_breast_cancer",
    "load_cifar_10",
    "load_credit_card_fraud",
    "load_cwru_bearings",
    "load_digits",
    "load_fashion_mnist",
    "load_hdfs",
    "load_kdd_cup_99",
    "load_magnetic_tiles",
    "load_mnist_5k",
    "load_mvtec_ad",
    "load_nab",
    "load_nsl_kdd",
    "load_phishing",
    "load_shuttle",
    "load_sms_spam",
    "load_texture_images",
    "load_water_flow",
    "load_wine",
    "load_yahoo_s5",
    "machine_recordings",
    "make_kinds",
    "make_machine",
    "make_orders",
    "make_payments",
    "make_series",
    "make_textures",
    "make_toy",
    "make_vibration",
    "payment_changes",
    "prefer",
    "read_image",
    "report_times",
    "split",
    "split_by_time",
    "standardise",
    "thin_anomalies",
    "windows",
]


def __getattr__(name):
    if name == "download":
        return import_module(f"{__name__}.download")
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(set(globals()) | set(__all__))
