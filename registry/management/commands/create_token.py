"""`manage.py create_token`: an API token for an account, for operators and for scripts that set up a registry."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from registry.tokens import create_token


class Command(BaseCommand):
    help = "Make an API token. The token is the only line on standard output; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="what will use it")
        parser.add_argument("--days", type=int, help="days until it expires; without it, it does not")
        parser.add_argument("--create", action="store_true", help="make the account, without a password, if need be")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        username: str = options["username"]
        user = User.objects.filter(username=username).first()
        if user is None:
            if not options["create"]:
                raise CommandError(f"There is no account {username!r}; add --create to make it.")
            user = User.objects.create_user(username)
        days: int | None = options["days"]
        if days is not None and days < 1:
            raise CommandError("--days: give at least 1.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        _, secret = create_token(user=user, name=options["name"], expires_at=expires_at)
        self.stderr.write(f"A token of {username}, to publish with:")
        self.stdout.write(secret)
