"""Imported once, before the OCR children are forked: ``Sandbox(…, preload=("processors.recognition.preload",))``.

Saves each child 3 s and the memory of the libraries. No model is loaded here: onnxruntime's threads do not survive
a fork.
"""

import os

# Read by PaddleX on import; without it, PaddleOCR asks its model hosts whether they answer.
os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")

import cv2  # noqa: F401
import paddleocr  # noqa: F401
import pymupdf  # noqa: F401
