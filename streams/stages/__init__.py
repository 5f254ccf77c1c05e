"""The stages, one per file, in the order in which a document passes them."""
