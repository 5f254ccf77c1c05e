"""The words of documents: for every label its synonyms per language, one of which a document keeps to."""

from collections.abc import Mapping
from functools import cache
from random import Random

from processors.synthesis.regions import Region, read_table, split

_TABLES = (
    "trade_words",
    "trade_sums_words",
    "till_words",
    "bank_words",
    "utility_words",
    "pay_words",
    "freight_words",
    "person_words",
    "prose_words",
)


class Words:
    """One document's choice among synonyms, so that the same label reads the same wherever it stands."""

    def __init__(self, rng: Random, region: Region) -> None:
        self._seed = rng.getrandbits(64)
        self._region = region
        self._chosen: dict[str, str] = {}

    def __getitem__(self, label: str) -> str:
        """The synonym of ``label`` that this document uses. Raises ``KeyError`` for an unknown label."""
        if label not in self._chosen:
            rng = Random(f"{self._seed}/{label}")  # noqa: S311 - repeatable, not secret
            self._chosen[label] = rng.choice(self.synonyms(label))
        return self._chosen[label]

    def synonyms(self, label: str) -> tuple[str, ...]:
        """All that the region's language has for ``label``: the market's words and this package's."""
        own = _words(self._region.language).get(label, ())
        found = self._region.market.labels.get(label, ()) + own
        if not found:
            raise KeyError(label)
        return found


@cache
def _words(language: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for table in _TABLES:
        for label, languages in read_table(table).items():
            found[label] = split(languages[language] if language in languages else languages["en"])
    return found
