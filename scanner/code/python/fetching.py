"""Python calls that open a connection to an address: clients, browsers, downloaders, sockets.

Sources: the standard library reference (3.11 to 3.14) and the documentation of each named library.
"""

from dataclasses import replace
from typing import Final

from scanner.code.rules import Sink
from trust.vocabulary import Signal

_HOPS: Final = (("allow_redirects", False), ("follow_redirects", False), ("max_redirects", 0))
GET: Final = Sink(Signal.HTTP, "url", (0,), ("url",), hops=_HOPS)
_REQUEST: Final = Sink(Signal.HTTP, "url", (1,), ("url",), hops=_HOPS)
_FOLLOWED: Final = replace(GET, follows=True)
_HOST: Final = Sink(Signal.HTTP, "url", (0,), ("host", "address"))
_BASE: Final = Sink(Signal.HTTP, "url", (), ("base_url",))
_GOING_ON: Final = ("requests", "aiohttp", "niquests", "curl_cffi", "urllib", "$session", "$_session", "cloudscraper")
"""Libraries that follow redirects unless told otherwise; httpx does not."""
VERBS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "stream", "request", "send")
_CLIENTS: Final = (
    "httpx.Client()", "httpx.AsyncClient()", "requests.Session()", "requests.session()", "aiohttp.ClientSession()",
    "aiohttp.client.ClientSession()", "curl_cffi.requests.AsyncSession()", "curl_cffi.requests.Session()",
    "niquests.Session()", "cloudscraper.create_scraper()", "requests_html.HTMLSession()", "tls_client.Session()",
    "primp.Client()", "$session", "$client", "$http", "$http_client", "$_client", "$_session", "$async_client",
    "$httpx_client", "$_http", "requests_cache.CachedSession()",
)  # fmt: skip
_MODULES: Final = ("httpx", "requests", "requests.api", "niquests", "curl_cffi.requests", "urllib3", "aiohttp")
BASES: Final = (*_MODULES, *_CLIENTS)
_BROWSERS: Final = ("Chrome", "Firefox", "Edge", "Safari", "Remote")

FETCHES: Final[dict[str, Sink]] = {
    "urllib.request.urlopen": _FOLLOWED,
    "urllib.request.urlretrieve": _FOLLOWED,
    "urllib.request.Request": _FOLLOWED,
    "urllib.request.build_opener().open": _FOLLOWED,
    "urllib3.PoolManager().request": _REQUEST,
    "urllib3.PoolManager().urlopen": _REQUEST,
    "websockets.connect": GET,
    "websockets.asyncio.client.connect": GET,
    "websockets.sync.client.connect": GET,
    "websocket.create_connection": GET,
    "*.page.goto": _FOLLOWED,
    "$page.goto": _FOLLOWED,
    "$_page.goto": _FOLLOWED,
    "*.new_page().goto": _FOLLOWED,
    "$driver.get": _FOLLOWED,
    "$browser.get": _FOLLOWED,
    **{f"selenium.webdriver.{name}().get": _FOLLOWED for name in _BROWSERS},
    "*.ws_connect": GET,
    "httpx.Request": _REQUEST,
    "requests.Request": _REQUEST,
    "httpx.Client": _BASE,
    "httpx.AsyncClient": _BASE,
    "aiohttp.ClientSession": replace(_BASE, args=(0,)),
    "http.client.HTTPSConnection": _HOST,
    "http.client.HTTPConnection": _HOST,
    "http.client.HTTPSConnection().request": Sink(Signal.HTTP, "none"),
    "http.client.HTTPConnection().request": Sink(Signal.HTTP, "none"),
    "socket.create_connection": _HOST,
    "socket.socket().connect": _HOST,
    "asyncio.open_connection": _HOST,
    "ftplib.FTP": _HOST,
    "feedparser.parse": _FOLLOWED,
    "pandas.read_html": replace(_FOLLOWED, keywords=("io",)),
    "trafilatura.fetch_url": _FOLLOWED,
    "newspaper.Article": _FOLLOWED,
    "newspaper.article": _FOLLOWED,
    "yt_dlp.YoutubeDL().download": _FOLLOWED,
    "yt_dlp.YoutubeDL().extract_info": _FOLLOWED,
    "*.arun": replace(_FOLLOWED, args=()),
    "wget.download": _FOLLOWED,
    **{
        f"{base}.{verb}": replace(
            _REQUEST if verb in ("request", "stream") else GET, follows=base.startswith(_GOING_ON)
        )
        for base in BASES
        for verb in VERBS
    },
}

RECEIVES: Final = (
    *(f"{base}.{verb}" for base in BASES for verb in VERBS),
    "urllib.request.urlopen",
    "urllib3.PoolManager().request",
    "trafilatura.fetch_url",
)
"""Calls whose result is what a remote host sent."""
