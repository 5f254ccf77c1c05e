"""A packet of three documents on five pages, as a mailroom would scan it into one file."""

import tempfile
from itertools import islice
from pathlib import Path

import pymupdf

from processors.synthesis.stream import invoice_stream

LETTER = [
    "Northgate Housing Association", "12 High Street, Leeds LS1 4AB", "4 June 2023", "Mr A. Brown", "Dear Mr Brown,",
    "Re: your letter of 28 May", "Thank you for your letter. We have looked into the matter and have spoken",
    "to your neighbours, who have agreed to keep the noise down after ten.",
    "Please do not hesitate to contact us if you need anything else.", "Yours sincerely,", "Jane Cooper",
]  # fmt: skip
CONTRACT = (
    ["Service Agreement", "This Agreement is made on 1 March 2024 by and between Alder Consulting Ltd, of Leeds,",
     "and Birch Retail plc, of York (the parties).", "1. Services", "The Contractor shall perform the services.",
     "2. Term", "This Agreement shall remain in force for twelve months.", "Page 1 of 3"],
    ["3. Fees", "The Client shall pay the fees within 30 days.", "4. Confidentiality",
     "Each party shall keep confidential all information received from the other.", "Page 2 of 3"],
    ["5. Governing law", "This Agreement is governed by the laws of England.", "In witness whereof the parties sign.",
     "Alder Consulting Ltd", "Birch Retail plc", "Page 3 of 3"],
)  # fmt: skip
PARTS = ((1, 1), (2, 4), (5, 5))
TYPES = ("letter", "contract", "invoice")


def packet(seed: int = 41) -> bytes:
    """The packet as a PDF with a text layer: a letter, a contract of three pages, an invoice."""
    invoice, _ = next(islice(invoice_stream(seed), 1))
    with pymupdf.open() as document:
        for lines in (LETTER, *CONTRACT):
            page = document.new_page(width=595, height=842)
            for row, line in enumerate(lines):
                at_foot = line.startswith("Page ")
                title = line in (LETTER[0], CONTRACT[0][0])
                page.insert_text((60, 815 if at_foot else 70 + 30 * row), line, fontsize=18 if title else 10)
        with pymupdf.open(stream=invoice) as other:
            document.insert_pdf(other)
        data: bytes = document.tobytes(no_new_id=True)
    return data


def packet_file(folder: Path | None = None) -> Path:
    """The packet as a file in ``folder``, else in a new temporary one."""
    path = (folder or Path(tempfile.mkdtemp())) / "packet.pdf"
    path.write_bytes(packet())
    return path
