"""Printed labels, indexed for look-up by folded text: those of the schemas, of ``labels.toml`` and ``columns.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from processors.schemas import Labels, shared_column_labels, shared_labels
from processors.values.text import fold, word_set

OTHER = "other."
"""Prefix of meanings that are not fields: ``other.cash``, ``other.date``, …"""

_LABELLED = word_set(
    "invoice_number invoice_date due_date delivery_date purchase_order customer_id payment_terms payment_reference "
    "vat_id vendor_tax_number iban subtotal line_total tax_amount total_amount amount_due prepaid_amount charge_total "
    "allowance_total rounding_amount tip currency vendor_section customer_section vendor_phone receipt_number "
    "payment_method item_count"
)
"""The shared labels that the reader looks for; schemas may share others."""

_FOLDER = Path(__file__).parent
_SHORTEST_FUZZY = 8
"""Labels of fewer letters are too near to other words for one wrong letter to be forgiven."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label stands for: a field name or ``other.<kind>``; its language; weak ones have other uses too."""

    name: str
    language: str
    weak: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Folded label text to its meanings. ``slips`` maps every text with one letter missing back to the label."""

    meanings: dict[str, tuple[Meaning, ...]]
    slips: dict[str, str]
    longest: int

    def lookup(self, key: str) -> tuple[Meaning, ...]:
        """Meanings of exactly ``key``, empty for none."""
        return self.meanings.get(key, ())

    def lookup_with_slip(self, key: str) -> tuple[Meaning, ...]:
        """Meanings of a long label that differs from ``key`` by one letter, as OCR slips do; empty for none."""
        if len(key) < _SHORTEST_FUZZY:
            return ()
        for slip in (key, *_deletions(key)):
            label = self.slips.get(slip) or (slip if slip in self.meanings and len(slip) >= _SHORTEST_FUZZY else None)
            if label is not None:
                return self.meanings[label]
        return ()


def _deletions(key: str) -> list[str]:
    return [key[:position] + key[position + 1 :] for position in range(len(key))]


def _build(entries: list[tuple[str, Meaning]]) -> Vocabulary:
    meanings: dict[str, tuple[Meaning, ...]] = {}
    for label, meaning in entries:
        known = meanings.get(label, ())
        if all(other.name != meaning.name for other in known):
            meanings[label] = (*known, meaning)
    slips = {slip: label for label in meanings if len(label) >= _SHORTEST_FUZZY for slip in _deletions(label)}
    return Vocabulary(meanings, slips, max(map(len, meanings)))


def _entries(name: str, languages: Labels) -> list[tuple[str, Meaning]]:
    return [
        (key, Meaning(name, language, label.startswith("~")))
        for language, labels in languages.items()
        for label in labels
        for key in _spellings(label)
    ]


def _spellings(label: str) -> list[str]:
    """The folded label; a number sign ``n`` in it also stands for ``n.\u00ba``, ``nr.`` and ``num.``."""
    words = label.split()
    if "n" not in words:
        return [fold(label)]
    return [fold(" ".join(sign if word == "n" else word for word in words)) for sign in ("n", "no", "nr", "num")]


def _load(file: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / file).read_text(encoding="utf-8"))


@cache
def label_vocabulary() -> Vocabulary:
    """The labels of header fields, sums, party sections, and of what is printed beside them."""
    return _build(_own_entries())


def vocabulary_with(fields: Mapping[str, Labels]) -> Vocabulary:
    """The labels of ``fields``, and behind them those of :func:`label_vocabulary`, which keep values apart.

    Single letters (*F* for fax) are values elsewhere, so they do not.
    """
    own = [entry for entry in _own_entries() if len(entry[0]) > 1]
    return _build([*(entry for name, labels in fields.items() for entry in _entries(name, labels)), *own])


def _own_entries() -> list[tuple[str, Meaning]]:
    known = [(name, labels) for name, labels in shared_labels().items() if name in _LABELLED]
    known += [(OTHER + name, labels) for name, labels in _load("labels.toml")["other"].items()]
    return [entry for name, labels in known for entry in _entries(name, labels)]


@cache
def column_vocabulary() -> Vocabulary:
    """The headings of line-item columns."""
    tables = {**shared_column_labels(), **_load("columns.toml")}
    return _build([entry for name, languages in tables.items() for entry in _entries(name, languages)])
