"""The registry's own mirror of public advisories: imported here, looked up here, and acted upon when it changes.

`sources` and `osv` and `exploited` fill the mirror, `mirror` answers for the components of a bundle (with the matching
of `scanner.advisories`), `components` keeps which bundle has what, `affected` finds the bundles that a change concerns,
`reassess` gives those a new assessment from their stored facts, `feeds` says how fresh it all is.
"""
