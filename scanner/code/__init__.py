"""Understanding source: one intermediate form, one flow analysis, one front-end per language."""
