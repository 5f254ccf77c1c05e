"""What auditors do: verify, export, erase, keep to retention. Questions are in ``connectors.clickhouse.questions``."""
