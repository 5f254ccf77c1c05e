"""What an erasure blanks: by table, the columns that may say something of a document's content, and what they become.

The same twice: for the server, which blanks rows that are stored, and for rows on their way into the store.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from connectors.clickhouse.rows import (
    NO_HASH,
    CorrectionRow,
    DeadLetterRow,
    DecisionRow,
    DeliveryRow,
    DocumentRow,
    FieldRow,
    PageQualityRow,
    Row,
    Rule,
)

R = TypeVar("R", bound=Row)

SALT = "row_salt"
"""The column that is blanked in every table: without it, a small value cannot be guessed from its hash."""


@dataclass(frozen=True, slots=True)
class Blank:
    """How one kind of column is blanked. ``sql`` is its new value, ``says`` the condition, over ``{name}``, that there
    is something to blank; ``of`` gives the new value from the old one.
    """

    sql: str
    says: str
    of: Callable[[Any], Any]


def _without_messages(rules: Sequence[Sequence[str]]) -> tuple[Rule, ...]:
    return tuple(Rule(rule[0], rule[1], "") for rule in rules)


TEXT = Blank("''", "notEmpty({name})", lambda _: "")
NULL = Blank("NULL", "isNotNull({name})", lambda _: None)
LIST = Blank("[]", "notEmpty({name})", lambda _: ())
MAP = Blank("map()", "notEmpty({name})", lambda _: {})
RULES = Blank(
    "arrayMap(r -> (r.1, r.2, ''), rules)",  # verdicts stay
    "arrayExists(r -> notEmpty(r.3), {name})",
    _without_messages,
)
_ZEROS = "toFixedString(unhex(repeat('00', 32)), 32)"
DIGEST = Blank(_ZEROS, f"{{name}} != {_ZEROS}", lambda _: NO_HASH)

BLANKS: Mapping[type[Row], Mapping[str, Blank]] = {
    DocumentRow: {
        "filename": TEXT,
        "metadata": MAP,
        "type_reason": TEXT,
        "reasons": LIST,
        "failed_rules": LIST,
        "notes": LIST,
        "vendor_name": TEXT,
        "vendor_key": TEXT,
        "vendor_tax_key": TEXT,
        "number": TEXT,
        "number_key": TEXT,
        "amount": NULL,
        "issue_date": NULL,
        SALT: DIGEST,
    },
    FieldRow: {
        "value_text": NULL,
        "value_decimal": NULL,
        "value_date": NULL,
        "raw_text": TEXT,
        "word_ids": LIST,
        "more_evidence": LIST,
        "rules": RULES,
        SALT: DIGEST,
    },
    DecisionRow: {"reason": TEXT, SALT: DIGEST},
    CorrectionRow: {
        "before_text": NULL,
        "before_decimal": NULL,
        "before_date": NULL,
        "before_raw_text": TEXT,
        "after_text": NULL,
        "after_decimal": NULL,
        "after_date": NULL,
        "comment": TEXT,
        SALT: DIGEST,
    },
    DeadLetterRow: {"message": TEXT, "exception": TEXT, SALT: DIGEST},
    DeliveryRow: {"message": TEXT, SALT: DIGEST},
    PageQualityRow: {"failure_message": TEXT, SALT: DIGEST},
}
"""By kind of row. Kinds that are not here say nothing of a document's content.

What is here is a part of how rows are hashed (:mod:`connectors.clickhouse.seals`): a column that joins it, or leaves,
makes every row that is stored look altered. So a document's currency, which was left out, stays.
"""


def blanked(row: R) -> R:
    """``row`` as an erasure leaves it; a kind that says nothing of a document's content comes back as it is."""
    columns = BLANKS.get(type(row), {})
    changes = {name: blank.of(getattr(row, name)) for name, blank in columns.items()}
    return replace(row, **changes) if columns else row  # type: ignore[type-var]  # every row is a dataclass


def is_blank(row: Row) -> bool:
    """Whether ``row`` is as an erasure leaves it."""
    columns = BLANKS.get(type(row), {})
    return all(blank.of(getattr(row, name)) == getattr(row, name) for name, blank in columns.items())
