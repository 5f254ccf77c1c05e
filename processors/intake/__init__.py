"""What is this file, and may it come in? Type by content, limits, and the e-invoice it may carry."""

from processors.intake.inspection import Intake, Limits, inspect, read_attachment
from processors.intake.media import MediaType, sniff

__all__ = ["Intake", "Limits", "MediaType", "inspect", "read_attachment", "sniff"]
