"""The base of the failures that the front door tells a person."""


class FieldtrailError(Exception):
    """What was asked cannot be done. The message is for a person: what is wrong, and what to do about it.

    The command line prints it on standard error, without a trace, and exits with 1.
    """
