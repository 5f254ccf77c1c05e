"""The base of what can go wrong when a person's command talks to the cluster."""


class StreamError(Exception):
    """The cluster could not do what was asked. The message is for a person: what is wrong, and what to do."""
