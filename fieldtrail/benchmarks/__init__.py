"""Benchmarks of single parts, each comparing its candidates in one run; ``fieldtrail.bench`` measures the pipeline."""
