"""Imported once, before the parsing children are forked: ``Sandbox(…, preload=("streams.stages.preload",))``.

Saves each child a second and the memory of the libraries and the packaged weights. Children are born again every few
hundred tasks, so that this is more than a matter of the start.
"""

import numpy as np  # noqa: F401
import pymupdf  # noqa: F401

from processors.classification.boundary import packaged_trees
from processors.classification.model import packaged_weights
from processors.reading.learned.model import packaged_model
from streams.stages import memory_work, work  # noqa: F401

packaged_weights()
packaged_trees()
packaged_model()
