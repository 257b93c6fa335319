"""The languages ast-grep has rules for. A table of its own: the server asks it without loading a rule."""

from collections.abc import Mapping

GRAMMARS: Mapping[str, tuple[str, str]] = {
    "python": ("python", "python"),
    "javascript": ("javascript", "javascript"),
    "javascriptreact": ("javascript", "javascript"),
    "typescript": ("javascript", "typescript"),
    "typescriptreact": ("javascript", "tsx"),
    "go": ("go", "go"),
    "java": ("java", "java"),
    "php": ("php", "php"),
    "ruby": ("ruby", "ruby"),
    "c": ("c", "c"),
    "cpp": ("c", "cpp"),
    "csharp": ("csharp", "csharp"),
    "rust": ("rust", "rust"),
    "shellscript": ("shellscript", "bash"),
}
"""LSP identifier: the folder of its rules, ast-grep's name of its grammar."""
