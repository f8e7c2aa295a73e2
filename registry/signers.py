"""Who signs a publisher's bundles: the first key is remembered, and another one is remarked upon.

A signature says that the holder of a key signed these bytes, not who that is, so it earns nothing by itself. What it
can tell is that the holder changed. The remembered key stays when another one is used: otherwise a stolen account
would be remarked upon once. Staff forget it in the administration when a publisher has a new key for good.
"""

from registry.models import Bundle, Namespace, Server
from scanner.bundle import Notice, SignatureBlock

CHANGED = "signature.signer_changed"
_SHOWN = 16


def note_signer(space: Namespace, server: Server, signature: SignatureBlock | None) -> Notice | None:
    """Remember the namespace's first key. A notice when this bundle has another one, or has lost its server's.

    Call it inside the transaction that publishes, before the bundle's own row is there.
    """
    if signature is None:
        return _unsigned(server)
    key = signature.fingerprint_sha256
    # One statement decides between two first uploads at once; the other one then sees the key that won.
    Namespace.objects.filter(pk=space.pk, signer="").update(signer=key)
    pinned = Namespace.objects.values_list("signer", flat=True).get(pk=space.pk)
    if pinned == key:
        return None
    return Notice(
        CHANGED,
        f"This bundle is signed with the key {key[:_SHOWN]}…, and the first signed bundle of {space.name} had "
        f"{pinned[:_SHOWN]}…; ask the staff of this registry to forget the old key if you changed it for good, and "
        "withdraw the tokens of your account if you did not.",
    )


def _unsigned(server: Server) -> Notice | None:
    if not Bundle.objects.filter(release__server=server).exclude(signer="").exists():
        return None
    return Notice(
        CHANGED,
        f"Earlier bundles of {server} were signed and this one is not, so nobody can tell whether it has the same "
        "origin; sign it with the same key and publish it as the next version.",
    )
