"""A refusal as a page: the one place where a RegistryError becomes HTML."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry.errors import RegistryError

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def as_page(view: View[P]) -> View[P]:
    """Answer a RegistryError that the view does not handle beside a field with a page of its own."""

    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except RegistryError as error:
            return problem_page(request, error)

    update_wrapper(answer, view)
    return answer


def problem_page(request: HttpRequest, error: RegistryError) -> HttpResponse:
    response = render(request, "problem.html", {"problem": error}, status=error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response
