"""A bundle in, facts out: no Django, no database, no score."""

__version__ = "0.1.0"
