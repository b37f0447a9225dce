"""Near-duplicates, in four phases that are plain functions of parts: signatures, candidates, verified pairs, resolution.

`shingles` and `bands` say what is compared and what is found; `texts` makes keys of bands from texts; `buckets` are the candidates;
`verified` holds every pair that was compared, with its true similarity; `stars`, `connected` and `matches` resolve them.
"""
