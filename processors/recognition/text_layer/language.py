"""Does a text read like language? It does not where a font maps its glyphs to the wrong characters.

The measure is the mean number of bits that a letter takes, given the letter before it, over the words of English,
German, French, Spanish, Italian, Dutch and Portuguese together (Shannon, "Prediction and entropy of printed English",
1951). Words of those languages take 3.5 to 3.9 bits, Polish and Turkish ones up to 4.6, letters shifted along the
alphabet or swapped at random about 6.

The table beside this file has a row for each letter and, first, for a word's beginning: the bits, 0 to 9, of the end of
the word and of a to z after it. It was made of the word lists of Faker 40 (MIT), languages weighing the same, as::

    counts[a, b] = mean over languages of (n(a, b) + 0.3) / (n(a) + 0.3 * 27);  bits = min(9, round(-log2(counts)))
"""

import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

_LETTERS = "^abcdefghijklmnopqrstuvwxyz"  # ^ is a word's beginning and its end
_SHORTEST_WORD = 3
_FEWEST_WORDS = 8
_UNLIKELY_BITS = 5.1


def bits_per_letter(words: Iterable[str]) -> float | None:
    """Mean bits a letter over ``words``; ``None`` where fewer than eight of them are of Latin letters alone.

    Words that have other characters (codes, amounts, abbreviations) do not count, nor those of one or two letters.
    """
    table = _table()
    bits = pairs = counted = 0
    for word in words:
        letters = _fold(word.strip(".,:;()/\"'"))
        if len(letters) < _SHORTEST_WORD or not _is_latin(letters):
            continue
        counted += 1
        pairs += len(letters) + 1
        bits += sum(table[pair] for pair in pairwise(f"^{letters}^"))
    return bits / pairs if counted >= _FEWEST_WORDS else None


def is_unlikely(bits: float | None) -> bool:
    """Whether text of so many bits a letter is no language; not for ``None``, which says nothing."""
    return bits is not None and bits > _UNLIKELY_BITS


def _fold(word: str) -> str:
    """Lower case without accents."""
    if word.isascii():
        return word.lower()
    spelled = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss"))
    return "".join(char for char in spelled if not unicodedata.combining(char))


def _is_latin(letters: str) -> bool:
    return letters.isascii() and letters.isalpha()


@cache
def _table() -> dict[tuple[str, str], int]:
    rows = tomllib.loads((Path(__file__).parent / "bigrams.toml").read_text(encoding="utf-8"))["rows"]
    return {
        (first, second): int(bits)
        for first, row in zip(_LETTERS, rows, strict=True)
        for second, bits in zip(_LETTERS, row, strict=True)
    }
