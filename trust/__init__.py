"""The trust framework: facts in, a judged and scored assessment out.

Standard library only, pure functions and frozen values, so that an auditor can read it first and needs nothing else.
"""
