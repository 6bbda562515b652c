"""Secrets of a deployed Worker: the same operations as on the local file, through Cloudflare's API."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pywrangler.cli.prompts import choose, confirm, is_interactive
from pywrangler.cli.style import block, style_for
from pywrangler.cli.targets import choose_target, find_targets
from pywrangler.cloud.accounts import find_accounts, several
from pywrangler.cloud.client import Client
from pywrangler.cloud.credentials import Access, read_access
from pywrangler.cloud.secrets import UNKNOWN_WORKER, Secrets
from pywrangler.config.variables import ENVIRONMENT
from pywrangler.errors import CloudError, Problem, StartError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Awaitable, Callable, Mapping

T = TypeVar("T")
BULK_LIMIT = 100


@dataclass(frozen=True, slots=True)
class RemoteSecrets:
    """The secrets of one deployed Worker."""

    access: Access
    worker: str
    account_id: str | None

    @classmethod
    def of(cls, options: Namespace, environment: Mapping[str, str]) -> RemoteSecrets:
        """Return those of the Worker that the flags mean; no config is needed with --name."""
        access = read_access(environment)
        for warning in access.warnings:
            _warn(warning)
        targets = find_targets(options, environment)
        if options.name is None or len(targets) == 1:
            target = targets[0] if options.name is not None else choose_target(options, environment)
            name, chosen = target.worker.name, target.worker.environment
            if options.name is None and not target.worker.named:
                what = "Required Worker name missing."
                raise StartError(Problem("name", what, 'Add "name" to the configuration, or give it with --name.'))
            if options.env is None and chosen is None and target.environments and options.subcommand != "list":
                _warn_of_environments(target.environments, options.name or name)
            account = target.worker.settings.get("account_id")
        else:
            name, account = "", None
            chosen = (environment.get(ENVIRONMENT) if options.env is None else options.env) or None
        if options.name is not None:
            name = f"{options.name}-{chosen}" if chosen else options.name
        return cls(access, name, account or access.account_id)

    @property
    def where(self) -> str:
        """Words for a message."""
        return f'on the Worker "{self.worker}"'

    def put(self, name: str, value: str) -> None:
        """Set one secret."""
        print(f'🌀 Creating the secret for the Worker "{self.worker}"')
        self._run(lambda secrets: _creating(secrets, lambda: secrets.put(name, value)), [value])
        print(f"✨ Success! Uploaded secret {name}")

    def names(self) -> list[tuple[str, str]]:
        """Return name and type of each secret."""

        async def ask(secrets: Secrets) -> list[tuple[str, str]]:
            try:
                return await secrets.names()
            except CloudError as error:
                if UNKNOWN_WORKER.isdisjoint(error.codes):
                    raise
                raise CloudError(
                    f'Worker "{self.worker}" not found.\n'
                    "If this is a new Worker, deploy it first; else check its name and the environment.",
                    error.codes,
                ) from None

        return self._run(ask)

    def check(self, name: str) -> None:
        """Do nothing: the API tells about a name that does not exist."""

    def delete(self, name: str) -> None:
        """Remove one secret."""
        print(f"🌀 Deleting the secret {name} on the Worker {self.worker}")
        self._run(lambda secrets: secrets.delete(name))
        print(f"✨ Success! Deleted secret {name}")

    def change(self, changes: Mapping[str, str | None]) -> None:
        """Set and remove secrets, all or none."""
        if len(changes) > BULK_LIMIT:
            what = f"The API takes up to {BULK_LIMIT} secrets at once, these are {len(changes)}."
            raise StartError(Problem("usage", what, "Nothing was changed."))
        values = [value for value in changes.values() if value is not None]
        self._run(lambda secrets: _creating(secrets, lambda: secrets.change(changes)), values)

    def _run(self, action: Callable[[Secrets], Awaitable[T]], hidden: list[str] | None = None) -> T:
        async def main() -> T:
            async with Client(self.access, hidden or ()) as client:
                account = self.account_id or await _choose_account(client)
                return await action(Secrets(client, account, self.worker))

        return asyncio.run(main())


def _warn_of_environments(names: tuple[str, ...], worker: str) -> None:
    _warn(
        "Multiple environments are defined in the configuration, but no target environment was specified.",
        f'This acts on "{worker}". Choose with --env; there is {", ".join(names)}. --env="" means the top level.',
    )


async def _choose_account(client: Client) -> str:
    accounts = await find_accounts(client)
    if len(accounts) == 1:
        return accounts[0].id
    if not is_interactive():
        raise several(accounts)
    return accounts[choose("Select an account", [f"{account.name} ({account.id})" for account in accounts])].id


async def _creating(secrets: Secrets, action: Callable[[], Awaitable[None]]) -> None:
    """Do it; if there is no such Worker, ask whether to create it, and do it again."""
    try:
        await action()
    except CloudError as error:
        if UNKNOWN_WORKER.isdisjoint(error.codes):
            raise
        question = (
            f'There doesn\'t seem to be a Worker called "{secrets.worker}". Do you want to create a new Worker with '
            "that name and add secrets to it?"
        )
        if not confirm(question):
            raise CloudError(f'There is no Worker "{secrets.worker}". Nothing was changed.', error.codes) from None
        print(f'🌀 Creating new Worker "{secrets.worker}"...')
        await secrets.create_worker()
        await action()


def _warn(what: str, remedy: str = "") -> None:
    sys.stderr.write(block(style_for(sys.stderr, os.environ), "warning", what, remedy))
