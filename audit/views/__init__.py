"""Views: documents for reviewers that are made from one store of evidence, and compute no number of their own."""
