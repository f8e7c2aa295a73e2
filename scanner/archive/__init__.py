"""A strict reader of zip archives, for files that somebody else made."""
