"""What the Worker does, apart from when: plain functions, easy to test."""

from datetime import UTC, datetime, timedelta


class BadJob(Exception):
    """A job that makes no sense, however often it is tried."""


def perform(job):
    """Do one job and return a line for the log."""
    if not isinstance(job, dict) or not isinstance(job.get("kind"), str):
        raise BadJob("a job is an object with a `kind`")
    if job["kind"] == "greet":
        return f"Hello, {job.get('name', 'World')}!"
    raise BadJob(f"there is no job of the kind {job['kind']!r}")


def clean_up(now, kept_days):
    """Return what is too old at `now` (seconds since the epoch); a real Worker would delete it."""
    limit = datetime.fromtimestamp(now, UTC) - timedelta(days=kept_days)
    return f"Everything before {limit:%Y-%m-%d} can go."
