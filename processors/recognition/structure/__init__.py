"""The structure of a page: reading order, rulings, tables, headers and footers."""
