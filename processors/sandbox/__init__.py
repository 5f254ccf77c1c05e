"""Untrusted documents are parsed in child processes with limits on time and memory.

:mod:`pool <processors.sandbox.pool>` is what callers use, :mod:`parent <processors.sandbox.parent>` the thread that
hands out work, :mod:`child <processors.sandbox.child>` what the processes run, and
:mod:`protocol <processors.sandbox.protocol>` what the two say to each other.
"""

from processors.sandbox.pool import Sandbox
from processors.sandbox.protocol import Failure, SandboxClosedError, is_out_of_memory

__all__ = ["Failure", "Sandbox", "SandboxClosedError", "is_out_of_memory"]
