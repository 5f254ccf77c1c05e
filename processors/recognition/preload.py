"""Imported once, before the OCR children are forked: ``Sandbox(…, preload=("processors.recognition.preload",))``.

Saves each child a second and the memory of the libraries. No model is loaded here: threads do not survive a fork.

Each child has a core of its own, so OpenCV shall not make a thread for every core in each of them: with 64 cores, the
stacks of its threads took a fifth of a child's address space.
"""

import cv2
import onnxruntime  # noqa: F401
import openvino  # noqa: F401
import pymupdf  # noqa: F401

cv2.setNumThreads(1)
