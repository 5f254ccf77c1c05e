"""Everything outside the process: object store, document fetch, operational state. Imports only ``processors``."""
