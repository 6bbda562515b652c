"""Setting up a session: from the wishes of the command line to a Runner that only has to run.

Order matters: everything that can be wrong with the user's input is found before anything is bound or started.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pywrangler.config.resolve import Overrides, resolve
from pywrangler.errors import ConfigError, Problem, RegistryError, StartError
from pywrangler.protocol.descriptors import raise_limit
from pywrangler.session import reports as say
from pywrangler.session.packages import packages_of
from pywrangler.session.ports import PublicPort, bind_public
from pywrangler.session.private import PrivateDirectory
from pywrangler.session.registry import Registry, choose_directory
from pywrangler.session.runner import Berth, Runner, Setup
from pywrangler.session.spawn import spawn_nursery
from pywrangler.session.state import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pywrangler.config.model import Resolved, WorkerConfig
    from pywrangler.config.resolve import Resolution
    from pywrangler.session.runner import Guest, Screen
    from pywrangler.session.spawn import NurseryProcess


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked for."""

    directory: Path
    """Working directory; relative paths start here."""
    config_paths: tuple[Path, ...] | None = None
    environment: str | None = None
    overrides: Overrides = field(default_factory=Overrides)
    process_environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    strict_limits: bool = False
    test_scheduled: bool = False
    with_keys: bool = False
    is_isolated: bool = False
    """Ports, data and registry of its own, gone at the end; what the files hold at the start is what runs."""
    testing: bool = False
    """Hosts take orders of tests."""


def run_session(
    wishes: Wishes,
    screen: Screen,
    prestarted: NurseryProcess | None = None,
    spawn: Callable[[], NurseryProcess] = spawn_nursery,
    guest: Guest | None = None,
    *,
    in_main_thread: bool = True,
) -> int:
    """Run a session to its end and return its exit code; ConfigError or StartError if it cannot start.

    `prestarted` is a nursery that is already on its way; it becomes the first one. Outside the main thread no signals
    are caught: the guest has to end the session.
    """
    raise_limit()
    with ExitStack() as cleanup:
        spawner = _Spawner(prestarted, spawn)
        cleanup.callback(spawner.close)
        read_at = time.time()
        resolution = _resolve(wishes)
        for problem in resolution.warnings:
            screen.show(say.Trouble("", problem))
        for found in resolution.redirects:
            screen.show(say.Redirected(found.path, found.user_path, found.redirect))
        workers = [item.worker for item in resolution.workers]
        _refuse_https(workers)
        packages = [packages_of(worker) for worker in workers]
        private = PrivateDirectory(wishes.process_environment)
        cleanup.callback(private.remove)
        ports = _bind(wishes, workers)
        berths = []
        for index, resolved in enumerate(resolution.workers):
            cleanup.callback(ports[index].close)
            listener = private.listen(str(index))
            cleanup.callback(listener.close)
            plan = Plan(resolved, packages[index], ports[index].urls)
            path = private.path / f"{index}.sock"
            state_root = private.path / "state" if wishes.is_isolated else resolution.state_roots[index]
            berths.append(Berth(plan, ports[index], listener, path, state_root))
        runner = Runner(
            Setup(
                directory=wishes.directory,
                berths=berths,
                registry=_open_registry(wishes, private.path, screen),
                reread=_Rereader(wishes, resolution),
                spawn=spawner,
                read_at=read_at,
                strict_limits=wishes.strict_limits,
                test_scheduled=wishes.test_scheduled,
                with_keys=wishes.with_keys,
                guest=guest,
                is_fixed=wishes.is_isolated,
                in_main_thread=in_main_thread,
                testing=wishes.testing,
            ),
            screen,
        )
        return runner.run()


def _bind(wishes: Wishes, workers: Sequence[WorkerConfig]) -> list[PublicPort]:
    if wishes.is_isolated:
        return bind_ports([replace(worker, dev=replace(worker.dev, ip="localhost", port=0)) for worker in workers])
    return bind_ports(workers, in_ci=bool(wishes.process_environment.get("CI")))


def bind_ports(workers: Sequence[WorkerConfig], *, in_ci: bool = False) -> list[PublicPort]:
    """Bind a port for each Worker: those with a wish first, so that no default takes what another asks for."""
    bound: dict[int, PublicPort] = {}
    order = sorted(range(len(workers)), key=lambda index: not workers[index].dev.port)
    with ExitStack() as undo:
        for index in order:
            dev = workers[index].dev
            bound[index] = bind_public(dev.ip, dev.port, in_ci=in_ci, place=dev.port_place)
            undo.callback(bound[index].close)
        undo.pop_all()
    return [bound[index] for index in range(len(workers))]


class _Spawner:
    """Gives out the nursery that was started early, then new ones."""

    def __init__(self, prestarted: NurseryProcess | None, spawn: Callable[[], NurseryProcess]) -> None:
        self._prestarted = prestarted
        self._spawn = spawn

    def __call__(self) -> NurseryProcess:
        process, self._prestarted = self._prestarted, None
        return process or self._spawn()

    def close(self) -> None:
        """End the early nursery if nobody took it."""
        if self._prestarted is not None:
            self._prestarted.connection.close()
            self._prestarted.kill()
            self._prestarted.reap(1.0)
            self._prestarted = None


class _Rereader:
    """Resolves everything again and picks one Worker."""

    def __init__(self, wishes: Wishes, first: Resolution) -> None:
        self._wishes = wishes
        self._first = first

    def __call__(self, index: int) -> Resolved:
        known = self._first.workers[index].worker
        for resolved in _resolve(self._wishes).workers:
            worker = resolved.worker
            if worker.config_path == known.config_path:
                # A generated name is for the whole session.
                return resolved if worker.named else replace(resolved, worker=replace(worker, name=known.name))
        raise ConfigError([Problem("no-config", f"The configuration {known.config_path} is gone.")])


def _resolve(wishes: Wishes) -> Resolution:
    return resolve(
        wishes.config_paths,
        cwd=wishes.directory,
        environment=wishes.environment,
        overrides=wishes.overrides,
        process_environment=wishes.process_environment,
    )


def _open_registry(wishes: Wishes, private: Path, screen: Screen) -> Registry:
    if wishes.is_isolated:
        registry = Registry(private / "registry")
        registry.prepare()
        return registry
    registry = Registry(choose_directory(wishes.process_environment, Path.home()))
    try:
        registry.prepare()
    except RegistryError as error:
        remedy = "Until then bindings reach only the Workers of this session."
        screen.show(say.Trouble("", Problem("registry-unwritable", str(error), remedy, severity="warning")))
        registry = Registry(private / "registry")
        registry.prepare()
    return registry


def _refuse_https(workers: Sequence[WorkerConfig]) -> None:
    for worker in workers:
        if worker.dev.local_protocol == "https":
            raise StartError(
                Problem(
                    "https",
                    f'Worker "{worker.name}" asks for the local protocol https, which pywrangler does not serve yet.',
                    "Use --local-protocol http, or remove dev.local_protocol.",
                )
            )
