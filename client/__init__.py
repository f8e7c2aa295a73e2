"""The `assay` program: scan a bundle here, ask a registry for a gate decision, publish to it."""
