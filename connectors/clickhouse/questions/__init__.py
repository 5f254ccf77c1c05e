"""Questions to the audit store: statements with bound parameters, and frozen dataclasses as rows.

``story`` is of one value, ``provenance`` says where values came from and which way they went, ``figures`` counts,
``documents`` finds; ``asking`` puts a question and says what it is asked of. ``docs/audit.md`` shows their use.
"""
