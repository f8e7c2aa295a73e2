"""The forms of signed-in people. Searching has none: its query string is read by `registry.queries`."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UserCreationForm

from registry.models import NAMESPACE_PATTERN

if TYPE_CHECKING:  # generic for the type checker only
    from django.contrib.auth.models import User

    NewAccountForm = UserCreationForm[User]
else:
    NewAccountForm = UserCreationForm

PLATFORMS = (
    ("any", "Any platform"),
    ("darwin", "macOS"),
    ("darwin-arm64", "macOS on ARM"),
    ("darwin-x64", "macOS on Intel"),
    ("linux", "Linux"),
    ("linux-arm64", "Linux on ARM"),
    ("linux-x64", "Linux on x64"),
    ("win32", "Windows"),
    ("win32-arm64", "Windows on ARM"),
    ("win32-x64", "Windows on x64"),
)


class PublishForm(forms.Form):
    """What is asked before a bundle is taken in. What is inside is judged by publishing, not here."""

    file = forms.FileField(
        label="Bundle",
        help_text="One .mcpb file, as “mcpb pack” writes it.",
        error_messages={"required": "Choose the .mcpb file to publish.", "empty": "This file is empty."},
        widget=forms.FileInput(attrs={"accept": ".mcpb,.dxt,application/zip"}),
    )
    namespace = forms.RegexField(
        NAMESPACE_PATTERN,
        label="Namespace",
        max_length=64,
        help_text="Where it is published, such as acme. The first upload to a free name makes it yours.",
        error_messages={
            "required": "Name the namespace to publish in.",
            "invalid": "Use lower-case letters, digits, dots and hyphens; begin and end with a letter or digit.",
        },
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "list": "namespaces"}),
    )
    platform = forms.ChoiceField(label="Platform", choices=PLATFORMS, initial="any", help_text="Where this file runs.")


class TokenForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=100,
        help_text="What will use it, such as “laptop” or “release job”.",
        error_messages={"required": "Give the token a name, so that you know later which one to revoke."},
    )


class SignInForm(AuthenticationForm):
    """Django's own, with the marks that password managers look for (which it brings) and nothing else."""


class SignUpForm(NewAccountForm):
    """A name and a password; nothing that is not needed is asked."""
