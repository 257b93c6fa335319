"""Which languages exist here, what they are called, and which file is written in which."""

from pathlib import PurePosixPath

_DISPLAY_NAMES = {
    "c": "C",
    "cpp": "C++",
    "csharp": "C#",
    "go": "Go",
    "java": "Java",
    "javascript": "JavaScript",
    "javascriptreact": "JavaScript (JSX)",
    "php": "PHP",
    "python": "Python",
    "ruby": "Ruby",
    "rust": "Rust",
    "shellscript": "Shell",
    "typescript": "TypeScript",
    "typescriptreact": "TypeScript (TSX)",
}

_SUFFIXES = {
    "c": (".c", ".h"),
    "cpp": (".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".inl", ".tpp"),
    "csharp": (".cs", ".csx"),
    "go": (".go",),
    "java": (".java",),
    "javascript": (".js", ".mjs", ".cjs"),
    "javascriptreact": (".jsx",),
    "php": (".php", ".phtml", ".inc"),
    "python": (".py", ".pyi", ".pyw"),
    "ruby": (".rb", ".rake", ".gemspec", ".ru"),
    "rust": (".rs",),
    "shellscript": (".sh", ".bash", ".ksh", ".bats"),
    "typescript": (".ts", ".mts", ".cts"),
    "typescriptreact": (".tsx",),
}

# Source code all the same: reviewed in windows of lines.
_WITHOUT_GRAMMAR = {
    "clojure": ("Clojure", (".clj", ".cljs")),
    "dart": ("Dart", (".dart",)),
    "elixir": ("Elixir", (".ex", ".exs")),
    "erlang": ("Erlang", (".erl",)),
    "fsharp": ("F#", (".fs",)),
    "groovy": ("Groovy", (".groovy", ".gradle")),
    "haskell": ("Haskell", (".hs",)),
    "julia": ("Julia", (".jl",)),
    "kotlin": ("Kotlin", (".kt", ".kts")),
    "lua": ("Lua", (".lua",)),
    "objective-c": ("Objective-C", (".m",)),
    "objective-cpp": ("Objective-C++", (".mm",)),
    "perl": ("Perl", (".pl", ".pm")),
    "powershell": ("PowerShell", (".ps1", ".psm1")),
    "r": ("R", (".r",)),
    "scala": ("Scala", (".scala",)),
    "solidity": ("Solidity", (".sol",)),
    "svelte": ("Svelte", (".svelte",)),
    "swift": ("Swift", (".swift",)),
    "vb": ("Visual Basic", (".vb",)),
    "vue": ("Vue", (".vue",)),
    "zig": ("Zig", (".zig",)),
}

_LANGUAGE_OF_SUFFIX = {
    suffix: language
    for language, suffixes in (*_SUFFIXES.items(), *((name, row[1]) for name, row in _WITHOUT_GRAMMAR.items()))
    for suffix in suffixes
}

_LANGUAGE_OF_FILE = {
    ".bash_profile": "shellscript",
    ".bashrc": "shellscript",
    ".profile": "shellscript",
    "Capfile": "ruby",
    "Gemfile": "ruby",
    "Guardfile": "ruby",
    "PKGBUILD": "shellscript",
    "Rakefile": "ruby",
    "SConstruct": "python",
    "Vagrantfile": "ruby",
}

_LANGUAGE_OF_INTERPRETER = {
    "ash": "shellscript",
    "bash": "shellscript",
    "bun": "typescript",
    "dash": "shellscript",
    "deno": "typescript",
    "ksh": "shellscript",
    "node": "javascript",
    "nodejs": "javascript",
    "php": "php",
    "python": "python",
    "ruby": "ruby",
    "sh": "shellscript",
    "ts-node": "typescript",
    "tsx": "typescript",
}

LANGUAGES = frozenset(_DISPLAY_NAMES)
"""The LSP language identifiers that have a grammar."""


def is_source(language: str) -> bool:
    """Whether an LSP language identifier names source code: prose and data are left alone."""
    return language in _DISPLAY_NAMES or language in _WITHOUT_GRAMMAR


def display_name(language: str) -> str:
    """A language as people write it; an identifier nobody knows is returned as it is."""
    name, _ = _WITHOUT_GRAMMAR.get(language, (language, ()))
    return _DISPLAY_NAMES.get(language, name)


def language_of(path_name: str, first_line: str = "") -> str:
    """The LSP language identifier of a file, empty if nobody knows.

    Args:
        path_name: The file's name or path, with forward slashes.
        first_line: The text's first line; its interpreter (`#!`) counts where the name says nothing.
    """
    path = PurePosixPath(path_name)
    # `.C` and `.H` are C++ by an old custom, every other suffix means the same in capitals.
    if path.suffix in {".C", ".H"}:
        return "cpp"
    return (
        _LANGUAGE_OF_FILE.get(path.name)
        or _LANGUAGE_OF_SUFFIX.get(path.suffix.lower())
        or _LANGUAGE_OF_INTERPRETER.get(_interpreter(first_line), "")
    )


def _interpreter(first_line: str) -> str:
    """`python` for `#!/usr/bin/env -S python3.11 -u`, empty if the line names none."""
    if not first_line.startswith("#!"):
        return ""
    words = [word for word in first_line[2:].split() if not word.startswith("-")]
    words = [word for word in words if "=" not in word]  # env NAME=value program
    names = [PurePosixPath(word).name for word in words[:2]]
    name = names[1] if names[0:1] == ["env"] and len(names) > 1 else "".join(names[:1])
    return name if name in _LANGUAGE_OF_INTERPRETER else name.rstrip("0123456789.")
