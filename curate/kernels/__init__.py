"""Compiled measurements of text: shares of repeated n-grams, MinHash signatures, Jaccard similarity, counts of characters.

The files with kernels are compiled when they are imported, so import them inside the function that needs them.
"""
