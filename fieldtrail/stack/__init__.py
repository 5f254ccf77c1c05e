"""The local stack: a real broker and workers as supervised child processes, for one machine.

``fieldtrail up`` runs it detached; the demo, the benchmarks and the tests embed :class:`LocalStack`.
"""

from fieldtrail.stack.errors import StackError
from fieldtrail.stack.local import BrokerOptions, LocalStack, Worker
from fieldtrail.stack.process import ProcessState, ProcessStatus, RestartPolicy
from fieldtrail.stack.state import StackStatus, read_status

__all__ = [
    "BrokerOptions",
    "LocalStack",
    "ProcessState",
    "ProcessStatus",
    "RestartPolicy",
    "StackError",
    "StackStatus",
    "Worker",
    "read_status",
]
