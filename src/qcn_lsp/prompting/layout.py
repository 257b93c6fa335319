"""The order of a review's messages: one level of volatility each, the most stable first.

Servers of this hybrid model resume only at the start of a user message whose whole prefix is unchanged (llama.cpp
keeps checkpoints there), so rules, project, file and question are messages of their own, and nothing volatile comes
before the question.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.control_tokens import neutralize
from qcn_lsp.core.cwe import code as cwe_code
from qcn_lsp.core.generation import Message
from qcn_lsp.core.positions import LineRange
from qcn_lsp.prompting.knowledge import knowledge_text
from qcn_lsp.prompting.texts import text

_ACKNOWLEDGED = Message("assistant", "ok")


@dataclass(frozen=True, slots=True)
class FileContext:
    """What surrounds the unit: `imports` and `signatures` are source lines of the file, in order."""

    path: str
    language: str
    imports: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What is known of the project.

    Args:
        name: Its folder's name.
        frameworks: The frameworks and libraries it declares, sorted.
        language: LSP identifier of the language under review, whose knowledge is told as well; empty for none.
    """

    name: str
    frameworks: tuple[str, ...] = ()
    language: str = ""


def review_messages(project: ProjectFacts, file: FileContext, question: str) -> tuple[Message, ...]:
    """All messages of one review."""
    return (
        Message("system", text("review/rules")),
        Message("user", _project_message(project)),
        _ACKNOWLEDGED,
        Message("user", _file_message(file)),
        _ACKNOWLEDGED,
        Message("user", question),
    )


def second_look_messages(asked: Sequence[Message], answer: str, line: int, cwe: int) -> tuple[Message, ...]:
    """The question what prevents a flaw, after the review that found it: all but the last message has been read before.

    Args:
        asked: The messages of the review.
        answer: What was answered to them.
        line: The flaw's line, by the numbers of the question.
        cwe: The number of its weakness.
    """
    question = text("review/second_look").format(line=line, cwe=cwe)
    return (*asked, Message("assistant", neutralize(answer)), Message("user", question))


def question_text(lines: Sequence[str], asked: LineRange, suspects: Sequence[Candidate]) -> str:
    """The question about some lines of a file.

    Args:
        lines: All lines of the file.
        asked: The lines to review; the question numbers them from 1.
        suspects: Candidates in these lines.
    """
    numbered = "\n".join(
        f"{number}|{neutralize(line)}" for number, line in enumerate(lines[asked.start : asked.end], start=1)
    )
    places = ", ".join(
        f"line {candidate.span.start.line - asked.start + 1} {cwe_code(candidate.cwe)}"
        for candidate in sorted(suspects, key=lambda one: (one.span, one.cwe))
    )
    suspected = f"Suspected: {places}." if places else ""
    return text("review/question").format(code=numbered, suspects=suspected).rstrip("\n")


def _project_message(project: ProjectFacts) -> str:
    known = ", ".join(project.frameworks) or "unknown"
    facts = text("review/project").format(name=neutralize(project.name), frameworks=neutralize(known))
    return "\n".join((facts, *knowledge_text(project.language, project.frameworks)))


def _file_message(file: FileContext) -> str:
    imports = f"Imports:\n{_listing(file.imports)}\n" if file.imports else ""
    signatures = f"Defined here:\n{_listing(file.signatures)}\n" if file.signatures else ""
    filled = text("review/file").format(
        path=neutralize(file.path),
        language=file.language,
        imports=imports,
        signatures=signatures,
    )
    return filled.rstrip("\n")


def _listing(lines: Sequence[str]) -> str:
    return "\n".join(neutralize(line) for line in lines)
