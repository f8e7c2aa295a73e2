"""Reading namespaces."""

from django.contrib.auth.models import User

from registry.models import Namespace


def list_namespaces(owner: User) -> tuple[str, ...]:
    """The names of an account's namespaces, in order."""
    return tuple(Namespace.objects.filter(owner=owner).order_by("name").values_list("name", flat=True))
