"""What detectors of images share: images of any sort in, scores and heat maps out."""

import warnings
from typing import ClassVar

from course_utils import checks, runtime
from course_utils.backbone import BLOCKS, feature_maps, load_backbone
from course_utils.detectors.base import Detector
from course_utils.images import SMALLEST_SIDE, Images, prepared
from course_utils.progress_bar import counter

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from sklearn.utils.validation import check_is_fitted
from torch.nn.functional import interpolate

__all__ = ["ImageDetector"]

IMAGES_AT_A_TIME = {"cpu": 1, "other": 32}  # more for each thread are no quicker on the CPU
LARGEST_SIDE = 1024
BLUR = 4 / 224  # standard deviation of a heat map's blur over its side, as in the PaDiM paper


class ImageDetector(Detector):
    """A detector that compares parts of an image with those of normal images.

    An image is looked at in each of ``sizes``. A subclass has the parameters ``sizes``,
    ``blocks`` and ``progress``, and ``_learn(images, groups)``, which learns from normal images
    and returns what they score when their group is left out, and ``_scorer()``, which returns a
    function from the patches of each size, (n, rows, columns, features), to their scores,
    (n, rows, columns). No result may depend on the images beside it.

    Attributes
    ----------
    decision_scores_ : array of shape (n,)
        Score of each training image by what was learned from the others.
    """

    DESCRIBED: ClassVar = Detector.DESCRIBED | {
        "sizes": (
            "tuple of int\n    Sides in pixels, 32 to 1024, ascending. An image is looked at in "
            "each: it is\n    resized to the largest, and that to the others."
        ),
        "contamination": (
            "float in (0, 0.5]\n    Share of the training images whose score lies above "
            "``threshold_``."
        ),
    }

    @runtime.usual_torch()
    def fit(self, X, y=None, groups=None):
        """Learn what is normal from images without defects.

        Parameters
        ----------
        X : array (n, h, w) or (n, h, w, 3), or list of arrays or of files
            uint8, or floats from 0 to 1; see ``course_utils.images.Images``.
        y : ignored
            Accepted because scikit-learn's pipelines hand it on.
        groups : array-like of int or str, shape (n,), optional
            What each image was taken of: a tile, a place, a day. Where several show one thing,
            new things differ more than they do; so the training scores, and ``threshold_`` with
            them, are then of images of which no other of the group was learned from.

        Returns
        -------
        the detector itself

        Raises
        ------
        TypeError, ValueError
            If an image cannot be used (the message names it) or a parameter is out of range.
        FileNotFoundError
            If a file is not there.
        """
        self._check_parameters()
        images = Images(X)
        self.network_ = load_backbone(self._device())
        if len(images) == 1:
            warnings.warn(
                "There is one training image, so none to judge it by: threshold_ is too low. "
                "Choose it on other normal images.",
                stacklevel=3,  # of fit's caller
            )
        # what is shared here is images, one per thread; the sums between are too short for it
        with runtime.one_torch_thread():
            self._set_decisions(self._learn(images, _group_numbers(groups, len(images))))
        return self

    @runtime.usual_torch()
    def decision_function(self, X):
        """Return one score per image, higher = more anomalous: that of its most unusual part.

        It is the mean over the sizes of the largest score in each.

        Parameters
        ----------
        X : array (n, h, w) or (n, h, w, 3), or list of arrays or of files
            As for ``fit``; few are in memory at a time.

        Returns
        -------
        array of float64, shape (n,)

        Raises
        ------
        TypeError, ValueError, FileNotFoundError
            As for ``fit``.
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        """
        check_is_fitted(self)
        images = Images(X)
        parts = self._in_batches(images, self._scorer(), "image scored")
        return torch.cat([score_of(maps) for maps in parts]).cpu().double().numpy()

    @runtime.usual_torch()
    def heatmap(self, X):
        """Return the score of each pixel: that of the part it lies in, softened at the borders.

        Parameters
        ----------
        X : array (n, h, w) or (n, h, w, 3), or list of arrays or of files
            As for ``decision_function``.

        Returns
        -------
        array of float32, shape (n, h, w), or list of such arrays (h, w)
            A list where X is one.

        Raises
        ------
        TypeError, ValueError, FileNotFoundError, sklearn.exceptions.NotFittedError
            As for ``decision_function``.
        """
        check_is_fitted(self)
        images, found = Images(X), []
        for maps in self._in_batches(images, self._scorer(), "image mapped"):
            for each in zip(*(part.cpu() for part in maps), strict=True):  # a map for each size
                size = images.size(len(found))
                found.append(np.mean([_enlarged(part, size) for part in each], axis=0))
        return found if isinstance(X, (list, tuple)) else np.stack(found)

    @runtime.usual_torch()
    def score_gradients(self, X):
        """Return the slope of each image's score along each of its pixels.

        The largest score of a part answers for the image's, so a slope is 0 at pixels that this
        part does not see. With the network's layers, each image takes about four times the
        memory and the time of its score.

        Parameters
        ----------
        X : array (n, h, w) or (n, h, w, 3), or list of arrays or of files
            As for ``decision_function``.

        Returns
        -------
        array of float64, of the shape of X, or list of such arrays
            A list where X is one; files have three colours. Score for each unit of grey, where
            black is 0 and white is 1, also if X holds uint8: a step of 1 / 255 of it there.

        Raises
        ------
        TypeError, ValueError, FileNotFoundError, sklearn.exceptions.NotFittedError
            As for ``decision_function``.
        """
        check_is_fitted(self)
        images, device, scorer = Images(X), self._device(), self._scorer()
        self.network_.to(device)

        def found(start, stop):
            pixels = prepared(images, start, stop, self.sizes[-1]).to(device).requires_grad_()
            maps = scorer([self._patches(pixels, each) for each in self.sizes])
            slopes = torch.autograd.grad(score_of(maps).sum(), pixels)[0].cpu()
            return [
                _of_shape(_spread_back(part, images.size(row)), getattr(X[row], "shape", ()))
                for row, part in enumerate(slopes, start)
            ]

        with counter(len(images), "image", self.progress) as bar:
            slopes = []
            for part in self._in_parts(len(images), IMAGES_AT_A_TIME, found):
                slopes += part
                bar.update(len(part))
        return slopes if isinstance(X, (list, tuple)) else np.stack(slopes)

    def _check_parameters(self):
        super()._check_parameters()
        _check_ascending(self.blocks, "blocks", 0, BLOCKS - 1)
        _check_ascending(self.sizes, "sizes", 4 * SMALLEST_SIDE, LARGEST_SIDE)

    def _in_batches(self, images, work, unit):
        """Yield work(patches) for batches of images; patches has one tensor for each size."""
        device = self._device()
        self.network_.to(device)

        def found(start, stop):
            pixels = prepared(images, start, stop, self.sizes[-1]).to(device)
            with torch.inference_mode():
                return stop - start, work([self._patches(pixels, each) for each in self.sizes])

        with counter(len(images), unit, self.progress) as bar:
            for number, result in self._in_parts(len(images), IMAGES_AT_A_TIME, found):
                yield result
                bar.update(number)

    def _patches(self, pixels, size):
        """Return what the blocks say about each part of images, (n, rows, columns, features)."""
        if pixels.shape[-1] != size:
            pixels = interpolate(pixels, size=(size, size), mode="bilinear", antialias=True)
        return side_by_side(feature_maps(self.network_, pixels, self.blocks))

    def _exported(self):
        check_is_fitted(self)
        side, scorer = self.sizes[-1], self._scorer()

        def scores(pixels):  # as `prepared` hands them on
            return score_of(scorer([self._patches(pixels, each) for each in self.sizes]))

        facts = {"side": side}
        return self, scores, torch.zeros(3, side, side, dtype=torch.float32), facts

    def _restore(self, header, state):
        super()._restore(header, state)
        self.network_ = load_backbone(self._device())


def _group_numbers(groups, total):
    """Return the number of each image's group from 0 on, a tensor; of its own where none is."""
    if groups is None:
        return torch.arange(total)
    groups = np.asarray(groups)
    if groups.shape != (total,):
        raise ValueError(
            f"groups has the shape {groups.shape}; one for each of {total} images is expected."
        )
    names, numbers = np.unique(groups, return_inverse=True)
    if len(names) == 1 and total > 1:
        raise ValueError(
            f"groups holds {names[0].item()!r} alone; two groups at least are needed, since each "
            "is scored by the others."
        )
    return torch.from_numpy(numbers)


def side_by_side(maps):
    """Return feature maps in one, at the size of the finest.

    Parameters
    ----------
    maps : list of tensor of shape (n, channels, rows, columns)
        The finest first; coarser ones are enlarged by linear interpolation.

    Returns
    -------
    tensor of shape (n, rows, columns, channels of all maps)
    """
    size = maps[0].shape[2:]
    fine = [
        each if each.shape[2:] == size else interpolate(each, size=size, mode="bilinear")
        for each in maps
    ]
    return torch.cat(fine, dim=1).permute(0, 2, 3, 1)


def score_of(maps):
    """Return images' scores: the mean over the sizes of the largest score in each map.

    Parameters
    ----------
    maps : list of tensor of shape (n, rows, columns)
        One for each size.

    Returns
    -------
    tensor of shape (n,)
    """
    return torch.stack([each.amax(dim=(1, 2)) for each in maps]).mean(dim=0)


def _spread_back(slopes, size):
    """Return slopes (3, rows, columns) along resized pixels as those along an image's, (3, h, w).

    Resizing is linear, so that its own slopes are the same for every image.
    """
    if slopes.shape[1:] == size:
        return slopes
    pixels = torch.zeros(1, 3, *size, requires_grad=True)
    resized = interpolate(pixels, size=slopes.shape[1:], mode="bilinear", antialias=True)
    return torch.autograd.grad(resized, pixels, slopes[None])[0][0]


def _of_shape(slopes, shape):
    """Return slopes (3, h, w) for steps from 0 to 255 as float64 of an image's own shape.

    Grey stands for three equal colours, so its slope is their sum; what is left out has none.
    """
    slopes = 255 * slopes.double().permute(1, 2, 0).numpy()
    if len(shape) == 2 or shape[2:] == (1,):
        return slopes.sum(axis=2).reshape(shape)
    if shape[2:] == (4,):
        return np.concatenate([slopes, np.zeros_like(slopes[:, :, :1])], axis=2)
    return slopes


def _enlarged(scores, size):
    """Return a map (rows, columns) at the size of its image, blurred, float32."""
    large = interpolate(scores[None, None], size=size, mode="bilinear")[0, 0]
    return gaussian_filter(large.numpy(), [BLUR * side for side in size], mode="nearest")


def _check_ascending(values, name, low, high):
    """Raise when values are not ascending whole numbers in a tuple."""
    if not isinstance(values, (tuple, list)) or not values:
        raise TypeError(f"{name} is {values!r}; whole numbers in a tuple are expected.")
    for value in values:
        checks.integer_in_range(value, name, low, high)
    if list(values) != sorted(set(values)):
        raise ValueError(f"{name} is {values!r}; ascending numbers are expected.")
