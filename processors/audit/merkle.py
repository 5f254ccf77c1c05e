"""Merkle trees and inclusion proofs after RFC 6962 (Certificate Transparency), section 2.1, with SHA-256.

Leaves come as an iterator and are read once: a day of millions of events takes memory for some dozens of hashes.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence

_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: SHA-256 of byte 0 and ``data``."""
    return hashlib.sha256(_LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256 of byte 1 and its children's hashes."""
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


class RootBuilder:
    """The root over leaves that are added one by one."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[tuple[int, bytes]] = []  # complete subtrees, left to right: height and hash

    def add(self, leaf: bytes) -> None:
        """Takes in one more leaf's hash (32 bytes)."""
        height, digest = 0, leaf
        while self._subtrees and self._subtrees[-1][0] == height:
            digest = node_hash(self._subtrees.pop()[1], digest)
            height += 1
        self._subtrees.append((height, digest))
        self.size += 1

    def root(self) -> bytes:
        """The root's hash; SHA-256 of nothing for a tree without leaves."""
        if not self._subtrees:
            return hashlib.sha256().digest()
        digest = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            digest = node_hash(left, digest)
        return digest


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """The root over ``leaves``, which are leaf hashes."""
    builder = RootBuilder()
    for leaf in leaves:
        builder.add(leaf)
    return builder.root()


def inclusion_proofs(leaves: Iterable[bytes], size: int, wanted: Collection[int]) -> dict[int, tuple[bytes, ...]]:
    """For each index in ``wanted`` (from 0), the hashes that lead from its leaf to the root, leaf upwards.

    ``size`` is how many leaf hashes ``leaves`` gives. Raises ``ValueError`` where it gives fewer, or where an index is
    outside the tree.
    """
    outside = [index for index in wanted if not 0 <= index < size]
    if outside:
        raise ValueError(f"the tree has {size} leaves; there is no leaf {outside[0]}")
    paths: dict[int, list[bytes]] = {index: [] for index in wanted}
    if size:
        _walk(iter(leaves), 0, size, paths, sorted(paths))
    return {index: tuple(path) for index, path in paths.items()}


def _walk(leaves: Iterator[bytes], start: int, size: int, paths: dict[int, list[bytes]], wanted: list[int]) -> bytes:
    """The hash of the subtree over the next ``size`` leaves; on the way, adds siblings to the wanted leaves' paths."""
    if not wanted:
        builder = RootBuilder()
        for _ in range(size):
            builder.add(_next(leaves))
        return builder.root()
    if size == 1:
        return _next(leaves)
    half = 1 << (size - 1).bit_length() - 1  # the largest power of two below size
    on_left = [index for index in wanted if index < start + half]
    on_right = wanted[len(on_left) :]
    left = _walk(leaves, start, half, paths, on_left)
    right = _walk(leaves, start + half, size - half, paths, on_right)
    for index in on_left:
        paths[index].append(right)
    for index in on_right:
        paths[index].append(left)
    return node_hash(left, right)


def _next(leaves: Iterator[bytes]) -> bytes:
    leaf = next(leaves, None)
    if leaf is None:
        raise ValueError("there are fewer leaves than the tree's size says")
    return leaf


def root_of_proof(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that ``path`` leads to from the leaf hash ``leaf`` at ``index`` of ``size``; ``None`` where it fits no
    tree of that size. Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    position, last, digest = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if position & 1 or position == last:
            digest = node_hash(sibling, digest)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        position, last = position >> 1, last >> 1
    return digest if last == 0 else None
