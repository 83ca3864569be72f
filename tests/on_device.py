"""What must hold on every device: `python tests/on_device.py DEVICE RESULTS CHECK…`.

`test_device_placement.py` starts it, since the stand-in device changes torch for the rest of a
process. DEVICE is "standin" or one that torch knows, such as "cuda". Every CHECK is one of
`CHECKS` or the path of a notebook; RESULTS is the JSON file that tells for each what went wrong.
"""

import contextlib
import functools
import io
import json
import os
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

from course_utils import detectors, runtime, training
from course_utils.detectors import image
from course_utils.detectors.table import TableDetector
from course_utils.embeddings import MiniLM

import lesson_on_device
import numpy as np
import small_minilm
import stand_in_device
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook


def kinds_of(base):
    """Return the package's detectors of a kind; one that is added is tested from then on."""
    named = (getattr(detectors, name) for name in detectors.__all__)
    return [kind for kind in named if isinstance(kind, type) and issubclass(kind, base)]


DETECTORS, IMAGE_DETECTORS = kinds_of(TableDetector), kinds_of(image.ImageDetector)


# ---------------------------------------------------------------------------- the training loop


def small_table(rows=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(rows, 3, generator=generator)
    return X, X.sum(dim=1, keepdim=True)


def network(seed=0):
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 1))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for each in model.parameters():
            each.copy_(torch.randn(each.shape, generator=generator))
    return model


def noisy(generator, mask=None, move=True):
    """A loss with noise from a generator of the CPU and a mask, both moved unless told not to."""
    mask = torch.ones(1, 3) if mask is None else mask

    def loss(model, inputs, targets):
        noise = torch.randn(inputs.shape, generator=generator)
        noise = noise.to(inputs.device) if move else noise
        outputs = model((inputs + 0.1 * noise) * mask.to(inputs.device))
        return (outputs - targets).square().mean()

    return loss


def train(device, loss=None, model=None, **choices):
    generator = torch.Generator().manual_seed(3)
    model = network() if model is None else model
    loss = noisy(generator) if loss is None else loss
    settings = {
        "epochs": 6,
        "batch_size": 16,
        "validation": small_table(20, seed=1),
        "patience": 5,
    }
    training.fit(
        model, loss, small_table(), generator=generator, device=device, **{**settings, **choices}
    )
    return model


def assert_same_model(ours, theirs, device):
    for name, tensor in ours.state_dict().items():
        assert_near(tensor.cpu(), theirs.state_dict()[name].cpu(), device)


def assert_near(ours, theirs, device, tolerance=1e-6):
    tolerance = tolerance if device == stand_in_device.NAME else 1e-2  # a card rounds otherwise
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=tolerance, atol=1e-6)


def all_on(model, device):
    places = {each.device.type for each in model.state_dict().values()}
    if places != {device}:
        raise lesson_on_device.Elsewhere(f"the model is on {places}, not on {device}.")


def training_ends_where_it_does_on_the_cpu(device):
    model = train(device)
    all_on(model, device)
    assert_same_model(model, train("cpu"), device)


def resumed_training_is_the_unbroken_one(device):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.pt"
        train(device, checkpoint=path, epochs=2)
        resumed = train(device, checkpoint=path)
        all_on(resumed, device)
        assert_same_model(resumed, train(device), device)
        # what was saved on the device can be taken up on the CPU, and the other way round
        path.unlink()
        train(device, checkpoint=path, epochs=2)
        assert_same_model(train("cpu", checkpoint=path), train("cpu"), device)
        path.unlink()
        train("cpu", checkpoint=path, epochs=2)
        assert_same_model(train(device, checkpoint=path), train("cpu"), device)


def counts_of_adam_are_where_torch_keeps_them(device):
    """A state that is put on the device whole would make each step wait for the device."""
    places = []

    def keep(optimiser, *_):
        places.append({each["step"].device.type for each in optimiser.state.values()})

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.pt"
        train(device, checkpoint=path, epochs=2)
        handle = register_optimizer_step_post_hook(keep)
        train(device, checkpoint=path)
        handle.remove()
    assert places[-1] == {"cpu"}, places


# --------------------------------------------------------------------------------- detectors


def rows(count=120, columns=5, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, columns)) @ generator.normal(size=(columns, columns))


def quick(kind, device):
    steps = {name: 5 for name in kind().get_params() if name.endswith("steps")}
    return kind(members=2, device=device, **steps)


def detector_check(kind):
    def check(device):
        X, new = rows(), rows(seed=1)
        on_cpu = quick(kind, "cpu").fit(X)
        detector = quick(kind, torch.device(device)).fit(X)
        all_on(detector.network_, device)
        assert_near(detector.decision_scores_, on_cpu.decision_scores_, device)
        scores, shares = detector.decision_function(new), detector.feature_scores(new)
        assert_near(scores, on_cpu.decision_function(new), device)
        assert_near(shares, on_cpu.feature_scores(new), device)
        with tempfile.TemporaryDirectory() as folder:
            detector.save(Path(folder) / "detector.pt")
            for place in (device, "cpu"):
                loaded = detectors.load(Path(folder) / "detector.pt").set_params(device=place)
                assert_near(loaded.decision_function(new), scores, device)
                assert_near(loaded.feature_scores(new), shares, device)
                all_on(loaded.network_, place)
        # one that was fitted on the device can go on on the CPU
        assert_near(detector.set_params(device="cpu").decision_function(new), scores, device)

    return check


def state_check(kind):
    """What the caller has set in torch, the device as the default one too, changes nothing."""

    def check(device):
        X = rows()
        expected = quick(kind, device).fit(X).decision_scores_
        torch.set_default_device(device)
        torch.set_deterministic_debug_mode("error")
        try:
            with torch.inference_mode():
                detector = quick(kind, device).fit(X)
                found = detector.decision_function(X)
                detector.feature_scores(X)
        finally:
            torch.set_deterministic_debug_mode("default")
            torch.set_default_device(None)
        assert_near(detector.decision_scores_, expected, device)
        assert_near(found, expected, device)

    return check


def image_detector_check(kind):
    # forty layers deep, and the devices add up in different orders
    near = functools.partial(assert_near, tolerance=1e-4)

    def check(device):
        X = np.random.default_rng(0).integers(0, 256, (9, 40, 48, 3), dtype=np.uint8)
        choices = {"sizes": (32, 64), "blocks": (4, 10)}
        on_cpu = kind(**choices, device="cpu").fit(X[:5])
        detector = kind(**choices, device=torch.device(device)).fit(X[:5])
        all_on(detector.network_, device)
        near(detector.decision_scores_, on_cpu.decision_scores_, device)
        near(detector.decision_function(X), on_cpu.decision_function(X), device)
        near(detector.heatmap(X), on_cpu.heatmap(X), device)
        with tempfile.TemporaryDirectory() as folder:
            detector.save(Path(folder) / "detector.pt")
            loaded = detectors.load(Path(folder) / "detector.pt").set_params(device=device)
            near(loaded.decision_function(X), on_cpu.decision_function(X), device)

    return check


def a_forecaster_trains_its_network_on_the_device(device):
    x = [0.4, 0.8]
    while len(x) < 400:
        x.append(1 - 1.4 * x[-1] ** 2 + 0.3 * x[-2])  # Hénon's map: the network is of use
    X = np.array(x)
    quick = {"lags": 5, "window": 5, "smoothing": 4, "hidden_units": 8}
    on_cpu, detector = (
        detectors.Forecaster(**quick, device=each).fit(X) for each in ("cpu", device)
    )
    all_on(detector.surprise_.network, device)
    # a hundred steps, and the devices add up in different orders
    assert_near(detector.decision_scores_, on_cpu.decision_scores_, device, tolerance=1e-3)
    with tempfile.TemporaryDirectory() as folder:
        detector.save(Path(folder) / "detector.pt")
        loaded = detectors.load(Path(folder) / "detector.pt")
        assert_near(
            loaded.decision_function(X), detector.decision_function(X), device, tolerance=1e-4
        )


def next_keys_are_learned_on_the_device(device):
    logs = [["open", *["read"] * (n % 4), "close"] for n in range(60)]
    small = {"context": 4, "embedding": 5, "hidden_units": 8, "steps": 60}
    on_cpu, detector = (
        detectors.NextKey(**small, device=each).fit(logs) for each in ("cpu", device)
    )
    all_on(detector.network_, device)
    # more than a hundred steps, and the devices add up in different orders
    assert_near(detector.decision_scores_, on_cpu.decision_scores_, device, tolerance=1e-3)
    with tempfile.TemporaryDirectory() as folder:
        detector.save(Path(folder) / "detector.pt")
        for place in (device, "cpu"):
            loaded = detectors.load(Path(folder) / "detector.pt").set_params(device=place)
            assert_near(
                loaded.decision_function(logs), detector.decision_scores_, device, tolerance=1e-4
            )
            all_on(loaded.network_, place)


def texts_have_the_vectors_of_the_cpu(device):
    texts = ["", "win a prize now!", "a " * 50, "paying"]
    with tempfile.TemporaryDirectory() as folder:
        small_minilm.write(Path(folder))
        with small_minilm.expected(Path(folder)):
            on_cpu, model = (MiniLM(folder, device=each) for each in ("cpu", device))
    all_on(model.network, device)
    assert_near(model.encode(texts, batch_size=3), on_cpu.encode(texts), device, tolerance=1e-5)


def a_full_device_counts_as_absent(device):
    """Learners on a machine whose card has no memory go on with the CPU, without an error."""
    if device != stand_in_device.NAME:  # a card cannot be filled up for this
        return
    known, present, said = runtime.DEVICES, runtime._is_present, io.StringIO()
    runtime.DEVICES, runtime._is_present = (device, "cpu"), lambda name: True
    try:
        with stand_in_device.full(), contextlib.redirect_stdout(said), warnings.catch_warnings():
            warnings.simplefilter("error")
            assert runtime.device() == "cpu"
            all_on(quick(DETECTORS[0], None).fit(rows()).network_, "cpu")
        assert runtime.device() == device
    finally:
        runtime.DEVICES, runtime._is_present = known, present
    assert said.getvalue().count("cannot be used") == 1, said.getvalue()


# ---------------------------------------------------------- what must be caught, each by itself


def input_left_behind(device):
    network().to(device)(small_table()[0])


def target_left_behind(device):
    targets = small_table()[1][:8]
    train(device, lambda model, inputs, _: (model(inputs)[:2] - targets[:2]).square().mean())


def mask_left_behind(device):
    mask = torch.ones(1, 3)
    train(device, lambda model, inputs, targets: (model(inputs * mask) - targets).abs().mean())


def noise_left_behind(device):
    train(device, noisy(torch.Generator().manual_seed(0), move=False))


def generator_of_the_cpu(device):
    torch.randn(3, 2, device=device, generator=torch.Generator().manual_seed(0))


def generator_of_the_cpu_in_place(device):
    torch.empty(3, 2, device=device).uniform_(generator=torch.Generator().manual_seed(0))


def saved_weights_left_behind(device):
    model = network().to(device)
    model.load_state_dict(network(1).state_dict(), assign=True)
    model(small_table()[0].to(device))


def saved_optimiser_left_behind(device):
    model = network().to(device)
    optimiser = torch.optim.Adam(model.parameters())
    model(small_table()[0].to(device)).sum().backward()
    optimiser.step()
    for state in optimiser.state.values():
        state["exp_avg"] = state["exp_avg"].cpu()
    optimiser.step()


def saved_generator_state_on_the_device(device):
    generator = torch.Generator()
    generator.set_state(generator.get_state().to(device))


def buffer_that_is_none(device):
    class Centred(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)
            self.centre = torch.ones(3)  # not registered, so .to(device) leaves it where it is

        def forward(self, inputs):
            return self.layer(inputs) - self.centre

    Centred().to(device)(small_table()[0].to(device))


def numpy_from_the_device(device):
    np.asarray(torch.ones(3, device=device))


def numbers_of_64_bits(device):
    torch.ones(3, device=device).double().cpu()


def a_result_that_is_another_every_time(device):
    torch.set_deterministic_debug_mode("error")
    try:
        torch.ones(3, 4, device=device).median(dim=1)
    finally:
        torch.set_deterministic_debug_mode("default")


def parts_of_two_devices_joined(device):
    torch.cat([torch.ones(2, device=device), torch.ones(2)])


def result_left_on_the_cpu(device):
    torch.zeros(3).add_(torch.ones(3, device=device))


def detector_with_noise_left_behind(device):
    class Noisy(detectors.AutoEncoder):
        def _errors(self, network, inputs):
            return super()._errors(network, inputs + torch.zeros(inputs.shape))

    quick(Noisy, device).fit(rows())


def detector_scored_with_a_scale_left_behind(device):
    class Scaled(detectors.AutoEncoder):
        def _score(self, inputs):
            return super()._score(inputs) / torch.ones(len(inputs))

    quick(Scaled, device).fit(rows())


ON_SOME_DEVICES = [numbers_of_64_bits, a_result_that_is_another_every_time]
CAUGHT = [
    input_left_behind,
    target_left_behind,
    mask_left_behind,
    noise_left_behind,
    generator_of_the_cpu,
    generator_of_the_cpu_in_place,
    saved_weights_left_behind,
    saved_optimiser_left_behind,
    saved_generator_state_on_the_device,
    buffer_that_is_none,
    numpy_from_the_device,
    *ON_SOME_DEVICES,
    parts_of_two_devices_joined,
    result_left_on_the_cpu,
    detector_with_noise_left_behind,
    detector_scored_with_a_scale_left_behind,
]


def must_be_caught(mistake):
    """Turn a mistake into a check that passes when torch refuses it, and not otherwise."""

    def check(device):
        if mistake in ON_SOME_DEVICES and device != stand_in_device.NAME:
            return
        mistake("cpu")  # alone, it is no mistake
        try:
            mistake(device)
        except (RuntimeError, TypeError) as error:
            if not any(word in str(error) for word in ("device", "ByteTensor", "numpy()")):
                raise  # it failed for another reason
        else:
            raise AssertionError(f"{mistake.__name__} went unnoticed on {device}.")

    return check


CHECKS = {
    "training": training_ends_where_it_does_on_the_cpu,
    "resumed": resumed_training_is_the_unbroken_one,
    "adam": counts_of_adam_are_where_torch_keeps_them,
    **{kind.__name__: detector_check(kind) for kind in DETECTORS},
    **{kind.__name__: image_detector_check(kind) for kind in IMAGE_DETECTORS},
    **{f"state around {kind.__name__}": state_check(kind) for kind in DETECTORS},
    "Forecaster": a_forecaster_trains_its_network_on_the_device,
    "NextKey": next_keys_are_learned_on_the_device,
    "MiniLM": texts_have_the_vectors_of_the_cpu,
    "full": a_full_device_counts_as_absent,
    **{each.__name__: must_be_caught(each) for each in CAUGHT},
}


def main(device, results, *names):
    """Make the checks and write down what went wrong, or null, for each."""
    os.environ["COURSE_STRICT"] = "0"  # a few steps do not reach a lesson's numbers
    os.environ.pop("COURSE_DEVICE", None)
    os.environ["MPLBACKEND"] = "agg"
    if device == stand_in_device.NAME:
        stand_in_device.install()
    found = {}
    for name in names:
        try:
            if name in CHECKS:
                CHECKS[name](device)
            else:
                lesson_on_device.trains_on(device, name)
            found[name] = None
        except Exception:
            found[name] = traceback.format_exc()
        Path(results).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
