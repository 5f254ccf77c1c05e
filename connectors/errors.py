"""What can go wrong outside: two exceptions that callers turn into outcomes."""


class UnavailableError(Exception):
    """Something outside does not answer; trying again later may help. ``dependency`` is its stable name."""

    def __init__(self, dependency: str, reason: str) -> None:
        super().__init__(f"{dependency}: {reason}")
        self.dependency = dependency
        self.reason = reason


class MissingError(Exception):
    """Stored bytes are gone, or a URI lies outside the store. ``uri`` names them."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"nothing is stored at {uri}")
        self.uri = uri
