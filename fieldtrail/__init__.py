"""fieldtrail: documents in, validated fields with their trail out, over Kafka. This is the public Python API."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fieldtrail.client import Fieldtrail, Final, Received, Watch
    from fieldtrail.local import LocalDocument, read_file, read_packet

__all__ = ["Fieldtrail", "Final", "LocalDocument", "Received", "Watch", "read_file", "read_packet"]

_HOMES = {
    "Fieldtrail": "fieldtrail.client",
    "Final": "fieldtrail.client",
    "Received": "fieldtrail.client",
    "Watch": "fieldtrail.client",
    "LocalDocument": "fieldtrail.local",
    "read_file": "fieldtrail.local",
    "read_packet": "fieldtrail.local",
}


def __getattr__(name: str) -> Any:
    """Imports the API when it is first used, so that ``fieldtrail --help`` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'fieldtrail' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
