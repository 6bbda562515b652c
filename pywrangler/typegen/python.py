"""The `.pyi` of a Python Worker: `Env`, and a stub class for each class that a binding leads to (spec/types.md, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.typegen.annotations import Annotations
from pywrangler.typegen.copies import Copies
from pywrangler.typegen.kinds import KINDS
from pywrangler.typegen.members import Member, Members
from pywrangler.typegen.names import Names, comment, is_attribute, pascal_case, quoted
from pywrangler.typegen.samples import Samples
from pywrangler.typegen.signatures import INDENT, method_lines
from pywrangler.typegen.surface import workflow_event
from pywrangler.typegen.targets import DEFAULT, Targets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pywrangler.errors import Problem
    from pywrangler.typegen.project import Level, Project
    from pywrangler.typegen.source import SourceTree
    from pywrangler.typegen.targets import Target

# The file has to be valid beside Cloudflare's SDK alone, too: our module is missing then, and its classes are `Any`.
HEAD = (
    '# mypy: allow-subclassing-any, disable-error-code="import-not-found"',
    "# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false",
)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A binding that leads to a class."""

    name: str
    kind: str
    """`object`, `service` or `workflow`."""
    target: Target


def write_stub(
    project: Project, directory: Path, *, env_interface: str, strict_vars: bool, include_env: bool
) -> tuple[str, tuple[Problem, ...]]:
    """Return the text of the stub (without its header) for a file in `directory`, and warnings."""
    stub = _Stub(project, directory, strict_vars=strict_vars)
    text = stub.write(env_interface, include_env=include_env)
    return text, (*project.source_problems, *stub.targets.problems)


class _Stub:
    def __init__(self, project: Project, directory: Path, *, strict_vars: bool) -> None:
        self._levels = project.levels
        self._environments = [level.environment for level in project.levels]
        self._directory = directory
        self.targets = Targets(project)
        self._bound = {level.environment: list(self._find(level)) for level in project.levels}
        self._names = Names(self._taken())
        self._samples = Samples(self._names, strict=strict_vars, has_jsnull=project.levels[0].worker.compat.jsnull)
        self._copies = Copies(self._names)
        self._annotations: dict[SourceTree, Annotations] = {}
        self._stub_names: dict[tuple[Path | None, str], str] = {}
        self._stub_classes: list[list[str]] = []

    def _find(self, level: Level) -> Iterator[_Bound]:
        worker, find = level.worker, self.targets.find
        for item in worker.durable_objects:
            target = find(item.name, worker, item.script_name, item.class_name, item.place)
            yield _Bound(item.name, "object", target)
        for service in worker.services:
            entrypoint = service.entrypoint if service.entrypoint not in (None, "default") else None
            script = service.service if service.service != worker.name else None
            target = find(service.binding, worker, script, entrypoint or DEFAULT, service.place)
            yield _Bound(service.binding, "service", target)
        for other in worker.others:
            if other.kind == "workflows":
                script = other.data.get("script_name")
                script = script if isinstance(script, str) and script != worker.name else None
                target = find(other.name, worker, script, str(other.data.get("class_name")), other.place)
                yield _Bound(other.name, "workflow", target)

    def _taken(self) -> set[str]:
        """Return the names of all members of all classes that the stub will have."""
        taken: set[str] = set()
        for level in self._levels:
            taken |= {name for name, _ in level.variables} | set(level.secrets)
            taken |= {other.name for other in level.worker.others}
            for _, value in level.variables:
                taken |= _keys(value)
            if level.worker.assets is not None and level.worker.assets.binding:
                taken.add(level.worker.assets.binding)
        for bound in (bound for found in self._bound.values() for bound in found):
            taken.add(bound.name)
            taken |= {method.name for method in self.targets.methods(bound.target)}
        return taken

    # ---- the file

    def write(self, env_interface: str, *, include_env: bool) -> str:
        interface = self._names.claim(env_interface)
        merged = Members()
        single: dict[str | None, Members] = {name: Members() for name in self._environments}
        for level in self._levels:
            for name, text, note in self._members(level):
                for members in (merged, single[level.environment]):
                    members[name].types[level.environment] = text
                    if note:
                        members[name].note(note)
        self._merge_variables(merged, single)
        classes = []
        if include_env:
            classes.append(self._env_class(interface, merged, self._environments))
            for environment in self._environments:
                if environment is not None and len(self._environments) > 1:
                    own = self._names.define(f"{pascal_case(environment)}Env")
                    classes.append(self._env_class(own, single[environment], [environment]))
        blocks = [*self._samples.definitions, *self._copies.definitions, *self._stub_classes, *classes]
        imports = "\n".join([*HEAD, "from __future__ import annotations", "", *self._names.import_lines()])
        return "\n\n".join([imports, *("\n".join(block) for block in blocks)]) + "\n"

    def _env_class(self, name: str, members: Members, environments: list[str | None]) -> list[str]:
        lines = [f"class {name}:"]  # without a base: one that is `Any` would make everything of it so
        lines += [INDENT + self._member_line(member, environments) for member in members.all()]
        if all(line.lstrip().startswith("#") for line in lines[1:]):
            lines.append(f"{INDENT}pass")
        return lines

    def _member_line(self, member: Member, environments: list[str | None]) -> str:
        text = " | ".join(member.union())
        absence = member.absence(environments)
        if absence:
            text += " | None"
        remark = comment("; ".join([*member.notes, *([absence] if absence else [])]))
        if not is_attribute(member.name):
            return f"# getattr(env, {quoted(member.name)}): {text}" + (f"; {remark}" if remark else "")
        return f"{member.name}: {text}" + (f"  # {remark}" if remark else "")

    # ---- members

    def _members(self, level: Level) -> Iterator[tuple[str, str, str]]:
        """Yield name, type and comment of what one environment has; variables get their types later."""
        text = self._names.builtin("str")
        for name, _ in level.variables:
            yield name, "", ""
        for name in level.secrets:
            yield name, text, ""
        others = [other for other in level.worker.others if other.kind != "workflows"]
        kinds = [*KINDS, *dict.fromkeys(other.kind for other in others if other.kind not in KINDS)]
        for kind in kinds:
            for other in (other for other in others if other.kind == kind):
                yield other.name, self._other(kind), "" if kind in KINDS else kind
        for bound in self._bound[level.environment]:
            yield bound.name, *self._typed(bound)
        if level.worker.assets is not None and level.worker.assets.binding:
            yield level.worker.assets.binding, self._names.types("Fetcher"), ""

    def _other(self, kind: str) -> str:
        name = KINDS[kind].python if kind in KINDS else "Any"
        if name == "Any":
            return self._names.typing("Any")
        if name == "str":
            return self._names.builtin("str")
        return self._names.types(name) + (f"[{self._names.typing('Any')}]" if kind == "queues.producers" else "")

    def _merge_variables(self, merged: Members, single: dict[str | None, Members]) -> None:
        """Give variables their types: one for all environments together, and one for each."""
        values: dict[str, dict[str | None, Any]] = {}
        for level in self._levels:
            for name, value in level.variables:
                values.setdefault(name, {})[level.environment] = value
        for name, given in values.items():
            is_secret_somewhere = any(merged[name].types.values())
            text = self._names.builtin("str") if is_secret_somewhere else self._samples.text(name, list(given.values()))
            for environment in given:
                merged[name].types[environment] = text
        for name, given in values.items():
            for environment, value in given.items():
                if environment is not None and len(self._environments) > 1:
                    text = self._samples.text(name, [value], pascal_case(environment))
                    single[environment][name].types[environment] = text

    def _typed(self, bound: _Bound) -> tuple[str, str]:
        target, types = bound.target, self._names.types
        note = "" if target.worker is not None else f"{target.class_name} from {target.script} (pass -c to type it)"
        if bound.kind == "workflow":
            parameters = self._workflow_parameters(target) or self._names.typing("Any")
            return f"{types('Workflow')}[{parameters}]", note
        stub = self._stub_class(bound) if target.located is not None else None
        if bound.kind == "service":
            if stub is None and target.worker is not None and target.class_name == DEFAULT and not target.is_script:
                return types("Fetcher"), ""
            return stub or types("Service"), note.replace(f"{DEFAULT} from", "the default entrypoint of")
        return f"{types('DurableObjectNamespace')}[{stub or self._names.typing('Any')}]", note

    def _workflow_parameters(self, target: Target) -> str | None:
        """Return what `WorkflowEvent[...]` holds where the workflow's `run` says it."""
        if target.located is None:
            return None
        found = workflow_event(self.targets.tree(target), target.located)
        if found is None:
            return None
        return self._annotations_for(self.targets.tree(target)).argument_of(*found, "WorkflowEvent")

    def _annotations_for(self, tree: SourceTree) -> Annotations:
        if tree not in self._annotations:
            self._annotations[tree] = Annotations(
                tree, self._names, is_beside=tree.root == self._directory, copy=self._copies.copy
            )
        return self._annotations[tree]

    def _stub_class(self, bound: _Bound) -> str:
        """Return the name of the stub class of a binding's target; define it the first time."""
        target = bound.target
        if target.key in self._stub_names:
            return self._stub_names[target.key]
        script = pascal_case(target.script)
        wanted = f"{script if target.class_name == DEFAULT else target.class_name}Stub"
        name = self._stub_names[target.key] = self._names.define(wanted, f"{script}{target.class_name}Stub")
        base = "DurableObjectStub" if bound.kind == "object" else "Fetcher"
        lines = [f"class {name}({self._names.types(base)}):"]
        annotations = self._annotations_for(self.targets.tree(target))
        for method in self.targets.methods(target):
            lines += method_lines(method, annotations, self._names)
        if all(line.lstrip().startswith("#") for line in lines[1:]):
            lines.append(f"{INDENT}pass")
        self._stub_classes.append(lines)
        return name


def _keys(value: Any) -> set[str]:
    """Return all keys of objects in a JSON value."""
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    if isinstance(value, list):
        return set().union(*map(_keys, value))
    return set()
