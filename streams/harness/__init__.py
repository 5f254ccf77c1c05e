"""The stage harness (DESIGN §3): everything that every stage needs, written once.

:mod:`outcomes <streams.harness.outcomes>` are what a stage answers, :mod:`runner <streams.harness.runner>` turns
one record into acknowledged outputs, :mod:`agent <streams.harness.agent>` binds that to Faust and to Kafka offsets.
"""
