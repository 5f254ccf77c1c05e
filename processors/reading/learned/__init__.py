"""The learned reader: candidates from everything that the pages print, scored by trees that were trained on labelled
documents, chosen together so that they fit each other.

After Majumder et al., "Representation Learning for Information Extraction from Form-like Documents" (ACL 2020). What
the rules of :mod:`processors.reading.geometric` consider and choose is among the features. Training:
``python -m fieldtrail.training.reader``; docs/reading.md explains both.
"""
