"""A device that is none: a tensor on it is kept on the CPU, and may not meet one that is not.

`install()` gives torch a device called "standin" for the rest of the process. Every operation is
computed on the CPU; tensors of mixed devices and generators of the CPU are refused where a
graphics card would refuse them, numbers of 64 bits as Apple's cards refuse them, and results that
are not the same every time where those were forbidden. Inside `full()` it has no memory. That
proves where tensors are placed, not a card's arithmetic.

It rests on torch's interface for back ends written in Python, which is experimental, so it runs
in a process of its own (see `test_device_placement.py`).
"""

import contextlib
import functools

import torch
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "standin"
aten = torch.ops.aten
# these carry numbers from one device to another
COPIES = {aten.copy_.default, aten._to_copy.default}
# the row numbers or the mask that pick entries may lie on the CPU
PICKERS = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default}
PICKERS |= {aten._index_put_impl_.default, aten._unsafe_index.Tensor}
# a single number on the CPU may join a sum, but not these
JOINERS = {aten.cat.default, aten.stack.default}
# what CUDA refuses after torch.use_deterministic_algorithms(True)
NOT_REPEATABLE = {aten.median.dim, aten.kthvalue.default, aten.cumsum.default}
TENSORS = (torch.Tensor, torch.Generator)
LONG_FLOATS = (torch.float64, torch.complex128)
FACTORIES = [
    aten.empty.memory_format,
    aten.empty_strided.default,
    aten.arange.default,
    aten.arange.start,
    aten.arange.start_step,
    aten.linspace.default,
    aten.eye.default,
    aten.eye.m,
    aten.randperm.default,
    aten.randperm.generator,
]


class PlacementError(RuntimeError):
    """Tensors of two devices in one operation, or what a device has not, as a card refuses it."""


class Memory:
    """What there is on the device: enough, or nothing."""

    is_full = False


@contextlib.contextmanager
def full():
    """Let the device have no memory for a while, as on some hosted machines."""
    Memory.is_full = True
    try:
        yield
    finally:
        Memory.is_full = False


class StandIn(torch.Tensor):
    """A tensor on the stand-in device; `held` has its numbers on the CPU."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held):
        """Wrap a tensor of the CPU."""
        if Memory.is_full:
            raise RuntimeError(f"{NAME} device: out of memory. Tried to allocate 256 bytes.")
        if held.dtype in LONG_FLOATS:
            raise PlacementError(
                f"The {NAME} device has no {held.dtype}: .cpu() comes before .double(), and "
                ".float() before .to(device)."
            )
        tensor = torch.Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=torch.device(NAME, 0),
        )
        tensor.held = held
        return tensor

    def __repr__(self):
        """Show the numbers and where they are."""
        return f"{self.held!r} on {NAME}"

    def tolist(self):
        """Return the numbers as lists, which torch does not do for other classes of tensors."""
        return self.held.tolist()

    def __reduce_ex__(self, protocol):
        """Be stored as a tensor of the CPU that remembers its device."""
        place = str(self.device)
        parts = (self.held.clone(), self.dtype, place, self.requires_grad)
        return torch._utils._rebuild_device_tensor_from_cpu_tensor, parts

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        """Compute an operation on the CPU once all of its tensors are where they should be."""
        if torch.is_inference_mode_enabled():  # wrappers cannot be tensors of that mode
            with torch.inference_mode(mode=False):
                return cls._compute(operation, args, kwargs)
        return cls._compute(operation, args, kwargs)

    @classmethod
    def _compute(cls, operation, args, kwargs):
        # a lesson comes here a hundred thousand times, mostly with tensors of this device alone
        given, changes_shape = [], _changes_shape(operation)
        inputs = [_unwrapped(each, given) for each in args]
        options = {name: _unwrapped(each, given) for name, each in (kwargs or {}).items()}
        if operation not in COPIES and any(type(each) is not cls for each in given):
            _refuse_mixtures(operation, args, given)
        if operation in NOT_REPEATABLE and torch.are_deterministic_algorithms_enabled():
            raise RuntimeError(f"{operation} on the {NAME} device is not deterministic.")
        stays = type(args[0]) is cls if operation is aten.copy_.default else True
        if (target := options.get("device")) is not None:
            stays = torch.device(target).type == NAME
            options["device"] = torch.device("cpu")
        result = operation(*inputs, **options)
        if changes_shape:
            with torch._C._DisableTorchDispatch():
                operation(*args, **options)
        return _wrapped(result, given) if stays else result


def install():
    """Make the device known to torch, as "standin", until the process ends."""
    _setup_privateuseone_for_python_backend(NAME)
    library = torch.library.Library("aten", "IMPL")
    for operation in FACTORIES:
        library.impl(operation, _factory(operation), "PrivateUse1")
    library.impl(aten._copy_from.default, _copied, "PrivateUse1")
    install.library = library  # the registration lasts as long as this object
    torch.__future__.set_swap_module_params_on_conversion(True)
    load = torch.load

    def load_to(*args, map_location=None, **choices):
        """Put what was stored where `map_location` says, as torch does for other devices."""
        if map_location is None:
            return load(*args, **choices)
        return _moved(load(*args, map_location="cpu", **choices), map_location)

    torch.load = load_to


def _factory(operation):
    def make(*args, **kwargs):
        _refuse_mixtures(operation, args, _leaves([*args, *kwargs.values()]))
        kwargs["device"] = torch.device("cpu")
        return StandIn(operation(*args, **kwargs))

    return make


def _copied(source, target, non_blocking=False):
    """Copy where torch goes past `__torch_dispatch__`, as in torch.tensor(…, device=…)."""
    _unwrapped(target, []).copy_(_unwrapped(source, []))
    return target


def _refuse_mixtures(operation, args, given):
    if any(isinstance(each, torch.Generator) for each in given):
        raise PlacementError(
            f"{operation} expected a '{NAME}' device type for generator but found 'cpu': draw on "
            "the CPU and move what was drawn."
        )
    if operation in PICKERS:
        given = [args[0], *_leaves(args[2:])] if isinstance(args[0], StandIn) else given
    strays = [each for each in given if type(each) is not StandIn and torch.is_tensor(each)]
    if operation not in JOINERS:
        changed = args[0] if operation._schema.name.endswith("_") else None
        strays = [each for each in strays if each.dim() or each is changed]
    if strays:
        places = ", ".join(
            f"{each.device} {tuple(each.shape)}" for each in given if torch.is_tensor(each)
        )
        raise PlacementError(f"{operation} was handed tensors of different devices: {places}.")


@functools.cache
def _changes_shape(operation):
    """Say whether it changes the shape of what it is given, as squeeze_ does."""
    return torch.Tag.inplace_view in operation.tags


def _leaves(values):
    found = []
    _unwrapped(list(values), found)
    return found


def _unwrapped(value, given):
    """Return what is held in place of tensors on the device; add tensors and generators met."""
    kind = type(value)
    if kind is StandIn:
        given.append(value)
        return value.held
    if kind is list or kind is tuple:
        return kind([_unwrapped(each, given) for each in value])
    if isinstance(value, TENSORS):
        given.append(value)
    return value


def _wrapped(result, given):
    """Return a result on the device; what was given and changed is the same tensor as before."""
    if isinstance(result, torch.Tensor):
        for each in given:
            if type(each) is StandIn and each.held is result:
                return each
        return StandIn(result)
    if isinstance(result, list | tuple):
        return type(result)(_wrapped(each, given) for each in result)
    return result


def _moved(value, place):
    if isinstance(value, torch.Tensor):
        return value.to(place)
    if isinstance(value, dict):
        return type(value)((name, _moved(each, place)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return type(value)(_moved(each, place) for each in value)
    return value
