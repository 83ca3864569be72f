"""A network trained on photographs, whose inner layers describe the parts of any image."""

from __future__ import annotations

from course_utils import checks, data

import torch

__all__ = ["BLOCKS", "feature_maps", "load_backbone"]

BLOCKS = 16
MIDDLE, SPREAD = 127, 128  # what EfficientNet-Lite was trained with: (x − 127) / 128


def load_backbone(device="cpu"):
    """Return EfficientNet-Lite0 with its weights from ImageNet, ready to describe images.

    EfficientNet: Tan and Le, ICML 2019; "Lite" leaves out squeeze-and-excitation and has ReLU6 for
    its activations.

    Parameters
    ----------
    device : str or torch.device

    Returns
    -------
    torch.nn.Module
        In evaluation mode; its weights take no gradients.
    """
    from efficientnet_lite_pytorch import EfficientNet

    state, dtype = torch.get_rng_state(), torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)  # other code may have set another one
    try:
        network = EfficientNet.from_name("efficientnet-lite0")
    finally:
        torch.set_rng_state(state)  # the first weights were drawn, for nothing
        torch.set_default_dtype(dtype)
    weights = torch.load(data.efficientnet_lite0_weights(), map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    return network.requires_grad_(False).eval().to(device)


def feature_maps(network, pixels, blocks):
    """Return what some of the network's 16 blocks say about images.

    Parameters
    ----------
    network : torch.nn.Module
        From ``load_backbone``.
    pixels : tensor of float32, shape (n, 3, height, width)
        Red, green and blue from 0 to 255, on the network's device.
    blocks : sequence of int
        From 0 to 15, ascending. Later ones see more of the image at a time and say more abstract
        things; the sides are halved before block 0 and by the blocks 1, 3, 5 and 11.

    Returns
    -------
    list of tensor of shape (n, channels, rows, columns)
        One for each block; rows and columns differ.
    """
    last = checks.integer_in_range(blocks[-1], "blocks", 0, BLOCKS - 1)
    inputs = (pixels - MIDDLE) / SPREAD
    inputs = network._swish(network._bn0(network._conv_stem(inputs)))
    found = []
    for number, block in enumerate(network._blocks[: last + 1]):
        inputs = block(inputs)
        if number in blocks:
            found.append(inputs)
    return found
