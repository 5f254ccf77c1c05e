"""What a ClickHouse server can answer besides data: not now, or not this."""

from connectors.errors import UnavailableError

DEPENDENCY = "clickhouse"
"""The server's name as a dependency of whoever uses it."""

_NOT_NOW = frozenset(
    {
        60,  # UNKNOWN_TABLE
        81,  # UNKNOWN_DATABASE
        159,  # TIMEOUT_EXCEEDED
        160,  # TOO_SLOW
        164,  # READONLY
        192,  # UNKNOWN_USER
        193,  # WRONG_PASSWORD
        194,  # REQUIRED_PASSWORD
        198,  # DNS_ERROR
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY
        243,  # NOT_ENOUGH_SPACE
        252,  # TOO_MANY_PARTS
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        319,  # UNKNOWN_STATUS_OF_INSERT
        335,  # NOT_A_LEADER
        394,  # QUERY_WAS_CANCELLED: by somebody else
        425,  # SYSTEM_ERROR: a full disk, for instance
        439,  # CANNOT_SCHEDULE_TASK
        497,  # ACCESS_DENIED
        516,  # AUTHENTICATION_FAILED
        735,  # QUERY_WAS_CANCELLED_BY_CLIENT
        999,  # KEEPER_EXCEPTION
    }
)
"""Codes that say something of the server and nothing of the rows; it may be well again, or be mended, later."""


_NOT_MIGRATED = frozenset({60, 81})


class RefusedError(Exception):
    """The server understood and said no; asking again will not help.

    ``code`` is ClickHouse's number for the reason (``src/Common/ErrorCodes.cpp``), or 0 where the client itself could
    not put the rows into the columns.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"ClickHouse refused this ({code}): {reason}")
        self.code = code
        self.reason = reason


def as_error(code: int | None, reason: str) -> UnavailableError | RefusedError:
    """The exception for an answer; ``code`` is ``None`` where no answer came."""
    if code in _NOT_MIGRATED:
        return UnavailableError(DEPENDENCY, f"{reason}; `fieldtrail audit migrate` makes what is missing")
    if code is None or code in _NOT_NOW:
        return UnavailableError(DEPENDENCY, reason)
    return RefusedError(code, reason)
