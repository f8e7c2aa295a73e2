"""Rows of transport flaws and sound twins in Python: weakness, name, source."""

# ruff: noqa: E501 - a case is read best on one line

from tests.unit.data_servers import py
from tests.unit.data_transport_parts import LIBS, OFF, OLD, PLAIN

PYTHON = [
    (OFF, "requests", py("return requests.get('https://x.example', verify=False, timeout=5).text", LIBS)),
    (
        OFF,
        "session attribute",
        py("s = requests.Session()\ns.verify = False\nreturn s.get('https://x.example', timeout=5).text", LIBS),
    ),
    (
        OFF,
        "httpx client",
        py("with httpx.Client(verify=False, timeout=5) as c:\n    return c.get('https://x.example').text", LIBS),
    ),
    (
        OFF,
        "httpx from a constant",
        py("return httpx.get('https://x.example', verify=VERIFY, timeout=5).text", LIBS + "VERIFY = False\n"),
    ),
    (
        OFF,
        "aiohttp ssl=False",
        py(
            "async def go():\n    async with aiohttp.ClientSession() as s:\n        async with s.get('https://x.example', ssl=False) as r:\n            return await r.text()\nreturn str(go())",
            LIBS,
        ),
    ),
    (
        OFF,
        "aiohttp connector",
        py("c = aiohttp.TCPConnector(ssl=False)\nreturn str(aiohttp.ClientSession(connector=c))", LIBS),
    ),
    (
        OFF,
        "aiohttp connector verify_ssl",
        py("c = aiohttp.TCPConnector(verify_ssl=False)\nreturn str(aiohttp.ClientSession(connector=c))", LIBS),
    ),
    (
        OFF,
        "urllib3 pool",
        py(
            "http = urllib3.PoolManager(cert_reqs='CERT_NONE')\nreturn http.request('GET', 'https://x.example', timeout=5).data",
            LIBS,
        ),
    ),
    (
        OFF,
        "urllib3 pool constant",
        py(
            "http = urllib3.PoolManager(cert_reqs=ssl.CERT_NONE)\nreturn http.request('GET', 'https://x.example', timeout=5).data",
            LIBS,
        ),
    ),
    (
        OFF,
        "context",
        py(
            "ctx = ssl.create_default_context()\nctx.check_hostname = False\nctx.verify_mode = ssl.CERT_NONE\nreturn urllib.request.urlopen('https://x.example', context=ctx, timeout=5).read()",
            LIBS,
        ),
    ),
    (
        OFF,
        "unverified context",
        py(
            "return urllib.request.urlopen('https://x.example', context=ssl._create_unverified_context(), timeout=5).read()",
            LIBS,
        ),
    ),
    (
        OFF,
        "default context replaced",
        py("return city", LIBS + "ssl._create_default_https_context = ssl._create_unverified_context\n"),
    ),
    (
        OFF,
        "options in a table",
        py("options = {'verify': False, 'timeout': 5}\nreturn requests.get('https://x.example', **options).text", LIBS),
    ),
    (
        OFF,
        "git",
        py(
            "subprocess.run(['git', '-c', 'http.sslVerify=false', 'clone', 'https://x.example/a.git'], timeout=60)\nreturn city",
            LIBS,
        ),
    ),
    (OFF, "git environment", py("os.environ['GIT_SSL_NO_VERIFY'] = '1'\nreturn city", LIBS)),
    (OFF, "python environment", py("os.environ['PYTHONHTTPSVERIFY'] = '0'\nreturn city", LIBS)),
    (
        OFF,
        "curl -k",
        py("return subprocess.run(['curl', '-k', 'https://x.example'], capture_output=True, timeout=9).stdout", LIBS),
    ),
    (
        OFF,
        "curl in a text",
        py("return subprocess.check_output('curl -sk https://x.example', shell=True, timeout=9)", LIBS),
    ),
    (
        OFF,
        "wget",
        py("subprocess.run(['wget', '--no-check-certificate', 'https://x.example'], timeout=9)\nreturn city", LIBS),
    ),
    (
        OFF,
        "paramiko",
        py(
            "c = paramiko.SSHClient()\nc.set_missing_host_key_policy(paramiko.AutoAddPolicy())\nc.connect('h.example')\nreturn city",
            "import paramiko\n",
        ),
    ),
    (
        OFF,
        "elasticsearch",
        py(
            "es = Elasticsearch('https://x.example', verify_certs=False)\nreturn str(es.info())",
            "from elasticsearch import Elasticsearch\n",
        ),
    ),
    (
        OFF,
        "websockets",
        py(
            "c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\nc.check_hostname = False\nc.verify_mode = ssl.VerifyMode.CERT_NONE\nreturn str(c)",
            LIBS,
        ),
    ),
    (OFF, "boto3", py("return str(boto3.client('s3', verify=False).list_buckets())", "import boto3\n")),
    (
        OFF,
        "own client class",
        py(
            "return Api().get()",
            LIBS
            + "class Api:\n    def __init__(self):\n        self.session = requests.Session()\n        self.session.verify = False\n    def get(self):\n        return self.session.get('https://x.example', timeout=5).text\n",
        ),
    ),
    (OLD, "protocol", py("return str(ssl.SSLContext(ssl.PROTOCOL_TLSv1))", LIBS)),
    (
        OLD,
        "minimum version",
        py("c = ssl.create_default_context()\nc.minimum_version = ssl.TLSVersion.TLSv1\nreturn str(c)", LIBS),
    ),
    (OLD, "urllib3 version", py("p = urllib3.PoolManager(ssl_version=ssl.PROTOCOL_TLSv1_1)\nreturn str(p)", LIBS)),
    (
        OLD,
        "weak ciphers",
        py("c = ssl.create_default_context()\nc.set_ciphers('ALL:@SECLEVEL=0')\nreturn str(c)", LIBS),
    ),
    (PLAIN, "literal", py("return requests.get('http://api.weather.example/v1', timeout=5).text", LIBS)),
    (PLAIN, "constant", py("return requests.get(API, timeout=5).text", LIBS + "API = 'http://api.weather.io/v1'\n")),
    (
        PLAIN,
        "f-string with base",
        py("return requests.get(f'{BASE}/now', timeout=5).text", LIBS + "BASE = 'http://api.weather.io'\n"),
    ),
    (PLAIN, "f-string", py("return httpx.get(f'http://api.weather.io/{city}', timeout=5).text", LIBS)),
    (PLAIN, "sum", py("return httpx.get('http://api.weather.io/' + city, timeout=5).text", LIBS)),
    (
        PLAIN,
        "base_url",
        py("with httpx.Client(base_url='http://api.weather.io', timeout=5) as c:\n    return c.get('/now').text", LIBS),
    ),
    (
        PLAIN,
        "default of the environment",
        py(
            "return requests.get(BASE + '/now', timeout=5).text",
            LIBS + "BASE = os.environ.get('WEATHER_URL', 'http://api.weather.io')\n",
        ),
    ),
    (
        PLAIN,
        "default with or",
        py(
            "return requests.get(BASE + '/now', timeout=5).text",
            LIBS + "BASE = os.getenv('WEATHER_URL') or 'http://api.weather.io'\n",
        ),
    ),
    (
        PLAIN,
        "field",
        py(
            "return Api().now()",
            LIBS
            + "class Api:\n    def __init__(self, base='http://api.weather.io'):\n        self.base = base\n    def now(self):\n        return requests.get(f'{self.base}/now', timeout=5).text\n",
        ),
    ),
    (
        PLAIN,
        "class constant",
        py(
            "return Api().now()",
            LIBS
            + "class Api:\n    BASE = 'http://api.weather.io'\n    def now(self):\n        return requests.get(self.BASE + '/now', timeout=5).text\n",
        ),
    ),
    (PLAIN, "format", py("return requests.get('http://{}/v1'.format('api.weather.io'), timeout=5).text", LIBS)),
    (PLAIN, "urlopen", py("return urllib.request.urlopen('http://api.weather.io/x', timeout=5).read()", LIBS)),
    (
        PLAIN,
        "http.client",
        py(
            "c = http.client.HTTPConnection('api.weather.io', timeout=5)\nc.request('GET', '/')\nreturn c.getresponse().read()",
            "import http.client\n",
        ),
    ),
    (
        PLAIN,
        "local constant",
        py(
            "url = 'http://api.weather.io/v1'\nr = requests.post(url, json={'city': city}, timeout=5)\nreturn r.text",
            LIBS,
        ),
    ),
    (
        PLAIN,
        "ftp",
        py(
            "f = ftplib.FTP('ftp.weather.io')\nf.login('a', os.environ['FTP_PASSWORD'])\nreturn city", "import ftplib\n"
        ),
    ),
    (
        PLAIN,
        "helper",
        py(
            "return fetch('http://api.weather.io/v1')",
            LIBS + "def fetch(url):\n    return requests.get(url, timeout=5).text\n",
        ),
    ),
]
PYTHON_FINE = [
    py("return requests.get('https://x.example', verify=True, timeout=5).text", LIBS),
    py("return requests.get('https://x.example', verify='/etc/ssl/ca.pem', timeout=5).text", LIBS),
    py(
        "ctx = ssl.create_default_context()\nctx.check_hostname = True\nreturn urllib.request.urlopen('https://x.example', context=ctx, timeout=5).read()",
        LIBS,
    ),
    py("c = ssl.create_default_context()\nc.minimum_version = ssl.TLSVersion.TLSv1_2\nreturn str(c)", LIBS),
    py("return requests.get('http://localhost:8080/x', timeout=5).text", LIBS),
    py("return requests.get(f'http://127.0.0.1:{city}/x', timeout=5).text", LIBS),
    py(
        "return requests.get(BASE + '/now', timeout=5).text",
        LIBS + "BASE = os.environ.get('WEATHER_URL', 'http://localhost:3000')\n",
    ),
    py("ns = {'a': 'http://www.w3.org/2005/Atom'}\nreturn requests.get('https://x.example', timeout=5).text", LIBS),
    py("return requests.get('https://api.weather.io/v1', timeout=5).text", LIBS),
    py("if city.startswith('http://'):\n    city = 'https://' + city.removeprefix('http://')\nreturn city", LIBS),
    py("return requests.get('http://host.docker.internal:11434/api', timeout=5).text", LIBS),
    py("subprocess.run(['git', '-c', 'http.sslVerify=true', 'status'], timeout=60)\nreturn city", LIBS),
    py("subprocess.run(['curl', '--fail', 'https://x.example'], timeout=9)\nreturn city", LIBS),
]
