"""Download and read feeds."""

import os
from urllib.parse import urlsplit

import httpx
from defusedxml import ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"


def configured() -> dict:
    feeds = {}
    for url in os.environ.get("FEED_DIGEST_FEEDS", "").split():
        if url.startswith("https://"):
            feeds[urlsplit(url).hostname] = url
    return feeds


def items(url):
    response = httpx.get(url, follow_redirects=True, timeout=None)
    response.raise_for_status()
    root = ElementTree.fromstring(response.content)
    found = []
    for item in root.iter("item"):
        found.append({"title": item.findtext("title", ""), "link": item.findtext("link", "")})
    for entry in root.iter(f"{ATOM}entry"):
        link = entry.find(f"{ATOM}link")
        found.append(
            {
                "title": entry.findtext(f"{ATOM}title", ""),
                "link": link.get("href", "") if link is not None else "",
            }
        )
    return found
