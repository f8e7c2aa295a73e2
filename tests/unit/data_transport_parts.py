"""What the rows of transport tests are made of."""

from trust.vocabulary import Weakness

OFF, OLD, PLAIN = Weakness.TLS_VERIFY_OFF, Weakness.TLS_OLD, Weakness.PLAIN_HTTP
LIBS = "import requests, httpx, aiohttp, urllib3, ssl, subprocess, urllib.request\n"
DONE = "\nreturn { content: [] };"
