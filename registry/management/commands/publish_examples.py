"""`manage.py publish_examples`: the sample servers, through the path that every upload takes."""

import importlib.util
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from registry.errors import RegistryError
from registry.publishing import publish
from registry.uploads import from_file


class Command(BaseCommand):
    help = "Pack the sample servers and publish those that are not there yet, each under its own account."

    def handle(self, *args: Any, **options: Any) -> None:
        del args, options
        pack = _packer(settings.BASE_DIR / "examples" / "pack.py")
        for sample in pack.samples():
            account = _account(sample.namespace)
            with tempfile.TemporaryDirectory() as directory:
                file = Path(directory, sample.file_name)
                file.write_bytes(pack.pack(sample.folder))
                self.stdout.write(_publish(account, sample.namespace, file))


def _publish(account: User, namespace: str, file: Path) -> str:
    """One line about what happened. A sample that was changed since is left as it was published."""
    try:
        with from_file(file) as upload:
            done = publish(account=account, namespace=namespace, upload=upload)
    except RegistryError as error:
        if error.code == "version.exists":
            return f"kept      {error.detail}"
        raise CommandError(f"{file.name} was refused: {error.detail}") from error
    word = "published" if done.created else "there     "
    return f"{word} {done.namespace}/{done.name} {done.version}"


def _account(name: str) -> User:
    """The sample publisher; nobody can sign in with it."""
    account, made = User.objects.get_or_create(username=name)
    if made:
        account.set_unusable_password()
        account.save(update_fields=["password"])
    return account


def _packer(path: Path) -> ModuleType:
    """The packing script as a module; it stands alone so that it also runs without the catalog."""
    spec = importlib.util.spec_from_file_location("examples_pack", path)
    if spec is None or spec.loader is None:
        raise CommandError(f"{path} is missing: the samples come with the source tree.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up while it is being read
    spec.loader.exec_module(module)
    return module
