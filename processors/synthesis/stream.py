"""Endless distinct invoices for load benchmarks."""

from collections.abc import Iterator
from random import Random

from processors.synthesis.content import invoice_content
from processors.synthesis.invoices import LAYOUTS
from processors.synthesis.market import load_market, market_keys
from processors.synthesis.parts import choose_style
from processors.synthesis.truth import Truth, invoice_truth


def invoice_stream(seed: int) -> Iterator[tuple[bytes, Truth]]:
    """One-page born-digital invoices as PDF bytes with their truth, without end, all markets and layouts mixed.

    The same seed gives the same documents; all documents of a stream differ.
    """
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    markets = [load_market(key) for key in market_keys()]
    layouts = list(LAYOUTS.items())
    while True:
        content = invoice_content(rng, rng.choice(markets))
        style = choose_style(rng, content)
        name, layout = rng.choice(layouts)
        yield layout(content, style).pdf, invoice_truth(content, style.columns, name)
