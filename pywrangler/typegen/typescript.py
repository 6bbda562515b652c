"""The `.d.ts` of a TypeScript Worker, in the form that wrangler gives it, without runtime types (spec/types.md, 1)."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from pywrangler.typegen.kinds import KINDS
from pywrangler.typegen.members import Member, Members
from pywrangler.typegen.names import comment, pascal_case
from pywrangler.typegen.scripts import exported_classes
from pywrangler.typegen.targets import DEFAULT, Targets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pywrangler.errors import Problem
    from pywrangler.typegen.project import Level, Project
    from pywrangler.typegen.targets import Target

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_MODULE_TYPES = {"Text": "string", "Data": "ArrayBuffer", "CompiledWasm": "WebAssembly.Module"}


def write_declarations(
    project: Project,
    directory: Path,
    *,
    env_interface: str,
    strict_vars: bool,
    include_main_module: bool,
) -> tuple[str, tuple[Problem, ...]]:
    """Return the text of the declarations (without the header) for a file in `directory`, and warnings."""
    writer = _Declarations(project, directory, strict_vars=strict_vars)
    text = writer.write(env_interface, include_main_module=include_main_module)
    return text, tuple(writer.targets.problems)


class _Declarations:
    def __init__(self, project: Project, directory: Path, *, strict_vars: bool) -> None:
        # As upstream: environments first, the top level after them.
        self._levels = sorted(project.levels, key=lambda level: level.environment is None)
        self._environments = [level.environment for level in self._levels]
        self._directory = directory
        self._main = project.main
        self._strict = strict_vars
        self.targets = Targets(project)

    def write(self, interface: str, *, include_main_module: bool) -> str:
        merged = Members()
        single: dict[str | None, Members] = {name: Members() for name in self._environments}
        for level in self._levels:
            for name, text in self._members(level):
                for members in (merged, single[level.environment]):
                    members[name].types[level.environment] = text
        base = f"__BaseEnv_{interface}"
        lines = [f"interface {base} {{", *(self._line(it, self._environments) for it in merged.all()), "}"]
        lines.append("declare namespace Cloudflare {")
        lines += self._global_props(include_main_module=include_main_module)
        for environment in self._environments:
            if environment is not None and len(self._environments) > 1:
                lines.append(f"\tinterface {pascal_case(environment)}Env {{")
                lines += [f"\t{self._line(it, [environment])}" for it in single[environment].all()]
                lines.append("\t}")
        # `env` of "cloudflare:workers" is of this type, whatever the interface is called.
        lines += [f"\tinterface Env extends {base} {{}}", "}"]
        lines.append(f"interface {interface} extends {base} {{}}")
        lines += self._process_env(merged)
        lines += self._modules()
        return "\n".join(lines) + "\n"

    def _line(self, member: Member, environments: list[str | None]) -> str:
        name = member.name if _IDENTIFIER.fullmatch(member.name) else json.dumps(member.name)
        texts = member.union()
        # A secret anywhere makes the name a string everywhere.
        text = "string" if "string" in texts else " | ".join(texts)
        return f"\t{name}{'?' if member.absence(environments) else ''}: {text};"

    def _global_props(self, *, include_main_module: bool) -> list[str]:
        lines = ["\tinterface GlobalProps {"]
        if include_main_module and self._main is not None:
            lines.append(f'\t\tmainModule: typeof import("{self._import(self._main)}");')
        exported = exported_classes(self._main) if self._main is not None else frozenset()
        names = dict.fromkeys(
            item.class_name
            for level in self._levels
            for item in level.worker.durable_objects
            if item.script_name is None and item.class_name in exported
        )
        if names:
            lines.append(f"\t\tdurableNamespaces: {' | '.join(json.dumps(name) for name in names)};")
        return [*lines, "\t}"] if len(lines) > 1 else []

    def _process_env(self, merged: Members) -> list[str]:
        if not any("nodejs_compat" in level.worker.compat.flags for level in self._levels):
            return []
        names = {name for level in self._levels for name in (*dict(level.variables), *level.secrets)}
        listed = " | ".join(json.dumps(member.name) for member in merged.all() if member.name in names)
        if not listed:
            return []
        return [
            "type StringifyValues<EnvType extends Record<string, unknown>> = {",
            "\t[Binding in keyof EnvType]: EnvType[Binding] extends string ? EnvType[Binding] : string;",
            "};",
            "declare namespace NodeJS {",
            f"\tinterface ProcessEnv extends StringifyValues<Pick<Cloudflare.Env, {listed}>> {{}}",
            "}",
        ]

    def _modules(self) -> list[str]:
        lines = []
        for rule in self._levels[-1].worker.rules:
            kind = _MODULE_TYPES.get(rule.type)
            for glob in rule.globs if kind is not None else ():
                pattern = re.sub(r"^\*\*/", "", glob)
                lines += [
                    f"declare module {json.dumps(pattern)} {{",
                    f"\tconst value: {kind};",
                    "\texport default value;",
                    "}",
                ]
        return lines

    # ---- members

    def _members(self, level: Level) -> Iterator[tuple[str, str]]:
        worker = level.worker
        others = [other for other in worker.others if other.kind != "workflows"]
        late = ("pipelines",)
        for kind in [kind for kind in KINDS if kind not in late]:
            yield from ((other.name, KINDS[kind].typescript) for other in others if other.kind == kind)
        if worker.assets is not None and worker.assets.binding:
            yield worker.assets.binding, "Fetcher"
        for name, value in level.variables:
            yield name, self._value(value)
        for name in level.secrets:
            yield name, "string"
        for item in worker.durable_objects:
            target = self.targets.find(item.name, worker, item.script_name, item.class_name, item.place)
            yield item.name, self._namespace(target, item.script_name)
        for service in worker.services:
            entrypoint = service.entrypoint if service.entrypoint not in (None, "default") else None
            script = service.service if service.service != worker.name else None
            target = self.targets.find(service.binding, worker, script, entrypoint or DEFAULT, service.place)
            yield service.binding, self._service(target, entrypoint, service.service)
        for other in worker.others:
            if other.kind == "workflows":
                yield other.name, self._workflow(level, other.data)
        yield from ((other.name, "any") for other in others if other.kind not in KINDS)
        for kind in late:
            yield from ((other.name, KINDS[kind].typescript) for other in others if other.kind == kind)

    def _value(self, value: Any) -> str:
        if self._strict:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "boolean"
        if isinstance(value, str):
            return "string"
        if isinstance(value, int | float):
            return "number"
        if isinstance(value, list):
            kinds = list(dict.fromkeys(self._value(item) for item in value))
            return f"{kinds[0]}[]" if len(kinds) == 1 else f"({' | '.join(kinds)})[]" if kinds else "unknown[]"
        return "object"

    def _namespace(self, target: Target, script_name: str | None) -> str:
        if target.is_script and target.worker is not None and target.worker.main is not None:
            return f'DurableObjectNamespace<import("{self._import(target.worker.main)}").{target.class_name}>'
        where = f" from {script_name}" if script_name is not None else ""
        return f"DurableObjectNamespace {_remark(target.class_name + where)}"

    def _service(self, target: Target, entrypoint: str | None, service: str) -> str:
        if target.is_script and target.worker is not None and target.worker.main is not None:
            name = entrypoint or "default"
            return f'Service<typeof import("{self._import(target.worker.main)}").{name}>'
        if entrypoint is not None:
            return f"Service {_remark(f'entrypoint {entrypoint} from {service}')}"
        return f"Fetcher {_remark(service)}"

    def _workflow(self, level: Level, data: dict[str, Any]) -> str:
        class_name, script = str(data.get("class_name")), data.get("script_name")
        if isinstance(script, str) and script != level.worker.name:
            return f"Workflow {_remark(f'{class_name} from {script}')}"
        main = level.worker.main
        if main is None or class_name not in exported_classes(main):
            return f"Workflow {_remark(class_name)}"
        return f"Workflow<Parameters<import(\"{self._import(main)}\").{class_name}['run']>[0]['payload']>"

    def _import(self, main: Path) -> str:
        path = os.path.relpath(main.with_suffix(""), self._directory).replace(os.sep, "/")
        return path if path.startswith("../") else f"./{path}"


def _remark(text: str) -> str:
    """Return a comment that nothing in the text can end."""
    return f"/* {comment(text).replace('*/', '* /')} */"
