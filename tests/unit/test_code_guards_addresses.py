"""Addresses that callers choose: guards that hold on every hop, guards with a hole, and guards that are none."""

# ruff: noqa: E501 -- a case is read best on one line

import pytest

from tests.unit.guard_code import Left, javascript, left, python
from trust.vocabulary import Weakness

W = Weakness.SSRF

IS_BLOCKED = """
def is_blocked(ip):
    return ip.is_private or ip.is_loopback or ip.is_link_local
"""
CHECK = """
def check(url):
    host = urlparse(url).hostname
    for info in socket.getaddrinfo(host, None):
        ip = ipaddress.ip_address(info[4][0])
        if ip.is_private or ip.is_loopback or ip.is_link_local:
            raise ValueError(url)
"""
HOOK = (
    CHECK
    + """
async def refuse(request):
    check(str(request.url))
"""
)
PYTHON: list[tuple[str, str, str, Left]] = [
    ("addresses, and no redirect", CHECK, "check(v)\nreturn requests.get(v, timeout=5, allow_redirects=False).text", "nothing"),
    ("addresses, and httpx follows none", CHECK, "check(v)\nreturn httpx.get(v).text", "nothing"),
    ("addresses at every hop", CHECK, "for _ in range(5):\n    check(v)\n    r = httpx.get(v, follow_redirects=False)\n    if not r.is_redirect:\n        break\n    v = r.headers['location']\nreturn r.text", "nothing"),
    ("a judge of its own", IS_BLOCKED, "for info in socket.getaddrinfo(urlparse(v).hostname, None):\n    if is_blocked(ipaddress.ip_address(info[4][0])):\n        raise ValueError\nreturn httpx.get(v).text", "nothing"),
    ("only global addresses", "", "ip = ipaddress.ip_address(socket.gethostbyname(urlparse(v).hostname))\nif not ip.is_global:\n    raise ValueError\nreturn httpx.get(v).text", "nothing"),
    ("an allow-list of hosts", "", "if urlparse(v).hostname not in ALLOWED:\n    raise ValueError\nreturn requests.get(v, timeout=5).text", "nothing"),
    ("one fixed host", "", "if not v.startswith('https://api.example.org/'):\n    raise ValueError\nreturn requests.get(v, timeout=5).text", "nothing"),
    ("a pattern with a fixed host", "", "if not re.match(r'^https://([a-z]+\\.)?example\\.org/', v):\n    raise ValueError\nreturn requests.get(v, timeout=5).text", "nothing"),
    ("a check that operators may switch off", CHECK + "\ndef get(url, allow_internal: bool = False):\n    if not allow_internal:\n        check(url)\n    return httpx.get(url).text\nINSECURE = os.environ.get('ALLOW') == '1'\n", "return get(v, allow_internal=INSECURE)", "nothing"),
    ("a hook of the client", HOOK, "async with httpx.AsyncClient(event_hooks={'request': [refuse]}, follow_redirects=True) as c:\n    return (await c.get(v)).text", "nothing"),
    ("a hook set later", HOOK, "async with httpx.AsyncClient(follow_redirects=True) as c:\n    c.event_hooks = {'request': [refuse]}\n    return (await c.get(v)).text", "nothing"),
    ("a transport of its own", HOOK + "\nclass Guarded(httpx.AsyncHTTPTransport):\n    async def handle_async_request(self, request):\n        await refuse(request)\n        return await super().handle_async_request(request)\n", "async with httpx.AsyncClient(transport=Guarded(), follow_redirects=True) as c:\n    return (await c.get(v)).text", "nothing"),
    ("a hook that only writes a log", "async def seen(request):\n    logging.info('request')\n", "async with httpx.AsyncClient(event_hooks={'request': [seen]}) as c:\n    return (await c.get(v)).text", "all"),
    ("a host that ends with a dot and a name", "", "h = urlparse(v).hostname or ''\nif not (h == 'example.org' or h.endswith('.example.org')):\n    raise ValueError\nreturn requests.get(v, timeout=5).text", "nothing"),
    ("networks of its own", "NETS = [ipaddress.ip_network(n) for n in ('10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16')]", "ip = ipaddress.ip_address(socket.gethostbyname(urlparse(v).hostname))\nif any(ip in n for n in NETS):\n    raise ValueError\nreturn httpx.get(v).text", "nothing"),
    ("a function that answers for all addresses", "async def is_public(url):\n    infos = await asyncio.get_running_loop().getaddrinfo(urlparse(url).hostname, None)\n    return all(ipaddress.ip_address(i[4][0]).is_global for i in infos)", "if not await is_public(v):\n    raise ValueError\nreturn httpx.get(v).text", "nothing"),
    # the first address only
    ("addresses, redirects followed", CHECK, "check(v)\nreturn requests.get(v, timeout=5).text", "half"),
    ("addresses, httpx told to follow", CHECK, "check(v)\nreturn httpx.get(v, follow_redirects=True).text", "half"),
    ("addresses, a client that follows", CHECK, "check(v)\nasync with httpx.AsyncClient(follow_redirects=True) as c:\n    return (await c.get(v)).text", "half"),
    # the name only
    ("a list of bad names", "def is_private(host):\n    return host in ('localhost', '127.0.0.1') or host.startswith(('10.', '192.168.'))\n", "if is_private(urlparse(v).hostname):\n    raise ValueError\nreturn httpx.get(v).text", "half"),
    # none
    ("the scheme", "", "if urlparse(v).scheme not in ('http', 'https'):\n    raise ValueError\nreturn httpx.get(v).text", "all"),
    ("a prefix without a host", "", "if not v.startswith('https://'):\n    raise ValueError\nreturn httpx.get(v).text", "all"),
    ("a pattern anywhere in it", "", "if not re.search(r'example\\.org', v):\n    raise ValueError\nreturn httpx.get(v).text", "all"),
    ("the answer is dropped", IS_BLOCKED, "is_blocked(ipaddress.ip_address(socket.gethostbyname(urlparse(v).hostname)))\nreturn httpx.get(v).text", "all"),
    ("refusal that goes on", IS_BLOCKED, "if is_blocked(ipaddress.ip_address(socket.gethostbyname(urlparse(v).hostname))):\n    logging.warning('private')\nreturn httpx.get(v).text", "all"),
    ("the wrong way round", IS_BLOCKED, "if not is_blocked(ipaddress.ip_address(socket.gethostbyname(urlparse(v).hostname))):\n    raise ValueError\nreturn httpx.get(v).text", "all"),
    ("the caller switches it off", CHECK, "check(v) if not v.endswith('!') else None\nreturn httpx.get(v).text", "all"),
]  # fmt: skip

ASSERT_PUBLIC = """
function isPrivateV4(ip) {
  const [a, b] = ip.split(".").map(Number);
  return ip.startsWith("127.") || ip.startsWith("10.") || ip.startsWith("192.168.") || ip.startsWith("169.254.") || (a === 172 && b >= 16 && b < 32);
}
async function assertPublic(url) {
  const found = await dns.lookup(url.hostname, { all: true });
  for (const { address } of found) {
    if (isPrivateV4(address)) throw new Error("no");
  }
}
"""
JAVASCRIPT: list[tuple[str, str, str, Left]] = [
    ("addresses, and no redirect", ASSERT_PUBLIC, 'const url = new URL(v);\nawait assertPublic(url);\nreturn fetch(url, { redirect: "error" });', "nothing"),
    ("addresses at every hop", ASSERT_PUBLIC, 'let url = new URL(v);\nfor (let i = 0; i < 5; i++) {\n  await assertPublic(url);\n  const r = await fetch(url, { redirect: "manual" });\n  if (r.status < 300 || r.status >= 400) return r.text();\n  url = new URL(r.headers.get("location"), url);\n}', "nothing"),
    ("axios without redirects", ASSERT_PUBLIC, "const url = new URL(v);\nawait assertPublic(url);\nreturn axios.get(url.href, { maxRedirects: 0, timeout: 1 });", "nothing"),
    ("got without redirects", ASSERT_PUBLIC, "const url = new URL(v);\nawait assertPublic(url);\nreturn got(url, { followRedirect: false });", "nothing"),
    ("a library judges the host, no redirect", "", 'const url = new URL(v);\nif (isPrivateIp(url.hostname)) throw new Error("no");\nreturn fetch(v, { redirect: "error" });', "nothing"),
    ("an allow-list of hosts", 'const HOSTS = ["a.example.org", "b.example.org"];', 'const url = new URL(v);\nif (!HOSTS.includes(url.hostname)) throw new Error("no");\nreturn fetch(url);', "nothing"),
    ("one fixed host", "", "return fetch(`https://api.example.org/v1/${v}`);", "nothing"),
    ("a filtering agent", 'import ssrfFilter from "ssrf-req-filter";', "return axios.get(v, { httpAgent: ssrfFilter(v), httpsAgent: ssrfFilter(v), timeout: 1 });", "nothing"),
    ("a dispatcher whose look-up refuses", ASSERT_PUBLIC + 'import { Agent } from "undici";\nconst lookup = (host, options, cb) => dns.lookup(host, options).then((a) => isPrivateV4(a.address) ? cb(new Error("no")) : cb(null, a.address, a.family));\nconst guarded = new Agent({ connect: { lookup } });', "return fetch(v, { dispatcher: guarded });", "nothing"),
    ("a library's ranges", 'import ipaddr from "ipaddr.js";', 'const url = new URL(v);\nconst { address } = await dns.lookup(url.hostname);\nif (ipaddr.parse(address).range() !== "unicast") throw new Error("no");\nreturn fetch(url, { redirect: "error" });', "nothing"),
    ("Node's own list", 'const block = new net.BlockList();\nblock.addSubnet("10.0.0.0", 8);', 'const url = new URL(v);\nconst { address } = await dns.lookup(url.hostname);\nif (block.check(address)) throw new Error("no");\nreturn fetch(url, { redirect: "error" });', "nothing"),
    ("a function that answers for all addresses", "async function isSafeUrl(u) {\n  const addresses = await dns.resolve4(new URL(u).hostname);\n  return addresses.every((a) => !/^(10\\.|127\\.|192\\.168\\.|169\\.254\\.)/.test(a));\n}", 'if (!(await isSafeUrl(v))) throw new Error("no");\nreturn fetch(v, { redirect: "error" });', "nothing"),
    ("a host that ends with a dot and a name", "", 'const h = new URL(v).hostname;\nif (h !== "example.org" && !h.endsWith(".example.org")) throw new Error("no");\nreturn fetch(v);', "nothing"),
    ("patterns of bad names", "const BLOCKED = [/^localhost$/, /^127\\./, /^10\\./];", 'const h = new URL(v).hostname;\nif (BLOCKED.some((r) => r.test(h))) throw new Error("no");\nreturn fetch(v, { redirect: "error" });', "half"),
    # the first address only
    ("addresses, redirects followed", ASSERT_PUBLIC, "const url = new URL(v);\nawait assertPublic(url);\nreturn fetch(url);", "half"),
    ("a library judges the host, redirects followed", "", 'if (isPrivateIp(new URL(v).hostname)) throw new Error("no");\nreturn fetch(v);', "half"),
    # the name only
    ("a list of bad names", 'function isInternalHost(h) { return h === "localhost" || h.startsWith("127.") || h.startsWith("192.168."); }', 'if (isInternalHost(new URL(v).hostname)) throw new Error("no");\nreturn fetch(v, { redirect: "error" });', "half"),
    ("a list of bad names on the spot", "", 'const h = new URL(v).hostname;\nif (h === "localhost" || h.startsWith("127.") || h.startsWith("10.") || h.startsWith("192.168.")) throw new Error("no");\nreturn fetch(v, { redirect: "error" });', "half"),
    # none
    ("the scheme", "", 'const url = new URL(v);\nif (!["http:", "https:"].includes(url.protocol)) throw new Error("no");\nreturn fetch(url);', "all"),
    ("the scheme, spelled out", "", 'const url = new URL(v);\nif (url.protocol !== "http:" && url.protocol !== "https:") throw new Error("no");\nreturn fetch(url);', "all"),
    ("a prefix without a host", "", 'if (!v.startsWith("https://")) throw new Error("no");\nreturn fetch(v);', "all"),
    ("a pattern anywhere in it", "", 'if (!/example\\.org/.test(v)) throw new Error("no");\nreturn fetch(v);', "all"),
    ("a host that ends alike", "", 'if (!new URL(v).hostname.endsWith("example.org")) throw new Error("no");\nreturn fetch(v);', "all"),
    ("the answer is dropped", "", "isPrivateIp(new URL(v).hostname);\nreturn fetch(v);", "all"),
    ("another address is fetched", ASSERT_PUBLIC, 'await assertPublic(new URL("https://example.org"));\nreturn fetch(v);', "all"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "body", "open_"), [r[1:] for r in PYTHON], ids=[r[0] for r in PYTHON])
def test_a_guarded_address_in_python(before: str, body: str, open_: Left) -> None:
    assert left(python(body, before=before), W) == open_


@pytest.mark.parametrize(("before", "body", "open_"), [r[1:] for r in JAVASCRIPT], ids=[r[0] for r in JAVASCRIPT])
def test_a_guarded_address_in_javascript(before: str, body: str, open_: Left) -> None:
    assert left(javascript(body, before=before), W) == open_


def test_a_list_of_hosts_that_may_be_empty_is_half_a_guard() -> None:
    before = 'const HOSTS = (process.env.HOSTS ?? "").split(",").filter((h) => h);'
    check = 'const url = new URL(v);\nif (HOSTS.length > 0) { if (!HOSTS.includes(url.hostname)) throw new Error("no"); }\nreturn fetch(url);'
    assert left(javascript(check, before=before), W) == "half"
