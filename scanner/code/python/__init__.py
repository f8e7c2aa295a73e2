"""The Python front-end: what `ast` reads, and what Python's libraries do."""
