"""Whether a model's flaw and an analyzer's candidate are the same thing."""

from qcn_lsp.core.candidate import Candidate

# Weaknesses that people, analyzers and models name interchangeably (parents and variants in the CWE hierarchy).
_FAMILIES = (
    frozenset({89, 564, 943, 74}),
    frozenset({78, 77, 88}),
    frozenset({79, 80, 83, 87, 116}),
    frozenset({22, 23, 36, 73}),
    frozenset({94, 95, 913, 1336}),
    frozenset({502, 915}),
    frozenset({327, 328, 326, 916, 759, 760}),
    frozenset({259, 798, 321, 256, 257, 312, 522}),
    frozenset({330, 338, 340}),
    frozenset({295, 297, 299}),
    frozenset({611, 776, 827}),
    frozenset({120, 121, 122, 787, 119, 242, 676}),
)
# A query is built on one line and executed a few lines later; both lines mean the same flaw.
_NEAR = 3


def same_weakness(one: int, other: int) -> bool:
    """Whether two CWE numbers name the same kind of flaw."""
    return one == other or any(one in family and other in family for family in _FAMILIES)


def confirms(line: int, cwe: int, candidate: Candidate) -> bool:
    """Whether a flaw on this line of the file confirms a candidate."""
    first, last = candidate.span.start.line, candidate.span.end.line
    if not same_weakness(cwe, candidate.cwe):
        return False
    return first - _NEAR <= line <= last + _NEAR
