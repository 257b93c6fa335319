"""The server requests a URL that comes from the request."""

from qcn_lsp.analyzers.patterns import either, every, has, kind, no, nth, text
from qcn_lsp.analyzers.rule import PYTHON, Rule
from qcn_lsp.analyzers.rules.python._flow import CALLS, FLOW, REQUEST
from qcn_lsp.core.severity import Severity

_URL = FLOW.tainted(
    REQUEST,
    r"quote\(|allowed|ALLOWED|[fF][\"']https?://[\w.-]+(:\d+)?/|[\"']https?://[\w.-]+(:\d+)?/[^\"']*[\"'] *(%|\+)|\{(self\.)?[A-Z_]*(BASE|HOST|URL|API)\w*\}",
)

RULE = Rule(
    id="python-ssrf",
    languages=PYTHON,
    cwe=918,
    severity=Severity.HIGH,
    message="The server requests a URL that comes from the request",
    help="Look the address up in a list of allowed hosts",
    words=("requests", "httpx", "urlopen", "aiohttp", "session", "client", "http."),
    rule=either(
        CALLS.to(
            r"^(requests|httpx|session|self\.session|client|http)\.(get|post|put|head|delete|patch|options|stream)$",
            has(
                nth(
                    1,
                    either(
                        every(kind("keyword_argument"), text(r"^url="), _URL), every(no(kind("keyword_argument")), _URL)
                    ),
                )
            ),
        ),
        CALLS.to(r"^(requests|httpx|session|http)\.request$", has(nth(2, _URL))),
        CALLS.to(r"(^|\.)urlopen$|^(urllib\.request\.)?(urlretrieve|Request)$", has(nth(1, _URL))),
    ),
    hits=(
        """\
def preview():
    return requests.get(request.args["url"], timeout=5).text""",
        """\
async def hook(request):
    url = request.query_params["callback"]
    async with httpx.AsyncClient() as client:
        await client.post(url, json={})""",
        """\
def fetch():
    target = "http://" + request.form["host"] + "/status"
    return requests.get(target, timeout=3).json()""",
    ),
    misses=(
        """\
def preview():
    return requests.get("https://api.example.com/v1", params=request.args, timeout=5).text""",
        """\
def preview():
    return requests.get(f"https://api.example.com/users/{request.args['id']}", timeout=5)""",
        """\
def preview(feed):
    return requests.get(feed.url, timeout=5).text""",
        """\
def preview():
    return requests.post(API, data=request.form, timeout=5)""",
    ),
)
