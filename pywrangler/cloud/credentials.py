"""Who asks, and where: token, account and address of the API from the environment (spec/deploy-api.md, section 1).

A token goes over https only; over plain http only to this machine, for tests.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pywrangler.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ADDRESS = "https://api.cloudflare.com/client/v4"
ADDRESS = "CLOUDFLARE_API_BASE_URL"
TOKEN = "CLOUDFLARE_API_TOKEN"
KEY = "CLOUDFLARE_API_KEY"
EMAIL = "CLOUDFLARE_EMAIL"
ACCOUNT = "CLOUDFLARE_ACCOUNT_ID"
_OLD_NAMES = {
    TOKEN: "CF_API_TOKEN",
    KEY: "CF_API_KEY",
    EMAIL: "CF_EMAIL",
    ACCOUNT: "CF_ACCOUNT_ID",
    ADDRESS: "CF_API_BASE_URL",
}
_NO_TOKEN = (
    f"It's necessary to set a {TOKEN} environment variable for this command to work.\n"
    'Make a token at https://dash.cloudflare.com/profile/api-tokens (template "Edit Cloudflare Workers"), and set it\n'
    "in the environment or in .env in this directory."
)


@dataclass(frozen=True, slots=True)
class Access:
    """What every request needs. The headers hold the token, so they are part of no representation."""

    address: str
    headers: Mapping[str, str] = field(repr=False)
    account_id: str | None = None
    warnings: tuple[str, ...] = ()


def read_access(environment: Mapping[str, str]) -> Access:
    """Return the access that the environment describes; CloudError if something is missing or unsafe."""
    found = {name: environment.get(name) or environment.get(old) or "" for name, old in _OLD_NAMES.items()}
    warnings = tuple(
        f'Using "{old}" environment variable. This is deprecated. Please use "{name}", instead.'
        for name, old in _OLD_NAMES.items()
        if not environment.get(name) and environment.get(old)
    )
    for name in (TOKEN, KEY, EMAIL):
        if not found[name].isprintable() or not found[name].isascii():
            raise CloudError(f"The value of {name} cannot be sent: it holds a character that no header may have.")
    if found[TOKEN]:
        headers = {"Authorization": f"Bearer {found[TOKEN]}"}
    elif found[KEY] and found[EMAIL]:
        headers = {"X-Auth-Key": found[KEY], "X-Auth-Email": found[EMAIL]}
    else:
        raise CloudError(_NO_TOKEN)
    return Access(_checked_address(found[ADDRESS] or DEFAULT_ADDRESS), headers, found[ACCOUNT] or None, warnings)


def _checked_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"} or parts.username is not None or parts.query or parts.fragment:
        raise CloudError(f"{ADDRESS} has to be an address like {DEFAULT_ADDRESS}.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise CloudError(f"{ADDRESS} is a plain http address: the API token would be readable on the way to {host}.")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
