"""What is publicly known against the components of a bundle: OSV records read, ordered, matched and reported.

Pure and offline: `records` reads one record, `ordering` and `matching` decide about one version, `snapshot` loads an
export, `collect` turns a bundle's components into facts, `second` asks pip-audit the same question. Nothing here knows
where the records are kept: the catalog's mirror uses the same functions on rows of its database.
"""
