"""Whether a name is a company's by the look of it. Like grounding, no rule that a schema may leave out."""

from collections.abc import Iterator
from typing import Final

from processors.fields import FieldType
from processors.validation.findings import Context, Finding, passed
from processors.values.company import LEGAL_FORM, TRADE

COMPANY_NAME: Final = "company_name"


def company_name(context: Context) -> Iterator[Finding]:
    """A party's name that bears a legal form or a trade (``Acme GmbH``, ``Corner Bakery``) is hardly anything else.

    Says nothing of other names: a person's, or a brand alone, is no mistake.
    """
    for field in context.extraction.fields:
        if field.type is not FieldType.TEXT or not field.name.endswith("_name"):
            continue
        name = str(field.value or "")
        if LEGAL_FORM.search(name) or TRADE.search(name):
            yield passed(COMPANY_NAME, "A company is called so.", field.name)
