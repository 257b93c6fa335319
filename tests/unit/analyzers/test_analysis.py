"""All analyzers together."""

import asyncio

import pytest

from qcn_lsp.analyzers import ast_grep, ruff
from qcn_lsp.analyzers.analysis import Analysis, Analyzers, analyze, rules_metadata
from qcn_lsp.analyzers.pool import WorkerPool
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.errors import AnalyzerError

PYTHON = """\
def find(cursor, name, password):
    cursor.execute(f"SELECT * FROM users WHERE name = '{name}'")
    return hashlib.sha256(password.encode())
"""


def rules(analysis: Analysis) -> list[str]:
    return [one.rule for one in analysis.candidates]


async def test_python_is_read_by_both_analyzers() -> None:
    analysis = await analyze("python", "shop/db.py", PYTHON)
    assert rules(analysis) == ["ruff:S608", "ast-grep:python-fast-password-hash"]
    assert analysis.failures == ()


async def test_other_languages_are_read_by_one() -> None:
    assert rules(await analyze("php", "a.php", "<?php echo $_GET['a'];")) == ["ast-grep:php-xss"]


async def test_an_unknown_language_has_an_empty_analysis() -> None:
    assert await analyze("cobol", "a.cbl", "eval(x)") == Analysis()


async def test_the_same_weakness_on_the_same_line_is_said_once_by_ruff() -> None:
    code = "secret_key = 'not-a-real-key-012'; api_key = 'not-a-real-key-012'\n"
    assert rules(await analyze("python", "a.py", code)) == ["ruff:S105"]
    assert [one.rule for one in ast_grep.check("python", code)] == ["ast-grep:python-hardcoded-key"]


async def test_two_hits_of_one_rule_on_one_line_are_two() -> None:
    assert rules(await analyze("python", "a.py", "eval(a), eval(b)\n")) == ["ruff:S307", "ruff:S307"]


async def test_one_analyzer_fails_and_the_other_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_text: str) -> tuple[Candidate, ...]:
        raise AnalyzerError("ruff broke")

    monkeypatch.setattr(ruff, "check", broken)
    analysis = await analyze("python", "shop/db.py", PYTHON)
    assert rules(analysis) == ["ast-grep:python-fast-password-hash"]
    assert analysis.failures == ("shop/db.py: ruff broke",)


async def test_a_monster_is_a_failure_of_one_analyzer() -> None:
    code = "eval(x)\nopen(" + "(" * 900 + ")" * 900 + ")\n"
    analysis = await analyze("python", "a.py", code)
    assert "nests" in "".join(analysis.failures)


async def test_broken_code_is_no_failure() -> None:
    analysis = await analyze("python", "a.py", "def (:\n\ud800\0")
    assert analysis == Analysis(is_partial=True)


class Pool(WorkerPool):
    """Processes that only note what happens to them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    async def check(self, language: str, text: str) -> tuple[Candidate, ...]:
        self.seen.append(language)
        await asyncio.sleep(0)
        return ast_grep.check(language, text)

    async def close(self) -> None:
        self.seen.append("closed")


async def test_only_languages_with_rules_use_the_processes() -> None:
    pool = Pool()
    analyzers = Analyzers(pool)
    for language in ("cobol", "python", "plaintext", "php"):
        await analyzers.analyze(language, "a", PYTHON)
    await analyzers.close()
    assert pool.seen == ["python", "php", "closed"]


async def test_one_process_serves_many_texts() -> None:
    pool = WorkerPool()
    analyzers = Analyzers(pool)
    try:
        assert await analyzers.analyze("python", "shop/db.py", PYTHON) == await analyze("python", "shop/db.py", PYTHON)
        before = pool.idle_processes
        assert rules(await analyzers.analyze("php", "a.php", "<?php echo $_GET['a'];")) == ["ast-grep:php-xss"]
        assert len(before) == 1
        assert pool.idle_processes == before
    finally:
        await analyzers.close()


async def test_cancelling_reaches_the_analyzers() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    class Endless(Pool):
        async def check(self, _language: str, _text: str) -> tuple[Candidate, ...]:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            return ()

    task = asyncio.create_task(Analyzers(Endless()).analyze("go", "a.go", "x"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


def test_metadata_of_every_rule() -> None:
    known = rules_metadata()
    assert known["ruff:S608"].cwe == 89
    assert known["ast-grep:go-sql-injection"].cwe == 89
    assert len(known) > 140
    assert all(one.help and one.message for one in known.values())


def test_metadata_of_some_rules() -> None:
    names = ["ruff:S608", "ast-grep:go-sql-injection", "ast-grep:none"]
    assert list(rules_metadata(names)) == names[:2]
    assert list(rules_metadata(["ruff:S307"])) == ["ruff:S307"]
