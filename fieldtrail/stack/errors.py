"""What can go wrong with the local stack."""

from fieldtrail.errors import FieldtrailError


class StackError(FieldtrailError):
    """The local stack cannot do what was asked. The message says why, and what to do about it."""
