"""Servers and releases through the API: what they say, and what is said about what is not there."""

import hashlib
import json
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from tests.integration.catalog import assessed, mcpb, person, published, release, upload, withdrawn
from tests.unit.builders import code, facts, finding
from trust.vocabulary import Weakness

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store_path")]

BASE = "/api/v1/servers/acme/weather"


def get(path: str, **parameters: Any) -> Any:
    return Client().get(path, parameters)


def body(path: str, **parameters: Any) -> Any:
    answer = get(path, **parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_server_lists_its_releases() -> None:
    release(version="1.0.0")
    release(version="1.10.0")
    published(version="1.9.0")
    published(version="2.0.0-rc.1")
    found = body(BASE)
    assert found["name"] == "acme/weather"
    assert found["latest_version"] == "1.10.0"
    assert [v["version"] for v in found["versions"]] == ["2.0.0-rc.1", "1.10.0", "1.9.0", "1.0.0"]
    assert [v["is_latest"] for v in found["versions"]] == [False, True, False, False]
    assert body(f"{BASE}/versions")["items"] == found["versions"]
    assert found["versions"][1]["score"] == found["score"]
    assert found["versions"][2]["status"] == "queued"
    assert found["versions"][2]["score"] is None


def test_a_release_says_what_is_in_it() -> None:
    release(version="1.4.0", display_name="Weather")
    found = body(f"{BASE}/versions/1.4.0")
    data = mcpb(version="1.4.0", display_name="Weather")
    assert found["manifest"]["display_name"] == "Weather"
    assert found["bundles"] == [
        {
            "platform": "any",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "filename": "weather-1.4.0.mcpb",
            "download_url": "http://127.0.0.1:8000/api/v1/servers/acme/weather/versions/1.4.0/download",
        }
    ]
    assert [tool["name"] for tool in found["tools"]] == ["look"]
    assert found["trust"]["score"] == body(f"{BASE}/versions/1.4.0/trust")["score"]
    assert found["is_latest"] is True
    assert found["scan"]["state"] == "done"
    assert body(f"{BASE}/versions/latest") == found


def test_tools_come_from_the_manifest_until_a_scan_knows_better() -> None:
    published(tools=[{"name": "forecast"}])
    assert body(f"{BASE}/versions/latest")["tools"] == [{"name": "forecast", "description": ""}]


def test_the_assessment_has_the_promised_members() -> None:
    release(facts=facts(code=code(findings=(finding(Weakness.COMMAND_INJECTION),))))
    document = body(f"{BASE}/versions/latest/trust")
    assert document.keys() >= {
        *("subject", "scanner", "rubric", "advisories", "facts_sha256", "scanned_at", "duration_ms", "score"),
        *(
            "potential",
            "coverage",
            "provisional",
            "level",
            "level_name",
            "probe",
            "caps",
            "domains",
            "controls",
            "raise",
        ),
    }
    assert document["subject"]["name"] == "acme/weather"
    assert document["subject"]["sha256"] == body(f"{BASE}/versions/latest")["bundles"][0]["sha256"]
    broken = [c for c in document["controls"] if c["findings"]]
    assert {"rule", "severity", "path", "line", "fingerprint"} <= broken[0]["findings"][0].keys()


def test_facts_have_the_digest_that_the_assessment_names() -> None:
    release()
    answer = get(f"{BASE}/versions/latest/facts")
    digest = body(f"{BASE}/versions/latest/trust")["facts_sha256"]
    assert hashlib.sha256(answer.content).hexdigest() == digest
    assert answer["ETag"] == f'"{digest}"'


def test_sarif_points_at_files_and_lines() -> None:
    release(facts=facts(code=code(findings=(finding(Weakness.COMMAND_INJECTION, path="server/a b.py", line=9),))))
    answer = get(f"{BASE}/versions/latest/report.sarif")
    assert answer["Content-Type"] == "application/sarif+json"
    run = json.loads(answer.content)["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"]["startLine"] == 9
    assert run["results"][0]["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}


def test_a_release_is_as_good_as_its_worst_file() -> None:
    bad = facts(code=code(findings=(finding(Weakness.COMMAND_INJECTION),)))
    release("acme", facts(), version="1.0.0", keywords=["a"])
    alice = person("acme")
    answer = upload(alice, mcpb(version="1.0.0", keywords=["b"]), platform="linux")
    path = f"{BASE}/versions/1.0.0"
    good = body(f"{path}/trust", platform="any")["score"]
    assert body(path)["status"] == "queued", "a file that nobody has looked at yet"
    assert get(f"{path}/trust").status_code == 404
    assessed(answer.json()["scan"]["id"], bad)
    worst = body(f"{path}/trust", platform="linux")["score"]
    assert worst < good
    assert body(f"{path}/trust")["score"] == worst
    assert body(BASE)["score"] == worst
    missing = get(f"{path}/trust", platform="darwin")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "platform.not_found")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/servers/acme/nothing", "server.not_found"),
        ("/api/v1/servers/nobody/weather", "server.not_found"),
        ("/api/v1/servers/ACME/weather", "server.not_found"),
        ("/api/v1/servers/acme/we%00ather", "server.not_found"),
        ("/api/v1/servers/acme/%F0%9F%90%98", "server.not_found"),
        ("/api/v1/servers/acme/weather/versions/9.9.9", "release.not_found"),
        ("/api/v1/servers/acme/weather/versions/1.4.0%00", "release.not_found"),
        ("/api/v1/servers/acme/weather/versions/v1/trust", "release.not_found"),
        ("/api/v1/servers/acme/weather/versions/latest/trust", "trust.not_found"),
        ("/api/v1/servers/acme/weather/versions/latest/facts", "trust.not_found"),
        ("/api/v1/servers/acme/weather/versions/latest/report.sarif", "trust.not_found"),
        ("/api/v1/scans/00000000-0000-0000-0000-000000000000", "scan.not_found"),
        ("/api/v1/scans/nonsense", "request.not_found"),
        ("/api/v1/nothing", "request.not_found"),
        ("/api/v1/", "request.not_found"),
        ("/api/v2/servers", "request.not_found"),
    ],
)
def test_what_is_not_there(path: str, code: str) -> None:
    published()
    answer = get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["error"]["code"] == code


def test_a_yanked_release_can_be_read_and_is_never_the_latest() -> None:
    release(version="1.0.0")
    release(version="2.0.0")
    withdrawn("yanked", version="2.0.0")
    assert body(BASE)["latest_version"] == "1.0.0"
    assert body(f"{BASE}/versions/latest")["version"] == "1.0.0"
    assert body(f"{BASE}/versions/2.0.0")["state"] == "yanked"
    assert body(f"{BASE}/versions/2.0.0")["is_latest"] is False


def test_the_openapi_document_is_one_and_agrees_with_the_answers() -> None:
    release(version="0.9.0")
    release(facts=facts(code=code(findings=(finding(Weakness.COMMAND_INJECTION),))))
    document = body("/api/v1/openapi.json")
    assert document["openapi"].startswith("3.1")
    calls = (
        ("/api/v1/servers", "/api/v1/servers"),
        ("/api/v1/servers/{namespace}/{name}", BASE),
        ("/api/v1/servers/{namespace}/{name}/versions", f"{BASE}/versions"),
        ("/api/v1/servers/{namespace}/{name}/versions/{version}", f"{BASE}/versions/latest"),
        ("/api/v1/servers/{namespace}/{name}/versions/{version}/trust", f"{BASE}/versions/latest/trust"),
        ("/api/v1/servers/{namespace}/{name}/versions/{version}/diff", f"{BASE}/versions/latest/diff"),
        ("/api/v1/servers/{namespace}/{name}/versions/{version}/history", f"{BASE}/versions/latest/history"),
        ("/api/v1/advisories", "/api/v1/advisories"),
        ("/api/v1/servers/{namespace}/{name}/versions/{version}/gate", f"{BASE}/versions/latest/gate"),
        ("/api/v1/servers/{namespace}/{name}/versions/{version}/badge.json", f"{BASE}/versions/latest/badge.json"),
    )
    for template, path in calls:
        content = document["paths"][template]["get"]["responses"]["200"]["content"]
        schema = content["application/json"]["schema"] | {"components": document["components"]}
        Draft202012Validator(schema).validate(body(path))
    refusal = document["paths"]["/api/v1/servers"]["get"]["responses"]["400"]["content"]["application/problem+json"]
    Draft202012Validator(refusal["schema"] | {"components": document["components"]}).validate(
        get("/api/v1/servers", limit="x").json()
    )


def test_the_components_of_a_release_are_a_cyclonedx_document() -> None:
    release()
    answer = get(f"{BASE}/sbom.cdx.json")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.cyclonedx+json; version=1.6"
    document = answer.json()
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert [c["purl"] for c in document["components"]] == ["pkg:pypi/httpx@1.0.0"]
    again = Client().get(f"{BASE}/sbom.cdx.json", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_every_address_of_the_api_is_in_the_openapi_document() -> None:
    paths = body("/api/v1/openapi.json")["paths"]
    assert {f"{method.upper()} {path.removeprefix('/api/v1')}" for path, ms in paths.items() for method in ms} == {
        "GET /servers",
        "GET /servers/{namespace}/{name}",
        "GET /servers/{namespace}/{name}/versions",
        "GET /servers/{namespace}/{name}/versions/{version}",
        "GET /servers/{namespace}/{name}/versions/{version}/trust",
        "GET /servers/{namespace}/{name}/versions/{version}/facts",
        "GET /servers/{namespace}/{name}/versions/{version}/report.sarif",
        "GET /servers/{namespace}/{name}/versions/{version}/badge.svg",
        "GET /servers/{namespace}/{name}/versions/{version}/badge.json",
        "GET /servers/{namespace}/{name}/versions/{version}/gate",
        "GET /servers/{namespace}/{name}/versions/{version}/sbom.cdx.json",
        "GET /servers/{namespace}/{name}/versions/{version}/statements",
        "GET /servers/{namespace}/{name}/versions/{version}/diff",
        "GET /servers/{namespace}/{name}/versions/{version}/history",
        "GET /servers/{namespace}/{name}/versions/{version}/download",
        "GET /advisories",
        "GET /advisories/{id}",
        "GET /scans/{id}",
        "POST /gate",
        "POST /bundles",
    }


def test_the_page_about_the_api_is_plain_and_our_own() -> None:
    answer = get("/api/v1/docs")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "min_domain.supply_chain" in text
    assert "/api/v1/bundles" in text
    assert "//cdn" not in text


@pytest.mark.parametrize("tail", ["trust", "facts", "report.sarif", "badge.svg", "badge.json", "gate", "download"])
def test_the_servers_own_address_answers_for_its_latest_release(tail: str) -> None:
    release(version="1.0.0")
    release(version="1.1.0")
    short, exact = get(f"{BASE}/{tail}"), get(f"{BASE}/versions/1.1.0/{tail}")
    assert short.status_code == exact.status_code == 200
    assert short["ETag"] == exact["ETag"]
    short.close()
    exact.close()


def test_the_description_lists_no_address_twice() -> None:
    paths = get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/servers/{namespace}/{name}/versions/{version}/gate" in paths
    assert "/api/v1/servers/{namespace}/{name}/gate" not in paths
