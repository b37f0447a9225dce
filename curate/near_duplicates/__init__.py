"""Near-duplicates, in four phases that are plain functions of parts: signatures, candidates, verified pairs, resolution.

`shingles` and `bands` say what is compared and what is found; `sketch` and `parts` make keys of bands; `buckets` the candidates;
`comparison` holds every pair that was compared, with its true similarity; `resolution` has stars, components and matches.
`search` leads from texts to those; `index`, `adding`, `matching` and `older` are what is known from before.
"""
