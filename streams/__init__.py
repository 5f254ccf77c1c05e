"""The stream: contracts and codec, the stage harness, one agent per stage, dead letters and replay."""
