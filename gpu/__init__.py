"""Servers that need an accelerator: the OCR microbatcher (:mod:`gpu.server`, :mod:`gpu.client`)."""
