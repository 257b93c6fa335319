"""What is known of one state of a document: immutable, made off the event loop, reused by the next."""

import asyncio
from dataclasses import dataclass
from functools import cached_property

from qcn_lsp.analyzers.analysis import Analyze, analyze
from qcn_lsp.core.candidate import Candidate
from qcn_lsp.core.document import Document
from qcn_lsp.core.unit import Unit
from qcn_lsp.session.focus import Analyzed, Focus, focus
from qcn_lsp.syntax.definitions import structure_of
from qcn_lsp.syntax.languages import display_name
from qcn_lsp.syntax.outline import Outline, outline_of
from qcn_lsp.syntax.parse import ParsedText, parse
from qcn_lsp.syntax.units import units_of


@dataclass(frozen=True)
class Snapshot:
    """A document, its units, and what the analyzers suspect.

    Args:
        document: The text.
        parsed: Its syntax tree.
        units: Its units, covering every line.
        candidates: What the analyzers suspect, in order of place.
        failures: Analyzers that failed, one sentence each.
        basis: The last state that every analyzer has read in full; what later ones can build on.
    """

    document: Document
    parsed: ParsedText
    units: tuple[Unit, ...]
    candidates: tuple[Candidate, ...] = ()
    failures: tuple[str, ...] = ()
    basis: Analyzed | None = None

    @cached_property
    def outline(self) -> Outline:
        """Imports and signatures of the file."""
        return outline_of(self.parsed)

    @cached_property
    def code(self) -> bytes:
        """The text with its comments blanked, as long as before."""
        return structure_of(self.parsed).without_comments(self.parsed.data)

    @property
    def language_name(self) -> str:
        """The language as people call it."""
        return display_name(self.document.language)


async def take_snapshot(document: Document, previous: Snapshot | None = None, analyze: Analyze = analyze) -> Snapshot:
    """Parses (incrementally, where there is a previous state) and analyzes a document."""
    basis = previous.basis if previous and previous.document.language == document.language else None
    parsed, units, left = await asyncio.to_thread(_parse, document, previous, basis)
    if parsed.is_given_up:
        # A grammar that does not come to an end; its line windows would be reviewed one by one for nothing.
        return Snapshot(document, parsed, (), failures=(f"{document.path}: cannot be parsed in time; not reviewed",))
    analysis = await analyze(document.language, document.path, left.text)
    if analysis.is_partial and not parsed.is_broken:  # the grammar forgives what an analyzer does not
        left = focus(document, units, basis, broken=True)
    merged = dict.fromkeys((*left.kept, *analysis.candidates))
    candidates = tuple(sorted(merged, key=lambda one: (one.span, one.rule)))
    if not (analysis.is_partial or parsed.is_broken):
        basis = Analyzed(document.lines, units, candidates)
    return Snapshot(document, parsed, units, candidates, analysis.failures, basis)


async def digests_of(language: str, text: str) -> frozenset[str]:
    """The digests of all units of a text, to tell which units of a newer one are new."""

    def digests() -> frozenset[str]:
        return frozenset(unit.digest for unit in units_of(parse(language, text)))

    return await asyncio.to_thread(digests)


def _parse(
    document: Document, previous: Snapshot | None, basis: Analyzed | None
) -> tuple[ParsedText, tuple[Unit, ...], Focus]:
    parsed = parse(document.language, document.text, previous.parsed if previous else None)
    units = units_of(parsed)
    return parsed, units, focus(document, units, basis, broken=parsed.is_broken)
