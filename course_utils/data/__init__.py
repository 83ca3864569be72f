"""Data sets, all in one form, and the cut into training, validation and test rows.

On the wall: what a reader meets first, `AnomalyData`, splits, scaling, loaders. In the wings:
`simulators` (made here), `public` (readers of what was made elsewhere), `store` (how files get
here, checked).

What needs no package beyond NumPy and pandas is here at once. The readers of downloads, the larger
simulators and `download` itself are imported when they are first asked for, as they take a second.
"""

from importlib import import_module

from course_utils.data.anomaly_data import AnomalyData, windows
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
from course_utils.data.simulators.toys import make_kinds, make_series, make_toy
from course_utils.data.splits import Split, split, split_by_time, thin_anomalies
from course_utils.data.store.embedded import embedded_files

_MODULE_OF = {
    "CIFAR_10_CLASSES": "public.pictures",
    "HOST_EVENTS": "simulators.host_traces",
    "PROGRAM_EVENTS": "simulators.program_logs",
    "bearing_frequencies": "simulators.machine",
    "benchmark_tables": "benchmark",
    "claim_losses": "simulators.claims",
    "load_adbench": "public.tables",
    "load_bgl": "public.logs",
    "load_cifar_10": "public.pictures",
    "load_credit_card_fraud": "public.tables",
    "load_cwru_bearings": "public.recordings",
    "load_docstrings": "public.docstrings",
    "load_fashion_mnist": "public.pictures",
    "load_hdfs": "public.logs",
    "load_kdd_cup_99": "public.tables",
    "load_magnetic_tiles": "public.pictures",
    "load_mvtec_ad": "public.pictures",
    "load_nab": "public.recordings",
    "load_nsl_kdd": "public.tables",
    "load_sms_spam": "public.logs",
    "load_solar_cells": "public.solar_cells",
    "load_yahoo_s5": "public.recordings",
    "machine_recordings": "simulators.machine",
    "make_claims": "simulators.claims",
    "make_machine": "simulators.machine",
    "make_network": "simulators.network",
    "make_orders": "simulators.orders",
    "make_parts": "simulators.parts",
    "make_payments": "simulators.payments",
    "make_prices": "simulators.prices",
    "make_program_logs": "simulators.program_logs",
    "make_textures": "simulators.textures",
    "make_trays": "simulators.trays",
    "make_vibration": "simulators.machine",
    "make_yard": "simulators.yard",
    "network_changes": "simulators.network",
    "payment_changes": "simulators.payments",
    "prefer": "store.download",
    "price_news": "simulators.prices",
    "pump_losses": "simulators.prices",
    "read_image": "public.image_files",
    "record_host_traces": "simulators.host_traces",
    "report_times": "simulators.payments",
    "standardise": "scaling",
    "yard_animals": "simulators.yard",
}

__all__ = [
    "CIFAR_10_CLASSES",
    "HOST_EVENTS",
    "PROGRAM_EVENTS",
    "AnomalyData",
    "Split",
    "bearing_frequencies",
    "benchmark_tables",
    "claim_losses",
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
    "load_docstrings",
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
    "load_solar_cells",
    "load_texture_images",
    "load_water_flow",
    "load_wine",
    "load_yahoo_s5",
    "machine_recordings",
    "make_claims",
    "make_kinds",
    "make_machine",
    "make_network",
    "make_orders",
    "make_parts",
    "make_payments",
    "make_prices",
    "make_program_logs",
    "make_series",
    "make_textures",
    "make_toy",
    "make_trays",
    "make_vibration",
    "make_yard",
    "network_changes",
    "payment_changes",
    "prefer",
    "price_news",
    "pump_losses",
    "read_image",
    "record_host_traces",
    "report_times",
    "split",
    "split_by_time",
    "standardise",
    "thin_anomalies",
    "windows",
    "yard_animals",
]


def __getattr__(name):
    if name == "download":
        return import_module(f"{__name__}.store.download")
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(set(globals()) | set(__all__))
