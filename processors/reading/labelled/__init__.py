"""The labelled reader: fields that no other reader knows, by the labels that their schema gives them."""

from processors.reading.labelled.reader import LabelledReader

__all__ = ["LabelledReader"]
