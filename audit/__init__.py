"""What happened to whom: the data audit, the model audit, the comparison and the report. May import curate, never train."""
