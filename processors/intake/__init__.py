"""What is this file, and may it come in? Type by content, limits, and the e-invoice it may carry."""

from processors.intake.inspection import Intake, Limits, inspect, read_attachment
from processors.intake.media import MediaType, sniff
from processors.intake.packet import build_packet
from processors.intake.paged import PAGED, open_paged

__all__ = [
    "PAGED",
    "Intake",
    "Limits",
    "MediaType",
    "build_packet",
    "inspect",
    "open_paged",
    "read_attachment",
    "sniff",
]
