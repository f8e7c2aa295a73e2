"""Text Ruler: two read-only tools over standard input and output, with the Python standard library alone."""

import sys
from typing import Any

from measures import measure, repeated
from protocol import Server, Tool

READ_ONLY = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
TEXT = {"type": "string", "maxLength": 200_000, "description": "The text to measure."}


def measure_text(arguments: dict[str, Any]) -> dict[str, Any]:
    return dict(measure(arguments["text"], arguments["words_per_minute"]))


def repeated_words(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"words": repeated(arguments["text"], arguments["shortest"], arguments["limit"])}


TOOLS = [
    Tool(
        definition={
            "name": "measure_text",
            "title": "Measure text",
            "description": "Count the words, sentences and paragraphs of a text and estimate its reading time.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "text": TEXT,
                    "words_per_minute": {
                        "type": "integer",
                        "minimum": 60,
                        "maximum": 600,
                        "default": 230,
                        "description": "Reading speed.",
                    },
                },
                "required": ["text"],
                "additionalProperties": False,
            },
            "annotations": READ_ONLY,
        },
        run=measure_text,
    ),
    Tool(
        definition={
            "name": "repeated_words",
            "title": "Repeated words",
            "description": "List the words a text repeats most, leaving out short ones.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "text": TEXT,
                    "shortest": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 30,
                        "default": 5,
                        "description": "Letters a word needs to be counted.",
                    },
                    "limit": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 50,
                        "default": 10,
                        "description": "How many words to list.",
                    },
                },
                "required": ["text"],
                "additionalProperties": False,
            },
            "annotations": READ_ONLY,
        },
        run=repeated_words,
    ),
]

if __name__ == "__main__":
    Server("text-ruler", "1.0.0", TOOLS).serve(sys.stdin.buffer, sys.stdout)
