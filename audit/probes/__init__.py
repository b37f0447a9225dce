"""Probes: what models say of sets of sentences and questions, measured like everything else. One file a kind of probe."""
