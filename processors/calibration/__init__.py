"""Confidence that tells the truth: from signals to probabilities, fitted on labelled documents (DESIGN §7)."""
