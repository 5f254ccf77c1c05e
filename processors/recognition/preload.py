"""Imported once, before the OCR children are forked: ``Sandbox(…, preload=("processors.recognition.preload",))``.

Saves each child a second and the memory of the libraries. No model is loaded here: threads do not survive a fork.
"""

import cv2  # noqa: F401
import onnxruntime  # noqa: F401
import openvino  # noqa: F401
import pymupdf  # noqa: F401
