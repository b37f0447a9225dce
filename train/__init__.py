"""Supervised fine-tuning and prediction: the one place that imports torch and trl. May import curate, never audit."""
