"""From bytes to words: the text layer where it is usable, OCR elsewhere; pages of words, lines and blocks."""
