"""Log records as JSON lines, one object a line, for machines that collect stderr."""

import json
import logging
from datetime import UTC, datetime

# What every record carries; anything else came through `extra=` and is a field of its own.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Formats a record as `{"time", "level", "logger", "message", ...extra, "traceback"?}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        extra = vars(record).keys() - _STANDARD - line.keys()
        line |= {name: getattr(record, name) for name in sorted(extra)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)
