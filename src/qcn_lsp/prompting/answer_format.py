"""The answer a review must have, as GBNF and as JSON schema: the fewest tokens that carry the decision.

A clean unit is `[]`, one token. A flaw is an array of five values instead of an object, since every key would cost
tokens at 7.59 a second. The grammar has no optional white space, so none is ever generated.
"""

import json

from qcn_lsp.core.generation import AnswerFormat
from qcn_lsp.core.severity import Severity

MOST_FINDINGS = 8
ANCHOR_CHARACTERS = 60
REASON_CHARACTERS = 160
# A finding is about 40 tokens; the longest strings the grammar allows come to about 100.
TOKENS_PER_FINDING = 100
MAX_TOKENS = 4 + MOST_FINDINGS * TOKENS_PER_FINDING

_SEVERITIES = [severity.value for severity in Severity]

_GRAMMAR = f"""
root ::= "[]" | "[" flaw ("," flaw){{0,{MOST_FINDINGS - 1}}} "]"
flaw ::= "[" number "," number "," severity "," anchor "," reason "]"
number ::= [1-9] [0-9]{{0,4}}
severity ::= {" | ".join(json.dumps(json.dumps(word)) for word in _SEVERITIES)}
anchor ::= "\\"" char{{1,{ANCHOR_CHARACTERS}}} "\\""
reason ::= "\\"" char{{1,{REASON_CHARACTERS}}} "\\""
char ::= [^"\\\\\\x00-\\x1f\\x7f] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{{4}})
""".strip()

_SCHEMA = {
    "type": "array",
    "maxItems": MOST_FINDINGS,
    "items": {
        "type": "array",
        "prefixItems": [
            {"type": "integer", "minimum": 1, "maximum": 99999},
            {"type": "integer", "minimum": 1, "maximum": 99999},
            {"type": "string", "enum": _SEVERITIES},
            {"type": "string", "minLength": 1, "maxLength": ANCHOR_CHARACTERS},
            {"type": "string", "minLength": 1, "maxLength": REASON_CHARACTERS},
        ],
        "items": False,
        "minItems": 5,
        "maxItems": 5,
    },
}

SECOND_LOOK_TOKENS = 8
SECOND_LOOK_ANSWER = AnswerFormat(
    name="second_look",
    json_schema=json.dumps({"type": "integer", "minimum": 0, "maximum": 99999}),
    grammar='root ::= "0" | [1-9] [0-9]{0,4}',
)
"""The number of the line that prevents a flaw, 0 for none."""

REVIEW_ANSWER = AnswerFormat("verdicts", json.dumps(_SCHEMA), _GRAMMAR)
