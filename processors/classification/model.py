"""The trained weights: from a page's features to a probability for each type.

Multinomial logistic regression, trained by ``python -m fieldtrail.training.classifier``; what it was trained on and how
well it does is in ``docs/classification.md``.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from processors.classification.features import DENSE, TITLE_BUCKETS, TYPES, WORD_BUCKETS, PageFeatures

Array: TypeAlias = npt.NDArray[np.float32]

WEIGHTS: Final = Path(__file__).parent / "weights.npz"
WORD_SCALE: Final = 5.0
TITLE_SCALE: Final = 4.0
"""How loud the hashed words are beside the standardised figures: regularisation weighs them all alike."""
FIGURE_SCALE: Final = 0.5
_FARTHEST: Final = 4.0
"""Standard deviations beyond which a figure says no more."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Arrays of float32: ``dense`` [types, DENSE], ``words`` [types, WORD_BUCKETS], ``titles`` [types, TITLE_BUCKETS],
    ``bias`` [types]; ``mean`` and ``spread`` [DENSE] standardise figures; ``temperature`` divides the scores.
    """

    dense: Array
    words: Array
    titles: Array
    bias: Array
    mean: Array
    spread: Array
    temperature: float
    version: str


@cache
def packaged_weights() -> Weights:
    """The weights in the package. Raises ``ValueError`` where they do not fit this code's features."""
    return load_weights(WEIGHTS)


def load_weights(path: Path) -> Weights:
    """The weights at ``path``. Raises ``OSError``, and ``ValueError`` where they do not fit this code's features."""
    with np.load(path, allow_pickle=False) as stored:
        found = {name: stored[name] for name in stored.files}
    if tuple(found["types"].tolist()) != tuple(map(str, TYPES)):
        raise ValueError(f"{path} was trained for other document types")
    weights = Weights(
        **{name: found[name].astype(np.float32) for name in ("dense", "words", "titles", "bias", "mean", "spread")},
        temperature=float(found["temperature"]),
        version=str(found["version"]),
    )
    shapes = weights.dense.shape[1], weights.words.shape[1], weights.titles.shape[1]
    if shapes != (DENSE, WORD_BUCKETS, TITLE_BUCKETS):
        raise ValueError(f"{path} was trained for other features: {shapes}")
    return weights


def save_weights(path: Path, weights: Weights) -> None:
    """Keeps ``weights`` at ``path``, in half precision: the same weights give the same bytes."""
    arrays: dict[str, npt.NDArray[np.generic]] = {
        name: getattr(weights, name).astype(np.float16) for name in ("dense", "words", "titles")
    }
    arrays |= {name: getattr(weights, name) for name in ("bias", "mean", "spread")}
    arrays["types"] = np.array([str(name) for name in TYPES])
    arrays["temperature"] = np.array(weights.temperature)
    arrays["version"] = np.array(weights.version)
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def standardised(dense: Array, mean: Array, spread: Array) -> Array:
    """Figures as the weights take them: [..., DENSE]."""
    scaled = np.clip((dense - mean) / spread, -_FARTHEST, _FARTHEST) * FIGURE_SCALE
    return scaled.astype(np.float32)


def probabilities(found: PageFeatures, weights: Weights) -> Array:
    """The calibrated probability of each of :data:`~processors.classification.features.TYPES`; they sum to 1."""
    dense = standardised(np.asarray(found.dense, np.float32), weights.mean, weights.spread)
    scores = weights.dense @ dense + weights.bias
    for table, terms, scale in ((weights.words, found.words, WORD_SCALE), (weights.titles, found.titles, TITLE_SCALE)):
        if terms:
            values = np.fromiter(terms.values(), np.float32, len(terms)) * np.float32(scale)
            scores = scores + table[:, list(terms)] @ values
    scores = scores / weights.temperature
    shares = np.exp(scores - scores.max())
    found_shares: Array = (shares / shares.sum()).astype(np.float32)
    return found_shares
