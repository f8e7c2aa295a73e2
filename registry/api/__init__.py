"""The JSON API: views that translate between HTTP and the rooms that do the work."""
