"""What harms and what does not in a language and in the frameworks of a project: the rich part of the prefix.

It stands in the project message, which a server reads once and then resumes from, so it may be thorough.
"""

from collections.abc import Iterable, Iterator

from qcn_lsp.prompting.texts import text

_LANGUAGES = {
    "python": "python",
    "javascript": "javascript",
    "javascriptreact": "javascript",
    "typescript": "javascript",
    "typescriptreact": "javascript",
    "go": "go",
    "java": "java",
    "c": "c",
    "cpp": "c",
    "csharp": "csharp",
    "php": "php",
    "ruby": "ruby",
    "rust": "rust",
    "shellscript": "shellscript",
}
_FRAMEWORKS = {
    "django": "python",
    "flask": "python",
    "fastapi": "python",
    "sqlalchemy": "python",
    "express": "javascript",
    "react": "javascript",
    "next": "javascript",
    "spring-boot": "java",
    "laravel": "php",
    "rails": "ruby",
}
_SAME_AS = {"next": "react"}
# More would be read longer than they help.
_MOST_FRAMEWORKS = 3


def knowledge(language: str, frameworks: Iterable[str]) -> tuple[str, ...]:
    """The names of the texts for one language and what a project declares, in a fixed order.

    Args:
        language: LSP identifier.
        frameworks: Names as `context.project.declared_frameworks` gives them.
    """
    own = _LANGUAGES.get(language)
    if own is None:
        return ()
    used = sorted({_SAME_AS.get(name, name) for name in frameworks if _FRAMEWORKS.get(name) == own})
    return (f"review/languages/{own}", *(f"review/frameworks/{name}" for name in used[:_MOST_FRAMEWORKS]))


def knowledge_text(language: str, frameworks: Iterable[str]) -> Iterator[str]:
    """The texts themselves."""
    return (text(name) for name in knowledge(language, frameworks))
