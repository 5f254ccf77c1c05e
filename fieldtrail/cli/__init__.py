"""The ``fieldtrail`` command.

Exit codes: 0 it worked, 1 it failed (one line on standard error says why and what to do), 2 it was called wrongly.
"""

import sys


def main() -> None:
    """Run the command line. Expected failures become one line on standard error and exit code 1."""
    from fieldtrail.cli.app import build_app
    from fieldtrail.errors import FieldtrailError
    from streams.errors import StreamError

    try:
        build_app()()
    except (FieldtrailError, StreamError) as error:
        sys.stderr.write(f"fieldtrail: {error}\n")
        sys.exit(1)
    except BrokenPipeError:  # `fieldtrail … | head`: the reader has seen enough
        sys.stderr.close()
        sys.exit(1)
