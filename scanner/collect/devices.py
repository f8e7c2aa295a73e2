"""What a server can do to the machine it runs on, told from the libraries that its own code imports."""

from collections.abc import Iterable, Iterator
from typing import Final

from trust.facts import Import
from trust.finding import Observation
from trust.vocabulary import Signal

LIBRARIES: Final[dict[Signal, frozenset[str]]] = {
    Signal.CLIPBOARD: frozenset(
        {"pyperclip", "clipboard", "pyperclip3", "clipboardy", "copy-paste", "@napi-rs/clipboard", "clipboard-event"}
    ),
    Signal.SCREEN: frozenset(
        {"mss", "PIL.ImageGrab", "pyscreenshot", "pyautogui", "screenshot-desktop", "node-screenshots", "robotjs"}
    ),
    Signal.INPUT_DEVICES: frozenset(
        {
            "pyautogui",
            "pynput",
            "keyboard",
            "mouse",
            "robotjs",
            "@nut-tree/nut-js",
            "@nut-tree-fork/nut-js",
            "uiautomation",
        }
    ),
    Signal.RECORDING: frozenset(
        {"cv2", "pyaudio", "sounddevice", "node-webcam", "mic", "node-record-lpcm16", "speech_recognition"}
    ),
}
"""Packages whose purpose is the capability, by the names they are imported under on PyPI and npm."""


def devices(imports: Iterable[Import]) -> Iterator[Observation]:
    """One observation for each import of a library that reaches clipboard, screen, keyboard, camera or microphone."""
    for imported in imports:
        names = {imported.module, *_parents(imported.module)}
        for signal, libraries in LIBRARIES.items():
            if names & libraries:
                yield Observation(signal, imported.path, imported.line, imported.module)


def _parents(module: str) -> Iterator[str]:
    """`PIL` of `PIL.ImageGrab.grab`, `clipboardy` of `clipboardy/lib`; a scope keeps its package."""
    separator = "/" if "/" in module else "."
    parts = module.split(separator)
    for end in range(1, len(parts)):
        yield separator.join(parts[:end])
