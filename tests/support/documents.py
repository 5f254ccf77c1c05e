"""Documents for tests that only need some, with their truth."""

from itertools import islice
from random import Random

from processors.synthesis import Truth, invoice_stream
from processors.synthesis.content import invoice_content
from processors.synthesis.einvoice import cross_industry_invoice, embed
from processors.synthesis.invoices import LAYOUTS
from processors.synthesis.market import load_market
from processors.synthesis.parts import choose_style
from processors.synthesis.truth import invoice_truth


def invoices(count: int, seed: int) -> list[bytes]:
    """Born-digital one-page invoices, all different."""
    return [data for data, _ in islice(invoice_stream(seed), count)]


def e_invoice(seed: int) -> tuple[bytes, Truth]:
    """A one-page invoice with Factur-X XML inside: what is read from it is exact."""
    rng = Random(seed)
    content = invoice_content(rng, load_market("fr"))
    style = choose_style(rng, content)
    pdf = LAYOUTS["ruled"](content, style).pdf
    hybrid = embed(pdf, cross_industry_invoice(content), content.issue_date, alternative=False)
    return hybrid, invoice_truth(content, style.columns, "ruled")
