"""As some libraries do: starts a process when it is imported, and never asks after it."""

import subprocess
import sys

left_behind = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
