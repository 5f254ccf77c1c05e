"""Where the local stack keeps things under its data directory."""

from dataclasses import dataclass
from pathlib import Path

from fieldtrail.settings import CLICKHOUSE_PASSWORD_FILE, PORTS_FILE


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths under ``data_dir``, an absolute path."""

    data_dir: Path

    @property
    def logs(self) -> Path:
        """One log file per process, rotated."""
        return self.data_dir / "logs"

    @property
    def kafka(self) -> Path:
        """The broker's configuration and records."""
        return self.data_dir / "kafka"

    @property
    def clickhouse(self) -> Path:
        """ClickHouse's configuration, password and data."""
        return self.data_dir / CLICKHOUSE_PASSWORD_FILE.parent

    @property
    def lock(self) -> Path:
        """Locked by the one supervisor; holds its pid."""
        return self.data_dir / "stack" / "lock"

    @property
    def state(self) -> Path:
        """What the supervisor last knew of its processes, as JSON."""
        return self.data_dir / "stack" / "state.json"

    @property
    def ports(self) -> Path:
        """The ports chosen at the first start."""
        return self.data_dir / PORTS_FILE

    def log(self, name: str) -> Path:
        """The log file of the process ``name``."""
        return self.logs / f"{name}.log"
