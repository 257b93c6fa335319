"""Shell commands that ruff's S602 and S605 do not see."""

from qcn_lsp.analyzers.patterns import contains, either, every, has, kind, nth, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_BUILT = either(
    every(kind("string"), has(kind("interpolation"))),
    every(kind("binary_operator"), contains(kind("identifier"))),
    every(kind("call"), has(text(r"[\"']\.format$"), "function")),
)

RULE = Rule(
    id="python-shell-command",
    languages=PYTHON,
    cwe=78,
    severity=Severity.HIGH,
    message="A shell runs a command that is put together from text",
    help="Pass a list of arguments and no shell, as with create_subprocess_exec",
    words=("create_subprocess_shell", "getoutput", "getstatusoutput", "exec_command", "-c"),
    rule=either(
        CALLS.to(
            r"(^|\.)create_subprocess_shell$",
            has(nth(1, either(_BUILT, FLOW.assigned(_BUILT), FLOW.tainted(REQUEST)))),
        ),
        CALLS.to(
            r"^subprocess\.(run|call|check_call|check_output|Popen)$",
            has(
                every(
                    kind("list"),
                    has(text(r"^[\"'](/bin/)?(ba)?sh[\"']$")),
                    has(text(r"^[\"']-\w*c[\"']$")),
                    has(nth(3, either(_BUILT, FLOW.assigned(_BUILT), FLOW.tainted(REQUEST)))),
                )
            ),
        ),
    ),
    hits=(
        """\
async def convert(path):
    await asyncio.create_subprocess_shell(f"convert {path} out.png")""",
        """\
def convert(path):
    subprocess.run(["sh", "-c", "convert " + path])""",
    ),
    misses=(
        """\
async def convert(path):
    await asyncio.create_subprocess_exec("convert", path, "out.png")""",
        """\
async def convert():
    await asyncio.create_subprocess_shell("sync")""",
        """\
def convert(path):
    subprocess.run(["convert", path])""",
    ),
)
