"""Readers at the edge of the stream: what they write lies outside Kafka. The audit sink fills ClickHouse."""
