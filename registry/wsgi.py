"""The door of the web process: `granian --interface wsgi registry.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from registry.pacing import paced

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registry.settings")

application = paced(get_wsgi_application())
