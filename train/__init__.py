"""Supervised fine-tuning and prediction: the only place that imports torch, transformers and trl. May import curate, never audit."""
