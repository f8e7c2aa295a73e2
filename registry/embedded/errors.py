"""What can go wrong with the embedded services, said so that a person can act on it."""


class StackError(Exception):
    """A service could not be prepared or started; the message says which, why and what to do."""
