"""What code around a call may have set in torch, each as a context manager by its name."""

import contextlib

import torch


@contextlib.contextmanager
def _default_device(name):
    torch.set_default_device(name)
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextlib.contextmanager
def _default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextlib.contextmanager
def _deterministic():
    torch.set_deterministic_debug_mode("error")  # as torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode("default")


def _autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16)


STATES = {
    "no gradients": torch.no_grad,
    "inference mode": torch.inference_mode,
    # tensors on "meta" have no numbers: whatever is made without naming a device is found
    "default device": lambda: _default_device("meta"),
    "default dtype": lambda: _default_dtype(torch.float64),
    "autocast": _autocast,
    "deterministic algorithms": _deterministic,
}


@contextlib.contextmanager
def all_at_once():
    """Set all of them."""
    with contextlib.ExitStack() as stack:
        for state in STATES.values():
            stack.enter_context(state())
        yield
