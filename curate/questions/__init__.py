"""What a person asks of a finished run: why a row went, what another limit would do, how two runs differ."""
