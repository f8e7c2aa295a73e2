"""`manage.py up`: everything Assay needs, on this machine, in one command."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from registry.embedded import stack
from registry.embedded.errors import StackError
from registry.embedded.places import Places
from registry.environment import Environment


class Command(BaseCommand):
    help = (
        "Run Assay on this machine: PostgreSQL and Valkey (unless DATABASE_URL or BROKER_URL name yours), "
        "web server, worker and scheduler. Ctrl-C stops everything."
    )
    requires_system_checks = ["assay"]

    def handle(self, *_: Any, **__: Any) -> None:
        env = Environment(os.environ)
        places = Places(settings.ASSAY_VAR)
        try:
            if stack.prepare(places):
                # The settings were read before the secrets existed. Begin again with them in place.
                os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - ourselves, same arguments
            os.environ["ASSAY_VAR"] = str(places.var)  # the children start elsewhere
            os.environ.setdefault("ASSAY_LOG", "text")
            self.stdout.write(f"Assay, state in {places.var}")
            stack.run(
                stack.Plan(
                    places=places,
                    root=settings.BASE_DIR,
                    host=env.text("ASSAY_HOST", "127.0.0.1"),
                    port=env.integer("PORT", 8000, at_least=1, at_most=65535),
                    processes=env.integer("ASSAY_WORKER_PROCESSES", stack.cores(), at_least=1),
                    own_database=not env.secret("DATABASE_URL"),
                    own_broker=not env.secret("BROKER_URL"),
                    base_url=settings.ASSAY_BASE_URL,
                ),
                self.say,
            )
        except StackError as error:
            raise CommandError(f"Assay could not start. {error}") from error
        self.stdout.write("Assay stopped.")

    def say(self, name: str, event: str) -> None:
        first, *rest = event.split("\n")
        self.stdout.write("\n".join([f"  {name:<9} {first}", *(f"  {'':<9}   {line}" for line in rest)]))
        self.stdout.flush()
