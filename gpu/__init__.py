"""Servers that need an accelerator: the OCR microbatcher and the vLLM extractor.

Nothing lives here yet. Recognition runs in process (:mod:`processors.recognition`), behind the interface
(:class:`processors.recognition.engine.OcrEngine`) that the microbatcher's client will implement.
"""
