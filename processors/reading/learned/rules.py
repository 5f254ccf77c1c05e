"""What the rules consider and choose for each field, as features are taken from it."""

from processors.reading.geometric.confidence import certainty
from processors.reading.geometric.invoice import InvoiceStudy
from processors.reading.geometric.pairing import Candidate
from processors.reading.geometric.view import Span
from processors.values.text import fold

Offer = tuple[Span, object, float]
"""The words, the value, the score."""
Choice = tuple[Span, float, object]
"""The words, how sure the rules are, the value."""


def offers_of(study: InvoiceStudy) -> dict[str, list[Offer]]:
    """What the rules consider for each field: the words, the value, the score."""
    found: dict[str, list[Offer]] = {}
    every: list[tuple[str, Candidate]] = [(c.field, c) for c in study.header]
    every += [(name, c) for name, group in study.sums.offered.items() for c in group]
    every += study.tax_ids
    for name, candidate in every:
        found.setdefault(name, []).append((candidate.span, candidate.value, candidate.score))
    return found


def choices_of(study: InvoiceStudy) -> dict[str, Choice]:
    """What the rules choose for each field: the words, how sure they are, the value."""
    chosen: dict[str, Choice] = {
        name: (c.span, certainty(c, proven=name in study.sums.proven), c.value)
        for name, c in (study.chosen | study.sums.chosen).items()
    }
    for name, candidate in study.tax_ids:
        chosen.setdefault(name, (candidate.span, certainty(candidate) * 0.95, candidate.value))
    for role, party in (("vendor", study.vendor), ("customer", study.customer)):
        if party is not None and party.name is not None:
            chosen[f"{role}_name"] = (party.name, party.score, fold(text_of(party.name)))
        if party is not None and party.address is not None:
            chosen[f"{role}_address"] = (party.address, party.score * 0.95, fold(text_of(party.address)))
    return chosen


def text_of(span: Span) -> str:
    """The words of ``span``, a blank between each."""
    return " ".join(token.text for token in span.tokens)
