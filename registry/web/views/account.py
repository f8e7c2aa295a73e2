"""Signing in, up and out, and a person's API tokens."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from registry.limits import address_of, count_account, count_failure, refuse_guesser
from registry.tokens import create_token, list_tokens, revoke_token
from registry.web.forms import SignInForm, SignUpForm, TokenForm
from registry.web.problems import as_page

SIGN_IN = reverse_lazy("web:sign-in")

signed_in = login_required(login_url=SIGN_IN, redirect_field_name="next")
"""For views of people with an account: others are asked to sign in and come back."""


class SignIn(LoginView):
    template_name = "account/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    next_page = "web:account"

    @method_decorator(as_page)
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Raises RegistryError (429), which becomes a page: before a password is tried, and after a wrong one."""
        refuse_guesser(address_of(request.META))
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        count_failure(address_of(self.request.META))
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"section": "sign-in", "next_page": self.get_redirect_url()}


class SignOut(LogoutView):
    next_page = "web:home"


@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "POST"])
@as_page
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make an account and sign it in."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        count_account(address_of(request.META))
        login(request, form.save())
        return redirect(wanted if own_address(request, wanted) else reverse("web:publish"))
    context = {"form": form, "section": "sign-in", "next_page": wanted}
    return render(request, "account/sign_up.html", context, status=422 if form.errors else 200)


def own_address(request: HttpRequest, url: str) -> bool:
    """Whether an address leads back to this site, so that nobody can use sign-up to send people elsewhere."""
    return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())


@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """A person's tokens. A new one is in the answer to its own form and nowhere else."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    created = ""
    if form.is_valid():
        _, created = create_token(user=person(request), name=form.cleaned_data["name"])
        form = TokenForm()
    context = {
        "section": "account",
        "form": form,
        "created": created,
        "tokens": list_tokens(person(request)),
    }
    return render(request, "account/account.html", context, status=422 if form.errors else 200)


@signed_in
@require_POST
def revoke(request: HttpRequest, id: int) -> HttpResponse:
    """Withdraw one of one's own tokens."""
    if not revoke_token(user=person(request), token_id=id):
        raise Http404
    return redirect("web:account")


def person(request: HttpRequest) -> User:
    """The signed-in account; only behind `signed_in`."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user
