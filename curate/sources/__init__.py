"""Where the rows of a recipe come from: files, folders, patterns, addresses, and the shape that they have."""
