"""The addresses of the pages."""

from django.urls import path

from registry.web.views import account, catalog, framework, publish, server

app_name = "web"
urlpatterns = [
    path("", catalog.home, name="home"),
    path("servers", catalog.search, name="search"),
    path("servers/<str:namespace>/<str:name>", server.server, name="server"),
    path("servers/<str:namespace>/<str:name>/<str:version>", server.server, name="release"),
    path("controls", framework.controls, name="controls"),
    path("controls/<slug:id>", framework.control, name="control"),
    path("methodology", framework.methodology, name="methodology"),
    path("publish", publish.publish, name="publish"),
    path("scans/<uuid:id>", publish.scan, name="scan"),
    path("sign-in", account.SignIn.as_view(), name="sign-in"),
    path("sign-up", account.sign_up, name="sign-up"),
    path("sign-out", account.SignOut.as_view(), name="sign-out"),
    path("account", account.account, name="account"),
    path("account/tokens/<int:id>/revoke", account.revoke, name="revoke-token"),
]
