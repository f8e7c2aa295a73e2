"""Bundles in and out: upload and download."""

from http import HTTPStatus

from django.contrib.auth.models import User
from django.http import FileResponse, HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from registry import publishing, queries
from registry.api import payloads, schemas
from registry.api.authentication import BearerToken, MayPublish
from registry.api.parameters import only
from registry.api.views import FOREVER, MOMENTARY, ApiView, answer, wsgi
from registry.downloads import choose, count_download
from registry.limits import address_of, count_upload
from registry.queries.releases import LATEST
from registry.store import store
from registry.uploads import receive


class BundleUpload(ApiView):
    authentication_classes = [BearerToken]
    permission_classes = [MayPublish]

    @extend_schema(
        operation_id="publish_bundle",
        summary="Publish a bundle",
        request={"multipart/form-data": schemas.UPLOAD},
        responses={
            201: schemas.Published,
            200: schemas.Published,
            **schemas.refusals(400, 401, 403, 409, 413, 415, 422, 429, 503),
        },
        auth=["token"],
        tags=["publishing"],
    )
    def post(self, request: Request) -> HttpResponse:
        """201 with the release and its queued scan; 200 when the same bytes are there already; 409 when the version
        exists with other bytes. A refused bundle answers 422 with the code, the place and what to do.
        """
        only(request.query_params)
        account = request.user
        if not isinstance(account, User):
            raise NotAuthenticated  # the permission has seen to it; this tells the type
        count_upload(account.pk, address_of(request.META))
        with receive(wsgi(request)) as form:
            result = publishing.publish(
                account=account,
                namespace=form.fields.get("namespace", "").strip(),
                upload=form.upload,
                platform=form.fields.get("platform", "").strip() or publishing.ANY_PLATFORM,
                provenance=form.fields.get("provenance", ""),
            )
        document = payloads.published(result)
        response = answer(document, status=HTTPStatus.CREATED if result.created else HTTPStatus.OK, cache="no-store")
        response.headers["Location"] = document["release"]["url"]
        return response


class BundleDownload(ApiView):
    @extend_schema(
        operation_id="download_bundle",
        summary="The bytes of a release",
        parameters=[schemas.OS, schemas.ARCH],
        responses={(200, "application/octet-stream"): schemas.BINARY, **schemas.refusals(400, 404)},
        tags=["releases"],
    )
    def get(self, request: Request, namespace: str, name: str, version: str) -> HttpResponseBase:
        """The file for the system that `os` and `arch` name, else the one for any system. The ETag is its SHA-256."""
        wanted = only(request.query_params, "os", "arch")
        page = queries.get_release(namespace, name, version)
        bundle = choose(page.bundles, wanted.get("os"), wanted.get("arch"))
        etag = f'"{bundle.sha256}"'
        headers = {"ETag": etag, "Cache-Control": MOMENTARY if version == LATEST else FOREVER}
        if request.method == "HEAD" or etag in request.headers.get("If-None-Match", ""):
            return HttpResponse(  # the edge makes a 304 of it where the caller has these bytes
                content_type="application/octet-stream", headers=headers | {"Content-Length": str(bundle.size)}
            )
        response = FileResponse(
            store().open(bundle.sha256),
            as_attachment=True,
            filename=bundle.filename,
            content_type="application/octet-stream",
            headers=headers | {"Content-Length": str(bundle.size)},
        )
        count_download(bundle.sha256, namespace, name, page.version, bundle.platform)
        return response
