"""Commands with commands of their own: `pywrangler secret put`, `pywrangler kv key put`.

Flags may stand before, between or after the words that choose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pywrangler.cli.arguments import width
from pywrangler.cli.flags import IGNORED_EVERYWHERE, Parser, UsageError
from pywrangler.config.suggest import nearest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence


class Group(Parser):
    """A parser whose first word chooses another parser; the result has the chosen words as `subcommand`: `key put`."""

    def __init__(self, program: str, description: str) -> None:
        super().__init__(prog=program, usage=f"{program} COMMAND [options]", description=description)
        self.ignore(IGNORED_EVERYWHERE)
        self._members: dict[str, tuple[Parser, str]] = {}

    def add(self, name: str, arguments: str, summary: str) -> Parser:
        """Return the parser of a new member; `arguments` is what the usage shows before the options."""
        words = " ".join(word for word in (self.prog, name, arguments, "[options]") if word)
        parser = Parser(prog=f"{self.prog} {name}", usage=words, description=f"{summary}.")
        self._members[name] = (parser, summary)
        return parser

    def add_group(self, name: str, summary: str) -> Group:
        """Return a new member that has members of its own."""
        group = Group(f"{self.prog} {name}", f"{summary}.")
        self._members[name] = (group, summary)
        return group

    def members(self) -> Iterator[tuple[str, Parser]]:
        """Yield the parsers that words can choose, with these words; those of groups within included."""
        for name, (parser, _) in self._members.items():
            if isinstance(parser, Group):
                yield from ((f"{name} {word}", member) for word, member in parser.members())
            else:
                yield name, parser

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Return the values of the member that the words name; UsageError without one."""
        index = self._first_plain(words)
        rest = [*words[:index], *words[index + 1 :]]
        if index == len(words):
            super().parse([word for word in words if word in {"-h", "--help"}])  # ends here if help was asked for
            raise UsageError("A command is missing.", self)
        if words[index] not in self._members:
            near = nearest(words[index], self._members)
            hint = f'Did you mean "{self.prog} {near}"?' if near else ""
            raise UsageError(f"Unknown argument: {words[index]}", self, hint)
        member = self._members[words[index]][0]
        member.ignore(self.ignored)
        options = member.parse(rest)
        inner = f" {options.subcommand}" if isinstance(member, Group) else ""
        options.subcommand = words[index] + inner
        return options

    def format_help(self) -> str:
        """Return the usage and the members."""
        width = max(map(len, self._members)) + 2
        lines = [f"  {name.ljust(width)}{summary}" for name, (_, summary) in self._members.items()]
        more = f"`{self.prog} COMMAND --help` tells more."
        return "\n".join([f"usage: {self.usage}", "", str(self.description), "", "Commands:", *lines, "", more, ""])

    def _first_plain(self, words: Sequence[str]) -> int:
        kinds = {flag: item.kind for flag, item in self.ignored.items()}
        for _, parser in self.members():
            kinds |= parser.kinds()
        with_value = {flag for flag, kind in kinds.items() if kind != "switch"}
        index = 0
        while index < len(words) and words[index].startswith("-"):
            index += width(words, index, with_value)
        return min(index, len(words))
