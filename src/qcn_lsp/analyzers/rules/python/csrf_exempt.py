"""A view that changes state takes requests forged by other sites."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.core.severity import Severity

RULE = Rule(
    id="python-csrf-exempt",
    languages=PYTHON,
    cwe=352,
    severity=Severity.MEDIUM,
    message="A view that changes state takes requests forged by other sites",
    help="Remove the exemption, or authenticate by a header that browsers do not send by themselves",
    words=("csrf_exempt", "WTF_CSRF_ENABLED"),
    rule=either(
        every(kind("decorator"), text(r"^@([\w.]+\.)?(csrf_exempt|csrf\.exempt)$")),
        every(kind("decorator"), text(r"^@method_decorator\(csrf_exempt\b")),
        every(kind("assignment"), has(text(r"WTF_CSRF_ENABLED"), "left"), has(text(r"^False$"), "right")),
    ),
    hits=(
        """\
@csrf_exempt
def transfer(request):
    pass""",
        'app.config["WTF_CSRF_ENABLED"] = False',
    ),
    misses=(
        """\
@csrf_protect
def transfer(request):
    pass""",
        'app.config["WTF_CSRF_ENABLED"] = True',
        "from django.views.decorators.csrf import csrf_exempt",
    ),
)
