"""Document logic: bytes in, typed values out.

Nothing in this package knows Kafka, the network or a settings object. Expected failures are returned as
:class:`processors.errors.Refusal` values; an exception that leaves a function here is a defect.
"""
