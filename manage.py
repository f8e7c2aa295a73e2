#!/usr/bin/env python
"""Django's command line for Assay; `manage.py up` runs the whole thing."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registry.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # the sentence says what to change; a traceback says it worse
        sys.exit(f"Assay is not set up right. {error}")
