"""The gate: does a release meet what a team requires? For one release, and for many at once."""

from http import HTTPStatus

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from registry.api import payloads, schemas
from registry.api.parameters import flag, gate_body, gate_query, only
from registry.api.problems import body_too_large
from registry.api.views import ALWAYS_ASK, ApiView, answer
from registry.errors import bad_field
from registry.gating import Asked, look_up
from trust.gate import DecisionWord, decide

LARGEST_BODY = 256 << 10
"""Bytes; 200 items with the longest names need less."""
WORST_FIRST = (
    DecisionWord.FAIL,
    DecisionWord.UNKNOWN,
    DecisionWord.NOT_ASSESSED,
    DecisionWord.PENDING,
    DecisionWord.PASS,
)


class Gate(ApiView):
    @extend_schema(
        operation_id="get_gate",
        summary="The decision about one release",
        parameters=[*schemas.POLICY, schemas.ENFORCE, schemas.PLATFORM],
        responses={200: schemas.Decision, 422: schemas.Decision, **schemas.refusals(400)},
        tags=["gate"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str = "latest") -> HttpResponse:
        """Always 200 with the decision; with `enforce=1` 422 unless it is a pass."""
        policy, enforce, platform = gate_query(request.query_params)
        (known,) = look_up([Asked(f"{namespace}/{name}", version, platform=platform)], policy)
        made = decide(known.standing, policy)
        return answer(payloads.decision(known, made), status=_status(made.word, enforce=enforce), cache=ALWAYS_ASK)


class GateBatch(ApiView):
    parser_classes = [JSONParser]

    @extend_schema(
        operation_id="post_gate",
        summary="Decisions about up to 200 releases, and one overall",
        parameters=[schemas.ENFORCE],
        request=schemas.GateRequest,
        responses={200: schemas.GateAnswer, 422: schemas.GateAnswer, **schemas.refusals(400, 413, 415)},
        tags=["gate"],
    )
    def post(self, request: Request) -> HttpResponse:
        """The overall decision is the worst one: fail, unknown, not_assessed, pending, pass."""
        enforce = flag("enforce", only(request.query_params, "enforce").get("enforce", "0"))
        asked, policy = gate_body(_body(request))
        decisions = [(known, decide(known.standing, policy)) for known in look_up(asked, policy)]
        words = {made.word for _, made in decisions}
        overall = next(word for word in WORST_FIRST if word in words)
        document = {
            "decision": overall.value,
            "items": [payloads.decision(known, made) for known, made in decisions],
        }
        return answer(document, status=_status(overall, enforce=enforce), cache="no-store")


def _status(word: DecisionWord, *, enforce: bool) -> int:
    refused = enforce and word is not DecisionWord.PASS
    return HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK


def _body(request: Request) -> object:
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        raise body_too_large()
    try:
        return request.data
    except RecursionError:
        raise bad_field("body", "The body is nested too deeply.") from None
