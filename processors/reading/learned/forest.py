"""Boosted trees in numpy: all that is needed to score with them, and no more."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees one behind another in flat arrays of nodes; ``roots`` are the first nodes, ``depth`` the deepest leaf's.

    A node sends a row to ``left`` where its ``column`` is at most ``threshold``, else to ``right``; a leaf sends it to
    itself. ``values`` are the leaves' shares of the log-odds.
    """

    roots: Ints
    column: Ints
    threshold: Floats
    left: Ints
    right: Ints
    values: Floats
    depth: int

    def log_odds(self, rows: Floats) -> Floats:
        """The sum over the trees for each of ``rows`` (rows x columns)."""
        if not len(rows):
            return np.zeros(0, np.float32)
        nodes = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        index = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            goes_left = rows[index, self.column[nodes]] <= self.threshold[nodes]
            nodes = np.where(goes_left, self.left[nodes], self.right[nodes])
        total: Floats = self.values[nodes].sum(axis=1, dtype=np.float32)
        return total


def forest_of(trees: list[dict[str, Any]]) -> Forest:
    """A forest from the ``tree_structure`` of each tree, as LightGBM dumps a model (``Booster.dump_model``)."""
    column: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    values: list[float] = []
    deepest = 0

    def add(node: dict[str, Any], depth: int) -> int:
        nonlocal deepest
        own = len(column)
        split = "split_feature" in node
        column.append(int(node["split_feature"]) if split else 0)
        threshold.append(float(node["threshold"]) if split else 0.0)
        values.append(0.0 if split else float(node["leaf_value"]))
        left.append(own)
        right.append(own)
        if split:
            left[own] = add(node["left_child"], depth + 1)
            right[own] = add(node["right_child"], depth + 1)
        deepest = max(deepest, depth)
        return own

    roots = [add(tree, 0) for tree in trees]
    return Forest(
        np.array(roots, np.int32),
        np.array(column, np.int32),
        np.array(threshold, np.float32),
        np.array(left, np.int32),
        np.array(right, np.int32),
        np.array(values, np.float32),
        deepest,
    )
