"""Evaluation: truth and predictions in, a report out. Pure; ``fieldtrail eval`` runs it.

``docs/evaluation.md`` documents the formats and what every figure means.
"""
