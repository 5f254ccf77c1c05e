"""The sample documents of the demo: what a newcomer sees first, and the truth that tests hold the pipeline to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from random import Random

from processors.errors import ErrorCode
from processors.synthesis import rubbish
from processors.synthesis.content import InvoiceContent, invoice_content, receipt_content
from processors.synthesis.degrade import Damage, damage, fax, jpeg, png, rasterise
from processors.synthesis.einvoice import cross_industry_invoice, embed
from processors.synthesis.invoices import LAYOUTS
from processors.synthesis.market import load_market
from processors.synthesis.parts import choose_style
from processors.synthesis.receipts import till
from processors.synthesis.truth import Truth, invoice_truth, json_lines, receipt_truth

_PASSWORD = "open-sesame"  # noqa: S105 - it locks a sample file, on purpose


class Outcome(StrEnum):
    """Where a sample must end.

    ``FIELDS``: a result with the right values, whether it goes straight through or by a reviewer. ``REVIEW``: held for
    a person. ``DUPLICATE``: linked to another document, not read again. ``DEAD_LETTER``: refused with a code.
    """

    FIELDS = "fields"
    REVIEW = "review"
    DUPLICATE = "duplicate"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True, slots=True)
class Expected:
    """The right end of a sample: ``truth`` for ``FIELDS`` and ``REVIEW`` (what is printed), the file name that a
    ``DUPLICATE`` repeats, the ``code`` of a ``DEAD_LETTER``."""

    outcome: Outcome
    truth: Truth | None = None
    duplicate_of: str | None = None
    code: ErrorCode | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One file on disk. ``dpi`` is set for scans and ``None`` for born-digital files."""

    path: Path
    description: str
    expected: Expected
    dpi: int | None = None


def write_samples(folder: Path, seed: int = 1) -> list[Sample]:
    """Write the demo's documents into ``folder`` (made if missing, files overwritten) and say what must become of them.

    The same seed gives the same files, but for the encrypted one's salt. Originals come before their duplicates.
    Raises ``OSError`` where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    maker = _Maker(folder, seed)
    _write_born_digital(maker)
    _write_scans(maker)
    _write_odd_ones(maker)
    _write_rubbish(maker)
    return maker.samples


def truth_lines(samples: Sequence[Sample]) -> str:
    """The samples that have a truth as lines of the development set's ``truth.jsonl``; files by name."""
    return json_lines(
        [
            sample.expected.truth.row(
                sample.path.name,
                kind="scan" if sample.dpi else "born_digital",
                dpi=sample.dpi,
                note=sample.description,
            )
            for sample in samples
            if sample.expected.truth
        ]
    )


class _Maker:
    """Draws and writes samples, each from its own random source, so that one more does not change the others."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.samples: list[Sample] = []

    def rng(self, name: str) -> Random:
        return Random(f"{self.seed}/{name}")  # noqa: S311 - repeatable, not secret

    def invoice(
        self, name: str, market: str, layout: str, document_type: str = "invoice", line_count: int | None = None
    ) -> tuple[bytes, Truth, InvoiceContent]:
        """A drawn document with its truth and content, all from ``name``."""
        rng = self.rng(name)
        return self.draw(rng, invoice_content(rng, load_market(market), document_type, line_count), layout)

    def draw(self, rng: Random, content: InvoiceContent, layout: str) -> tuple[bytes, Truth, InvoiceContent]:
        style = choose_style(rng, content)
        return LAYOUTS[layout](content, style).pdf, invoice_truth(content, style.columns, layout), content

    def write(self, name: str, data: bytes, description: str, expected: Expected, dpi: int | None = None) -> None:
        path = self.folder / name
        path.write_bytes(data)
        self.samples.append(Sample(path, description, expected, dpi))

    def write_fields(self, name: str, data: bytes, description: str, truth: Truth, dpi: int | None = None) -> None:
        self.write(name, data, description, Expected(Outcome.FIELDS, truth), dpi)


def _write_born_digital(maker: _Maker) -> None:
    pdf, truth, _ = maker.invoice("invoice-us", "us", "stacked")
    maker.write_fields("invoice-us.pdf", pdf, "Invoice, US conventions, labels above values", truth)
    pdf, truth, _ = maker.invoice("rechnung", "de", "aligned")
    maker.write_fields("rechnung.pdf", pdf, "German invoice, business letter, table without lines", truth)
    pdf, truth, content = maker.invoice("facture-factur-x", "fr", "ruled")
    hybrid = embed(pdf, cross_industry_invoice(content), content.issue_date, alternative=False)
    maker.write_fields("facture-factur-x.pdf", hybrid, "French invoice with embedded Factur-X XML", truth)
    pdf, truth, _ = maker.invoice("invoice-two-pages", "gb", "ruled", line_count=34)
    maker.write_fields("invoice-two-pages.pdf", pdf, "Invoice whose table goes on over two pages", truth)
    pdf, truth, _ = maker.invoice("credit-note", "gb", "stacked", "credit_note")
    maker.write_fields("credit-note.pdf", pdf, "Credit note", truth)


def _write_scans(maker: _Maker) -> None:
    flatbed = Damage(skew=0.6, blur=0.6, noise=5, specks=0.00004, white=232)
    pdf, truth, _ = maker.invoice("scan-invoice", "us", "ruled")
    page = damage(rasterise(pdf, 200)[0], flatbed, maker.seed)
    maker.write_fields("scan-invoice.png", png(page, 200), "Scanned invoice, 200 DPI, slightly askew", truth, 200)

    receipt = receipt_content(maker.rng("scan-receipt"), load_market("us"))
    worn = Damage(skew=-0.8, blur=0.7, noise=6, shadow=0.25)
    page = damage(rasterise(till(receipt).pdf, 200, color=True)[0], worn, maker.seed)
    truth = receipt_truth(receipt, "till")
    maker.write_fields("scan-receipt.jpg", jpeg(page, 200), "Photographed till receipt", truth, 200)

    pdf, truth, _ = maker.invoice("upside-down", "de", "stacked")
    turned = replace(flatbed, turn=180, skew=-0.4, white=255)
    page = damage(rasterise(pdf, 200, color=True)[0], turned, maker.seed)
    maker.write_fields("upside-down.jpg", jpeg(page, 200, 80), "Scanned German invoice, upside down", truth, 200)

    pdf, truth, _ = maker.invoice("fax", "us", "aligned", line_count=30)
    pages = [damage(image, Damage(skew=0.3, specks=0.0001), maker.seed) for image in rasterise(pdf, 200)]
    maker.write_fields("fax.tif", fax(pages, 200), "Faxed invoice of two pages, Group 4 TIFF", truth, 200)


def _write_odd_ones(maker: _Maker) -> None:
    original = maker.folder / "invoice-us.pdf"
    duplicate = Expected(Outcome.DUPLICATE, duplicate_of=original.name)
    maker.write("invoice-us-again.pdf", original.read_bytes(), "The first invoice again, renamed", duplicate)

    rng = maker.rng("wrong-total")
    content = invoice_content(rng, load_market("nl"))
    wrong = replace(content, total=content.total + Decimal(90), prepaid=None, amount_due=None)
    pdf, truth, _ = maker.draw(rng, wrong, "ruled")
    review = Expected(Outcome.REVIEW, truth)
    maker.write("wrong-total.pdf", pdf, "Invoice whose printed total does not add up", review)


def _write_rubbish(maker: _Maker) -> None:
    pdf, _, _ = maker.invoice("rubbish", "gb", "aligned")
    files = [
        ("encrypted.pdf", rubbish.encrypted(pdf, _PASSWORD), "PDF behind a password", ErrorCode.ENCRYPTED),
        ("cut-off.pdf", rubbish.cut_off(pdf), "PDF whose transfer broke off", ErrorCode.CORRUPT),
        ("empty.pdf", b"", "File without a byte", ErrorCode.EMPTY),
        ("invoice.pdf", rubbish.zip_archive(), "ZIP archive named as a PDF", ErrorCode.UNSUPPORTED_TYPE),
        ("bomb.png", rubbish.huge_png(), "Tiny PNG that claims 3.6 billion pixels", ErrorCode.DECOMPRESSION_BOMB),
    ]
    for name, data, description, code in files:
        maker.write(name, data, description, Expected(Outcome.DEAD_LETTER, code=code))
