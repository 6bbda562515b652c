"""The loggers of the bridges: in a Worker that configured no logging, what they say looks like all else said there.

An exception is shown by its headline and the Worker's own lines, as one that no application caught. A Worker that
configured logging, or a handler for the logger, gets the records and nothing besides.
"""

from __future__ import annotations

import logging

from pywrangler.runtime import context


class _Terminal(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if logging.root.handlers:
            return  # These have the record.
        text = record.getMessage()
        problem = record.exc_info[1] if record.exc_info else None
        if problem is not None:
            context.report_early(problem, f"{text}: ")
        else:
            context.log("error" if record.levelno >= logging.ERROR else "warn", text)


def reporting(name: str) -> logging.Logger:
    """Return the logger of a bridge."""
    logger = logging.getLogger(name)
    if not logger.handlers:
        logger.addHandler(_Terminal(logging.WARNING))
    return logger
