"""Collectors: one room per kind of fact. Each reads a bundle through `Members` and returns a frozen fact or
a Gap.
"""
