"""Become a command that dies with its parent: ``leash.py PARENT_PID COMMAND [ARGUMENT…]``.

The supervisor starts every child through this. On Linux the kernel is asked to send SIGKILL when the parent dies
(``prctl(PR_SET_PDEATHSIG)``, which survives ``exec``), so that nothing stays behind even where the supervisor itself
is killed. Elsewhere the next ``fieldtrail up`` ends what was left. A separate program, because code between fork and
exec of a process with threads may deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def main(arguments: list[str]) -> None:
    """Never returns: either this process becomes the command, or it exits with 127 and a line on stderr."""
    parent, command = int(arguments[0]), arguments[1:]
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit(f"prctl(PR_SET_PDEATHSIG): {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        sys.exit("the parent died before this process could hang on to it")
    try:
        os.execvp(command[0], command)  # noqa: S606 (no shell is wanted)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
