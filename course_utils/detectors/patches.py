"""PaDiM and PatchCore: the detectors of images that lesson 14 builds, made robust and quick."""

from course_utils import checks
from course_utils.detectors.core_set import greedy_core_set
from course_utils.detectors.image import ImageDetector, score_of
from course_utils.progress_bar import counter

import numpy as np
import torch

__all__ = ["PaDiM", "PatchCore"]

MOST_PATCHES = 100_000  # that a core-set is chosen from; 192 features each take 77 MB
PATCHES_AT_A_TIME = 256  # whose distances to the bank are in memory together
RIDGE = 0.01  # of the mean variance, added to every variance
FOLDS = 5  # parts of the training images that are scored by the other parts


class PatchCore(ImageDetector):
    """Scores a part of an image by its distance from the nearest part of any normal image.

    The network's ``blocks`` describe each part of an image, a patch. Of the patches of all
    training images a greedy core-set is kept as the bank. The score of an image is the largest
    Euclidean distance of one of its patches from the bank (Roth et al., CVPR 2022, without that
    paper's averages of neighbouring patches and its weight for the largest), divided by the
    median of that over the training images, and averaged over ``sizes``.

    A training image's own patches, and those of its group, are left out of the bank when it is
    scored, so that ``threshold_`` tells what normal images score that were not seen.

    Parameters
    ----------
    blocks : tuple of int
        Blocks of EfficientNet-Lite0, 0 to 15, ascending, whose outputs describe a patch.
    bank_size : int
        Most patches that are kept of each size; it bounds memory and the time of scoring.
    """

    def __init__(
        self,
        sizes=(160, 224),
        blocks=(14,),
        bank_size=5000,
        contamination=0.01,
        seed=0,
        device=None,
        progress=False,
    ):
        self.sizes = sizes
        self.blocks = blocks
        self.bank_size = bank_size
        self.contamination = contamination
        self.seed = seed
        self.device = device
        self.progress = progress

    def _check_parameters(self):
        super()._check_parameters()
        checks.positive_integer(self.bank_size, "bank_size")

    def _learn(self, images, groups):
        generator = self._generator()
        kept = [_Sample(len(images), generator) for _ in self.sizes]
        for patches in self._in_batches(images, list, "image read"):
            for sample, each in zip(kept, patches, strict=True):
                sample.add(each)
        self.banks_ = [self._bank(sample, groups, generator) for sample in kept]
        largest = self._left_out(images, groups, kept)  # (n, sizes)
        usual = np.median(largest, axis=0)
        usual[usual == 0] = 1  # images that are all alike
        for bank, each in zip(self.banks_, usual, strict=True):
            bank["usual"] = torch.tensor([each], dtype=torch.float32)
        return (largest / usual).mean(axis=1)

    def _bank(self, sample, groups, generator):
        """Return the bank of one size: patches, and the group that each comes from."""
        patches, owners = sample.patches(), groups[sample.owners()]
        count = min(self.bank_size, len(patches))
        with counter(count, "patch chosen", self.progress) as bar:
            chosen = greedy_core_set(patches, count, generator, watch=bar.update)
        return {"patches": patches[chosen.to(patches.device)].cpu(), "owners": owners[chosen]}

    def _left_out(self, images, groups, kept):
        """Return each training image's largest distance from other groups' patches, (n, sizes)."""
        if any(sample.thinned for sample in kept):  # all patches of an image have a say
            again = self._in_batches(images, list, "image left out")
        else:
            again = zip(*(sample.images() for sample in kept), strict=True)
        searches, found, alone = self._searches(), [], len(images) == 1
        for patches in again:
            seen = sum(map(len, found))
            own = groups[seen : seen + len(patches[0])]
            largest = [
                search.distances(each, None if alone else own).amax(dim=(1, 2)).cpu()
                for search, each in zip(searches, patches, strict=True)
            ]
            found.append(torch.stack(largest, dim=1))
        return torch.cat(found).double().numpy()

    def _searches(self):
        device = self._device()
        return [
            NearestSearch(bank["patches"].to(device), bank["owners"].to(device))
            for bank in self.banks_
        ]

    def _scorer(self):
        searches = self._searches()
        usual = [bank["usual"].to(self._device()) for bank in self.banks_]
        return lambda patches: [
            search.distances(each) / divisor
            for search, each, divisor in zip(searches, patches, usual, strict=True)
        ]

    def _state(self):
        banks = {
            f"bank.{number}.{name}": tensor
            for number, bank in enumerate(self.banks_)
            for name, tensor in bank.items()
        }
        return super()._state() | banks

    def _restore(self, header, state):
        super()._restore(header, state)
        names = ("patches", "owners", "usual")
        self.banks_ = [
            {name: state[f"bank.{number}.{name}"] for name in names}
            for number in range(len(self.sizes))
        ]


class PaDiM(ImageDetector):
    """Scores a part of an image by what normal images show at the same place.

    At each place the features of the training images get a mean and a covariance; the score is
    the Mahalanobis distance, and an image's that of its most unusual place (Defard et al., ICPR
    workshops 2021). Of all features a random choice is taken, as in that paper. To each variance
    1 % of the mean variance is added, so that a few images are enough for a covariance.

    For parts that always lie at the same place. Where they move or turn, `PatchCore` is the one.
    While it learns, the features of all training images are in memory: 0.3 MB for each at the
    defaults.

    Parameters
    ----------
    blocks : tuple of int
        Blocks of EfficientNet-Lite0, 0 to 15, ascending, whose outputs describe a place.
    features : int
        How many features are taken; the memory grows by their square.
    """

    def __init__(
        self,
        sizes=(224,),
        blocks=(4, 10, 14),
        features=100,
        contamination=0.01,
        seed=0,
        device=None,
        progress=False,
    ):
        self.sizes = sizes
        self.blocks = blocks
        self.features = features
        self.contamination = contamination
        self.seed = seed
        self.device = device
        self.progress = progress

    def _check_parameters(self):
        super()._check_parameters()
        checks.positive_integer(self.features, "features")

    def _learn(self, images, groups):
        kept = [[] for _ in self.sizes]
        for patches in self._in_batches(images, self._chosen(), "image read"):
            for part, each in zip(kept, patches, strict=True):
                part.append(each)
        kept = [torch.cat(part) for part in kept]  # (n, rows, columns, features)
        self.places_ = [gaussians(each) for each in kept]
        return self._left_out(kept, groups)

    def _chosen(self):
        """Return a function that takes some of the features of every patch."""
        found = [self.network_._blocks[each]._project_conv.out_channels for each in self.blocks]
        order = torch.randperm(sum(found), generator=self._generator())
        order = order[: self.features].to(self._device())
        return lambda patches: [each[..., order] for each in patches]

    def _left_out(self, kept, groups):
        """Return the score of each training image by Gaussians its group had no part in, (n,)."""
        total = len(kept[0])
        fold_of = groups % min(FOLDS, int(groups.max()) + 1)
        scores = np.empty(total)
        for fold in range(int(fold_of.max()) + 1):
            out = fold_of == fold
            into = ~out if total > 1 else out
            maps = [mahalanobis(each[out], *gaussians(each[into])) for each in kept]
            scores[out.numpy()] = score_of(maps).cpu().numpy()
        return scores

    def _scorer(self):
        device, chosen = self._device(), self._chosen()
        places = [[tensor.to(device) for tensor in place] for place in self.places_]
        return lambda patches: [
            mahalanobis(each, *place) for each, place in zip(chosen(patches), places, strict=True)
        ]

    def _state(self):
        places = {
            f"place.{number}.{name}": tensor.cpu()
            for number, place in enumerate(self.places_)
            for name, tensor in zip(("means", "factors"), place, strict=True)
        }
        return super()._state() | places

    def _restore(self, header, state):
        super()._restore(header, state)
        self.places_ = [
            (state[f"place.{number}.means"], state[f"place.{number}.factors"])
            for number in range(len(self.sizes))
        ]


class _Sample:
    """Patches of images, and the image each comes from; some of them if there are too many.

    Attributes
    ----------
    thinned : bool
        Whether some were left out.
    """

    def __init__(self, images, generator):
        self._most = max(1, MOST_PATCHES // images)  # of one image
        self._generator = generator
        self._patches, self.thinned = [], False

    def add(self, patches):
        """Take over the patches (n, rows, columns, features) of the next images."""
        for each in patches.flatten(1, 2):  # (patches, features)
            if len(each) > self._most:
                order = torch.randperm(len(each), generator=self._generator)[: self._most]
                each = each[order.to(each.device)]
                self.thinned = True
            self._patches.append(each)

    def images(self):
        """Return the patches of each image by itself, (1, patches, 1, features)."""
        return [each[None, :, None] for each in self._patches]

    def patches(self):
        """Return the patches of all images, (patches, features)."""
        return torch.cat(self._patches)

    def owners(self):
        """Return the number of each patch's image, (patches,)."""
        sizes = torch.tensor([len(each) for each in self._patches])
        return torch.arange(len(sizes)).repeat_interleave(sizes)


class NearestSearch:
    """Finds the nearest row of a bank; what depends on the bank alone is computed once.

    Parameters
    ----------
    bank : tensor of shape (m, features)
    owners : tensor of int64, shape (m,), optional
        The image, or the group of images, that each row comes from.
    """

    def __init__(self, bank, owners=None):
        self.bank, self.owners = bank, owners
        self._middle = bank.mean(dim=0)
        self._around = bank - self._middle  # shorter rows round less
        self._squares = self._around.square().sum(dim=1)

    def distances(self, patches, own=None):
        """Return the Euclidean distance of each patch from the nearest row of the bank.

        Parameters
        ----------
        patches : tensor of shape (n, rows, columns, features)
        own : tensor of int64, shape (n,), optional
            The images' own numbers: rows of the bank with the same owner do not count.

        Returns
        -------
        tensor of shape (n, rows, columns)
            Exact to rounding also for patches that lie in the bank: the nearest is found by a
            matrix product, whose small differences of large numbers are not precise, and then
            measured.
        """
        rows, found = patches.flatten(0, 2), []
        # an exported graph has no loops
        parts = [rows] if torch.compiler.is_exporting() else rows.split(PATCHES_AT_A_TIME)
        if own is not None:
            own = own.to(rows.device).repeat_interleave(len(rows) // len(patches))
        for number, part in enumerate(parts):
            # less |row|², which is the same for the whole bank
            apart = torch.addmm(self._squares, part - self._middle, self._around.T, alpha=-2)
            if own is not None:
                start = number * PATCHES_AT_A_TIME
                apart[own[start : start + PATCHES_AT_A_TIME, None] == self.owners] = torch.inf
            found.append((part - self.bank[apart.argmin(dim=1)]).norm(dim=1))
        return torch.cat(found).reshape(patches.shape[:3])


def gaussians(patches):
    """Return mean and covariance at every place, the latter as the factor of its inverse.

    Parameters
    ----------
    patches : tensor of shape (n, rows, columns, features)

    Returns
    -------
    means : tensor of shape (places, features)
    factors : tensor of shape (places, features, features)
        F with F Fᵀ = Σ⁻¹, so that (x − μ) F has the length of the Mahalanobis distance.
    """
    placed = patches.flatten(1, 2).transpose(0, 1)  # (places, n, features)
    means = placed.mean(dim=1)
    centred = placed - means[:, None]
    covariances = centred.transpose(1, 2) @ centred / max(1, placed.shape[1] - 1)
    covariances = covariances + _ridge(covariances.mean(dim=0))
    lower = torch.linalg.cholesky(covariances)  # Σ = L Lᵀ
    identity = torch.eye(lower.shape[-1], device=lower.device, dtype=lower.dtype)
    inverse = torch.linalg.solve_triangular(lower, identity, upper=False)  # L⁻¹
    return means, inverse.transpose(1, 2).contiguous()


def mahalanobis(patches, means, factors):
    """Return the Mahalanobis distance at every place.

    Parameters
    ----------
    patches : tensor of shape (n, rows, columns, features)
    means, factors : tensors
        From ``gaussians``.

    Returns
    -------
    tensor of shape (n, rows, columns)
    """
    away = patches.flatten(1, 2).transpose(0, 1) - means[:, None]  # (places, n, features)
    distances = (away @ factors).norm(dim=2)  # (places, n)
    return distances.T.reshape(patches.shape[:3])


def _ridge(covariance):
    """Return 1 % of the mean variance on the diagonal; a trifle where nothing varies at all."""
    variances = covariance.diagonal()
    size = (RIDGE * variances.mean()).clamp(min=1e-6)
    return size * torch.eye(len(variances), device=variances.device, dtype=variances.dtype)
