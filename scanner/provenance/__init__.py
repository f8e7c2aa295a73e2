"""Sigstore bundles beside a bundle: verified offline against a pinned root, and read for what they prove."""
