"""Which account is meant (spec/deploy-api.md, section 1): the configured one, else the only one of the token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.cloud.client import Client

PAGE_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Account:
    """An account that the token may use."""

    id: str
    name: str


async def find_accounts(client: Client) -> tuple[Account, ...]:
    """Return the accounts of the token, at least one; CloudError if there is none."""
    found: dict[str, Account] = {}
    failure: CloudError | None = None
    for path in ("/accounts", "/memberships"):
        try:
            async for item in _pages(client, path):
                entry = item.get("account", item) if path == "/memberships" else item
                if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                    found.setdefault(entry["id"], Account(entry["id"], str(entry.get("name", ""))))
        except CloudError as error:
            failure = failure or error  # A token may be allowed to ask for one of the two.
    if found:
        return tuple(found.values())
    if failure is not None:
        raise failure
    raise CloudError(
        "Failed to automatically retrieve account IDs for the token: it may use none.\n"
        'Set "account_id" in the configuration, or CLOUDFLARE_ACCOUNT_ID in the environment.'
    )


def several(accounts: tuple[Account, ...]) -> CloudError:
    """Return the error for a choice that nobody is there to make."""
    listed = "\n".join(f"  {account.name or '(no name)'}: {account.id}" for account in accounts)
    return CloudError(
        "More than one account available but unable to select one in non-interactive mode.\n"
        'Set "account_id" in the configuration, or CLOUDFLARE_ACCOUNT_ID in the environment. Available accounts are:\n'
        f"{listed}"
    )


async def _pages(client: Client, path: str) -> Any:
    for page in range(1, PAGE_LIMIT + 1):
        answer = await client.call("GET", path, query=f"page={page}")
        for item in _objects(answer.result):
            yield item
        total = answer.info.get("total_pages")
        if not isinstance(total, int) or page >= total:
            return


def _objects(result: Any) -> Iterator[dict[str, Any]]:
    if isinstance(result, list):
        yield from (item for item in result if isinstance(item, dict))
