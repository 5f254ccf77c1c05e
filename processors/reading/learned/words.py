"""The words around a candidate as numbers: hashed words and pieces of words, for a linear scorer.

Hashing instead of a vocabulary (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009):
labels that no list has, in any language, and words with letters read wrong share pieces with those learnt from.
"""

from functools import lru_cache
from zlib import crc32

from processors.reading.learned.around import Around

BUCKETS = 4096
_PIECE = 4


def hashed(around: Around) -> tuple[int, ...]:
    """The buckets, in [0, :data:`BUCKETS`), that the words left of a candidate and above it fall into; sorted."""
    found: set[int] = set()
    for position, word in enumerate(around.left):
        found.update(_buckets("L" if position else "N", word))
    for word in around.above:
        found.update(_buckets("A", word))
    if not around.left:
        found.add(_bucket("no words left"))
    if not around.above:
        found.add(_bucket("no words above"))
    return tuple(sorted(found))


@lru_cache(maxsize=4096)
def _buckets(side: str, word: str) -> tuple[int, ...]:
    padded = f"<{word}>"
    pieces = [padded[start : start + _PIECE] for start in range(max(1, len(padded) - _PIECE + 1))]
    return tuple(_bucket(side + piece) for piece in (padded, *pieces))


def _bucket(text: str) -> int:
    return crc32(text.encode()) % BUCKETS
