"""The sample project shows what the analyzers can do."""

from pathlib import Path

from qcn_lsp.analyzers.analysis import analyze

SHOP = Path(__file__).parents[3] / "examples" / "shop"
LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".ts": "typescript",
    ".go": "go",
    ".php": "php",
    ".java": "java",
    ".rb": "ruby",
    ".c": "c",
}


async def test_the_shop_has_many_flaws_in_many_languages() -> None:
    found: set[tuple[str, int]] = set()
    for path in SHOP.rglob("*"):
        if language := LANGUAGES.get(path.suffix):
            analysis = await analyze(language, path.name, path.read_text("utf-8"))
            assert analysis.failures == ()
            assert analysis.candidates or path.name == "__init__.py"
            found |= {(language, one.cwe) for one in analysis.candidates}
    assert {language for language, _ in found} == set(LANGUAGES.values())
    assert len({cwe for _, cwe in found}) >= 20


async def test_the_flaws_for_a_model_are_not_marked() -> None:
    text = (SHOP / "shop" / "views.py").read_text("utf-8")
    lines = text.splitlines()
    marked = {one.span.start.line for one in (await analyze("python", "views.py", text)).candidates}
    for name in ("def order(", "def refund("):
        start = next(number for number, line in enumerate(lines) if line.startswith(name))
        assert not marked & set(range(start, start + 5))
