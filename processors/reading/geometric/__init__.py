"""The geometric reader: labels and values paired by where they stand, for invoices, credit notes and receipts.

No training data, no model: labels in seven languages (those of the schemas, and ``labels.toml``), typed values, and the
arithmetic of the sums.
"""

from processors.reading.geometric.reader import GeometricReader, fields_read

__all__ = ["GeometricReader", "fields_read"]
