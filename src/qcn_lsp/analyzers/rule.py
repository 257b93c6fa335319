"""A rule of the project's own: what it looks for, what it means, and the code that proves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qcn_lsp.core.severity import Severity

Matcher = Mapping[str, "str | int | Matcher | Sequence[Matcher]"]
"""An ast-grep rule object (https://ast-grep.github.io/reference/rule.html)."""

PYTHON = ("python",)
JAVASCRIPT = ("javascript", "javascriptreact", "typescript", "typescriptreact")
GO = ("go",)
JAVA = ("java",)
PHP = ("php",)
RUBY = ("ruby",)
C = ("c", "cpp")
CSHARP = ("csharp",)
RUST = ("rust",)
SHELL = ("shellscript",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, one module: `rules/<folder>/<name>.py` holds the rule `<folder>-<name>`.

    Args:
        id: Unique and stable: it is shown to users and written to reports.
        languages: The LSP identifiers it applies to; the first is the one its samples are written in.
        cwe: The weakness' number.
        severity: How bad it is if it is real.
        message: One sentence, without a final full stop.
        help: What to write instead, one sentence, without a final full stop.
        rule: What to look for. A metavariable may occur twice only on identifiers: ast-grep compares recursively,
            and a deep tree would overflow the stack.
        constraints: Further conditions on metavariables.
        words: The rule is skipped for a text that contains none of these; empty for a rule that always runs.
        hits: Code in which it must find something.
        misses: Code, close to a hit, in which it must not.
    """

    id: str
    languages: tuple[str, ...]
    cwe: int
    severity: Severity
    message: str
    help: str
    rule: Matcher
    constraints: Mapping[str, Matcher] | None = None
    words: tuple[str, ...] = ()
    hits: tuple[str, ...]
    misses: tuple[str, ...]

    def may_match(self, text: str) -> bool:
        """Whether a look at the syntax is worth its time."""
        return not self.words or any(word in text for word in self.words)
