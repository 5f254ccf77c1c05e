"""What travels on the topics: record types, the wire format, schema registries, and the topic table."""
