"""Publishing by hand: the upload form, and the scan that follows it."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from registry import publishing
from registry.errors import RegistryError
from registry.limits import address_of, count_upload
from registry.queries import ScanView, get_scan
from registry.queries.namespaces import list_namespaces
from registry.uploads import bounded, posted
from registry.web.forms import PublishForm
from registry.web.problems import as_page
from registry.web.templatetags.assay import by_tier, tier
from registry.web.views.account import person, signed_in

COLLECTORS = {
    "archive": "Archive read strictly",
    "manifest": "Manifest",
    "inventory": "File inventory",
    "malice": "Signs of malware",
    "code": "Code followed from the entry point",
    "bandit": "Bandit, a second opinion on Python",
    "secrets": "Secrets",
    "texts": "Tool names and descriptions",
    "dependencies": "Dependencies",
    "advisories": "Known vulnerabilities",
    "probe": "Run in the sandbox",
    "assess": "Assessment",
}
"""What each step of a scan is called here; one that is not listed is shown by its own name."""

STATES = {"done": ("pass", "Done"), "gap": ("not_assessed", "Gap"), "running": ("partial", "Running")}
"""How the state of a step is drawn, and its word."""

NO_FILE = "upload.form"
"""The form's own words for this one are better: they do not talk about multipart bodies."""
WARNINGS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One collector as the page shows it."""

    collector: str
    outcome: str
    word: str
    detail: str


@signed_in  # before `bounded`: nobody else's upload is read
@bounded
@never_cache
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest) -> HttpResponse:
    """The upload form. A bundle that is taken in leads to its scan, one that is refused back to the form."""
    if request.method == "GET":
        return form_page(request, PublishForm())
    form = PublishForm(request.POST, request.FILES)
    try:
        count_upload(person(request).pk, address_of(request.META))
        if form.is_valid():
            return take_in(request, form)
        if "file" in form.errors:
            posted(request)  # tells a file that is too large from one that is missing
    except RegistryError as error:
        return refused(request, form, error)
    return form_page(request, form, status=422)


def take_in(request: HttpRequest, form: PublishForm) -> HttpResponse:
    """Publish the upload of a valid form. Raises RegistryError."""
    asked = form.cleaned_data
    done = publishing.publish(
        account=person(request),
        namespace=asked["namespace"],
        platform=asked["platform"],
        upload=posted(request),
    )
    if not done.created:
        what = f"{done.namespace}/{done.name} {done.version}"
        messages.info(request, f"{what} held these bytes already; nothing changed.")
    for warning in by_tier(done.warnings)[:WARNINGS_SHOWN]:
        messages.warning(request, f"{tier(warning['tier'])}: {warning['detail']} ({warning['code']})")
    return redirect("web:scan", done.scan_id)


def refused(request: HttpRequest, form: PublishForm, error: RegistryError) -> HttpResponse:
    """The form again, with each error beside its field and what belongs to no field above them."""
    form.is_valid()
    beside = [wrong for wrong in error.errors if wrong.field in form.fields]
    for wrong in beside:
        if wrong.field not in form.errors or error.code != NO_FILE:
            form.add_error(wrong.field, f"{wrong.detail} ({error.code})")
    return form_page(request, form, error, status=error.status)


def form_page(
    request: HttpRequest, form: PublishForm, refusal: RegistryError | None = None, *, status: int = 200
) -> HttpResponse:
    context = {
        "section": "publish",
        "form": form,
        "refusal": refusal,
        "path": refusal.members.get("error", {}).get("path") if refusal else None,
        "beside": bool(refusal and refusal.errors),
        "warnings": refusal.members.get("warnings", ()) if refusal else (),
        "namespaces": list_namespaces(person(request)),
    }
    response = render(request, "publish/form.html", context, status=status)
    for name, value in (refusal.headers if refusal else {}).items():
        response[name] = value
    return response


@require_safe
@never_cache
@as_page
def scan(request: HttpRequest, id: UUID) -> HttpResponse:
    """A scan as it runs.

    The page asks for the progress part alone every second until it is finished; then the reader is taken to the
    report.
    """
    view = get_scan(id)
    release = view.release
    finished = view.state in ("done", "failed")
    report_url = reverse("web:release", args=[release.namespace, release.name, release.version])
    live = "HX-Request" in request.headers
    context = {
        "section": "publish",
        "live": live,
        "scan": view,
        "steps": steps(view),
        "finished": finished,
        "report_url": report_url,
    }
    response = render(request, "publish/progress.html" if live else "publish/scan.html", context)
    if live and view.state == "done" and not view.quarantined_because:
        response["HX-Redirect"] = report_url
    patch_vary_headers(response, ["HX-Request"])
    return response


def steps(view: ScanView) -> tuple[Step, ...]:
    return tuple(
        Step(COLLECTORS.get(collector, collector), *STATES.get(state, ("not_applicable", state)), detail)
        for collector, state, detail in view.progress
    )
