"""From a document to the `WorkerConfig` of one environment, with every problem found on the way.

Only the selected environment and the top level are looked at. With an environment, the top level is read as well, but
only its errors and unknown keys are told: what it warns about does not concern the run. Flags of the command line
replace the values of their keys before those are judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pywrangler.config import core
from pywrangler.config.compat import DEFAULT_DATE, PYTHON_FLAG, contradictions, derive
from pywrangler.config.diagnostics import Node, Report
from pywrangler.config.environments import Layers, check_keys, select
from pywrangler.config.level import Level, effective_name, read_level
from pywrangler.config.model import Assets, Compat, Dev, WorkerConfig
from pywrangler.config.overrides import NO_OVERRIDES, Overrides
from pywrangler.config.paths import absolute, is_directory, is_file, names_in
from pywrangler.config.suggest import did_you_mean
from pywrangler.config.unused import warn_unused
from pywrangler.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.config.document import Document

_REMOVED = {
    "legacy_env": ("Every environment is a Worker of its own.", 'Remove "legacy_env".'),
    "node_compat": ("It has no meaning for Python.", 'Remove "node_compat".'),
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A config of one environment; `worker` is None if errors make it useless."""

    worker: WorkerConfig | None
    problems: tuple[Problem, ...]
    labels: dict[str, str] = field(default_factory=dict)
    """Names in `env` that are neither variables nor secrets, with the kind of binding."""


def parse(
    document: Document,
    *,
    config_path: Path,
    environment: str | None = None,
    overrides: Overrides = NO_OVERRIDES,
    cwd: Path | None = None,
    is_redirected: bool = False,
) -> Parsed:
    """Return the Worker that `document` describes for `environment` (None or "": the top level).

    Paths in the document start at its own directory; `config_path` is the user's config, which differs for a
    redirected document. Paths in `overrides` start at `cwd`. The disk is asked only whether named files exist.
    """
    report = Report(document, ignore_unknown=is_redirected)
    top = Node(report, (), {} if document.value == [] else core.as_javascript(document.value))
    if not isinstance(top.value, dict):
        top.error("wrong-type", "The configuration has to be an object.", 'Begin with "{" and end with "}".')
        return Parsed(None, tuple(report.problems))
    for trail, _ in document.duplicates:
        report.warning("duplicate-key", trail, f'The key "{trail[-1]}" appears twice; this one counts.', key=True)
    if not is_redirected:
        _check_removed(top)
    layers = select(top, environment)
    if layers.env is not None:
        aside = Report(document, ignore_unknown=is_redirected)
        aside_top = Node(aside, (), top.value)
        read_level(Layers(aside_top, None, None), config_path, environment=None)
        report.problems += [
            problem for problem in aside.problems if problem.severity == "error" or problem.code == "unknown-key"
        ]
    check_keys(layers)
    warn_unused(layers)
    return _Assembly(report, layers, config_path, overrides, cwd or config_path.parent).finish()


def _check_removed(top: Node) -> None:
    for key, (reason, remedy) in _REMOVED.items():
        if top.has(key):
            top.child(key).error("removed", f'"{key}" is no longer supported. {reason}', remedy, key=True)
    if top.has("pages_build_output_dir"):
        top.child("pages_build_output_dir").error(
            "pages", "This is the configuration of a Pages project, not of a Worker.", key=True
        )
    site = top.child("site")
    if site.has("entry-point") and top.has("main"):
        what = '"main" and "site.entry-point" exclude each other.'
        site.child("entry-point").error("not-allowed", what, 'Keep "main".', key=True)


# ---- putting it together --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Assembly:
    report: Report
    layers: Layers
    config_path: Path
    overrides: Overrides
    cwd: Path

    def finish(self) -> Parsed:
        level = read_level(self.layers, self.config_path, environment=self.layers.name)
        name, is_named, name_node = self._name()
        build = core.read_build(self.layers.inherited("build"), self._base)
        dev = self._dev()
        assets = self._assets(level, is_built=build is not None)
        main, main_node = self._main(is_built=build is not None)
        compat = self._compat()
        self._check_main(main, main_node, assets, compat)
        self._check_assets(assets, main)
        labels = {named.name: named.label for named in level.names if named.label != "Environment Variable"}
        place = self.report.document.place
        vars_trail = self.layers.own("vars").trail
        worker = WorkerConfig(
            name=name,
            config_path=self.config_path,
            main=main,
            compat=compat,
            environment=self.layers.name,
            vars=level.vars,
            var_places={key: place((*vars_trail, key), key=True) for key in level.vars},
            secrets_required=level.secrets,
            durable_objects=level.durable_objects,
            durable_object_classes=level.classes,
            services=level.services,
            assets=assets,
            queue_consumers=level.consumers,
            tail_consumers=level.tail_consumers,
            crons=level.crons,
            others=level.others,
            rules=level.rules,
            dev=dev,
            build=build,
            first_route_host=self._route_host(level),
            zone_name=level.zone_name if self.overrides.routes is None else None,
            settings=level.settings,
            named=is_named,
            main_place=place(main_node.trail) if main_node.exists and self.overrides.script is None else None,
            name_place=place(name_node.trail) if name_node.exists else None,
        )
        problems = sorted(self.report.problems, key=_line)
        return Parsed(worker, tuple(problems), labels)

    @property
    def _base(self) -> Path:
        return self.report.document.path.parent

    def _flag_error(self, code: str, what: str, remedy: str = "") -> None:
        self.report.problems.append(Problem(code, what, remedy))

    def _name(self) -> tuple[str, bool, Node]:
        env, top = self.layers.env, self.layers.top.child("name")
        node = env.child("name") if env is not None and env.has("name") else top
        for candidate in {top.trail: top, node.trail: node}.values():
            if candidate.exists and candidate.expect(str, "of type string") and candidate.value:
                fault = core.name_fault(candidate.value)
                if fault:
                    candidate.error("name", fault)
        suffix = self.layers.name
        if suffix and not core.ENVIRONMENT.fullmatch(suffix):
            self._flag_error("name", f'The environment name "{suffix}" cannot be part of a Worker\'s name.')
        if self.overrides.name is not None:
            fault = core.name_fault(self.overrides.name)
            if fault:
                self._flag_error("name", fault.replace('"name"', "--name"))
            return self.overrides.name, True, node
        is_named = isinstance(node.value, str) and bool(node.value)
        return effective_name(self.layers, self.config_path, suffix), is_named, node

    def _dev(self) -> Dev:
        dev, given = core.read_dev(self.layers.top.child("dev")), self.overrides
        return Dev(
            ip=given.ip or dev.ip,
            port=dev.port if given.port is None else given.port,
            local_protocol=given.local_protocol or dev.local_protocol,
            host=given.host or dev.host,
            port_place=dev.port_place if given.port is None else None,
            generate_types=dev.generate_types,
        )

    def _route_host(self, level: Level) -> str | None:
        if not self.overrides.infer_origin:
            return None
        if self.overrides.routes is None:
            return level.route_host
        return next((host for host in map(core.route_host, self.overrides.routes) if host), None)

    def _compat(self) -> Compat:
        date_node = self.layers.inherited("compatibility_date")
        date, flags = self.overrides.compatibility_date, self.overrides.compatibility_flags
        if date is not None:
            what, remedy = core.date_fault(date)
            if what:
                self._flag_error(
                    "compatibility-date", what.replace('"compatibility_date"', "--compatibility-date"), remedy
                )
        elif date_node.expect(str, "of type string"):
            what, remedy = core.date_fault(date_node.value)
            if what:
                date_node.error("compatibility-date", what, remedy)
            else:
                date = date_node.value
        elif not date_node.exists:
            what = f"No compatibility_date was specified. Using the default compatibility date: {DEFAULT_DATE}."
            self.layers.top.warning("compatibility-date", what, f'Add "compatibility_date": "{DEFAULT_DATE}".')
        flags_node = self.layers.inherited("compatibility_flags")
        configured = flags_node.strings()
        flags = configured if flags is None else flags
        for on, off in contradictions(flags):
            flags_node.error(
                "compatibility-flags", f'The compatibility flags "{on}" and "{off}" contradict each other.'
            )
        return derive(date or DEFAULT_DATE, flags)

    def _assets(self, level: Level, *, is_built: bool) -> Assets | None:
        assets, given = level.assets, self.overrides.assets
        if given is not None:
            directory = absolute(self.cwd, given)
            if not is_directory(directory):
                self._flag_error("assets", f'The directory given with --assets does not exist: "{directory}".')
            if assets is None:
                return Assets(directory)
            return Assets(
                directory, assets.binding, assets.html_handling, assets.not_found_handling, assets.run_worker_first
            )
        if assets is None or level.assets_directory is None:
            return None
        node = level.assets_directory
        if not node.exists:
            self.layers.inherited("assets").require("directory")
        elif isinstance(node.value, str) and node.value and not is_built and not is_directory(assets.directory):
            what = f'The directory of "{node.label}" does not exist: "{assets.directory}".'
            node.error("assets", what, "Create it, or correct the path; it starts at the configuration file.")
        return assets

    def _check_assets(self, assets: Assets | None, main: Path | None) -> None:
        if assets is None:
            return
        node = self.layers.inherited("assets")
        if main is None and not self.layers.inherited("main").exists:
            for key, is_set in (("binding", assets.binding), ("run_worker_first", assets.run_worker_first)):
                if is_set:
                    what = f'"{node.label}.{key}" needs a Worker script.'
                    node.child(key).error("assets", what, 'Add "main", or remove it.', key=True)
        directory = node.child("directory")
        is_known = self.overrides.assets is not None or (isinstance(directory.value, str) and directory.value)
        if is_known and self.config_path.is_relative_to(assets.directory):
            what = f'The assets directory "{assets.directory}" holds the configuration itself.'
            (directory if directory.exists else node).warning(
                "assets", what, "Everything in it is published; keep the files to serve in a directory of their own."
            )

    def _main(self, *, is_built: bool) -> tuple[Path | None, Node]:
        node = self.layers.inherited("main")
        if self.overrides.script is not None:
            main = absolute(self.cwd, self.overrides.script)
            if not is_file(main):
                self._flag_error("main-not-found", f'The entry-point file "{self.overrides.script}" was not found.')
            return main, node
        if not node.expect(str, "of type string"):
            return None, node
        if not node.value:
            node.error("empty", f'"{node.label}" must not be empty.')
            return None, node
        main = absolute(self._base, node.value)
        if main.suffix == ".py" and not is_built and not is_file(main):
            node.error("main-not-found", f'The entry-point file at "{node.value}" was not found.', _main_remedy(main))
        return main, node

    def _check_main(self, main: Path | None, node: Node, assets: Assets | None, compat: Compat) -> None:
        if main is None:
            if not node.exists and assets is None:
                what = "Missing entry-point to Worker script or to assets directory."
                remedy = 'Add "main": "src/entry.py" (and "compatibility_flags": ["python_workers"]), or "assets".'
                self.layers.top.error("no-entry-point", what, remedy)
            return
        if main.suffix != ".py":
            what = f'"{main.name}" is not a Python file; pywrangler runs Python Workers.'
            remedy = "Run this Worker with wrangler: the two find each other through the registry."
            if self.overrides.script is None:
                node.error("not-python", what, remedy)
            else:
                self._flag_error("not-python", what, remedy)
        elif PYTHON_FLAG not in compat.flags:
            flags = self.layers.inherited("compatibility_flags")
            where = flags if flags.exists and self.overrides.script is None else node
            where.error(
                "python-flag",
                f"The `{PYTHON_FLAG}` compatibility flag is required to use Python.",
                f'Add "compatibility_flags": ["{PYTHON_FLAG}"].',
                key=where is flags,
            )


def _line(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


def _main_remedy(main: Path) -> str:
    if not is_directory(main.parent):
        return f'There is no directory "{main.parent}".'
    names = [name for name in names_in(main.parent) if name.endswith(".py")]
    near = did_you_mean(main.name, names)
    if not near and names:
        near = f"The directory holds {', '.join(names[:5])}."
    return near or "The path starts at the directory of the configuration file."
