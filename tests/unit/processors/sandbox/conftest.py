"""Children import what they run by name, so the folder of ``sandbox_tasks`` is put on the module path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
