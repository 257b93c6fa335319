"""What llama.cpp's and ik_llama.cpp's servers have in common: endpoints, tokens, the key, and most errors."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from http import HTTPStatus

from aiohttp import web

from qcn_lsp.simulator import tokenizer
from qcn_lsp.simulator.answering import Answering
from qcn_lsp.simulator.asking import Asked, Kind, Unreadable, json_object
from qcn_lsp.simulator.chat import render
from qcn_lsp.simulator.dialect import Answer, Json, Manners, Refused, has_key, json_response
from qcn_lsp.simulator.generation import Generation
from qcn_lsp.simulator.options import Options
from qcn_lsp.simulator.prefix_cache import PrefixCache, Prompt

JSON_TYPE = "application/json; charset=utf-8"


def error(status: int, kind: str, message: str, **more: object) -> Refused:
    """An error in the family's shape."""
    return Refused(status, {"error": {"code": status, "message": message, "type": kind, **more}})


class LlamaFamily(ABC):
    """A server of the family; the two differ in the abstract parts.

    Args:
        options: What to be.
        answering: Answers requests for generations.
    """

    manners: Manners
    cache: PrefixCache
    public: frozenset[str]
    """Paths that need no key."""
    while_loading: frozenset[str] = frozenset()
    """Paths that are served before the model is loaded."""

    def __init__(self, options: Options, answering: Answering) -> None:
        self.options = options
        self.pool = answering.pool
        self.totals = answering.totals
        self._answering = answering
        self._vocabulary = tokenizer.Vocabulary()

    @abstractmethod
    def read(self, kind: Kind, body: bytes) -> Asked:
        """See `Dialect`."""

    @abstractmethod
    def overflow(self, asked: Asked, prompt_tokens: int) -> Refused:
        """See `Dialect`."""

    @abstractmethod
    def failure(self) -> Refused:
        """See `Dialect`."""

    @abstractmethod
    def answer(self, asked: Asked, prompt: Prompt, generation: Generation) -> Answer:
        """See `Dialect`."""

    @abstractmethod
    def infill_prompt(self, asked: Asked) -> str:
        """The prompt of `/infill`."""

    @abstractmethod
    async def health(self, request: web.Request) -> web.Response:
        """`/health`."""

    @abstractmethod
    async def models(self, request: web.Request) -> web.Response:
        """`/v1/models`."""

    @abstractmethod
    async def props(self, request: web.Request) -> web.Response:
        """`/props`."""

    @abstractmethod
    async def slots(self, request: web.Request) -> web.Response:
        """`/slots`."""

    @abstractmethod
    def metrics_text(self) -> str:
        """`/metrics`.

        Raises:
            Refused: It was not asked for at the start.
        """

    def check(self, asked: Asked, prompt: Prompt) -> None:
        """See `Dialect`."""
        if prompt.tokens >= self.options.ctx:
            raise self.overflow(asked, prompt.tokens)

    def prompt(self, asked: Asked) -> Prompt:
        """See `Dialect`."""
        if asked.kind is Kind.CHAT:
            text = render(asked.messages)
        else:
            text = self.infill_prompt(asked) if asked.kind is Kind.INFILL else asked.prompt
        return Prompt(asked.kind, tuple(tokenizer.pieces(text)), asked.messages)

    def admit(self, request: web.Request, *, loading: bool) -> None:
        """See `Dialect`."""
        if loading and request.path not in self.while_loading:
            raise error(503, "unavailable_error", "Loading model")
        key = self.options.api_key
        if key is None or request.path in self.public:
            return
        if not has_key(request, key) and request.headers.get("X-Api-Key") != key:
            raise error(401, "authentication_error", "Invalid API Key")

    def unknown(self, status: int) -> Refused:  # noqa: ARG002 - a wrong method is a missing file here, too
        """See `Dialect`."""
        return error(404, "not_found_error", "File Not Found")

    def routes(self) -> Iterable[web.RouteDef]:
        """See `Dialect`."""
        yield web.get("/health", self.health)
        for path in ("/models", "/v1/models"):
            yield web.get(path, self.models)
        yield web.get("/props", self.props)
        yield web.get("/slots", self.slots)
        yield web.get("/metrics", self._metrics)
        yield web.post("/tokenize", self._tokenize)
        yield web.post("/detokenize", self._detokenize)
        yield web.post("/apply-template", self._apply_template)
        for path in ("/chat/completions", "/v1/chat/completions"):
            yield web.post(path, self._chat)
        for path in ("/completion", "/completions"):
            yield web.post(path, self._native)
        yield web.post("/v1/completions", self._text)
        yield web.post("/infill", self._infill)

    def json(self, body: object, status: int = HTTPStatus.OK) -> web.Response:
        """A JSON answer."""
        return json_response(self.manners, body, status)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._answering.handle(self, Kind.CHAT, request)

    async def _text(self, request: web.Request) -> web.StreamResponse:
        return await self._answering.handle(self, Kind.TEXT, request)

    async def _native(self, request: web.Request) -> web.StreamResponse:
        return await self._answering.handle(self, Kind.NATIVE, request)

    async def _infill(self, request: web.Request) -> web.StreamResponse:
        return await self._answering.handle(self, Kind.INFILL, request)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=self.metrics_text(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def _tokenize(self, request: web.Request) -> web.Response:
        body = self._fields(await request.read())
        pieces = tokenizer.pieces(str(body.get("content", "")), control=body.get("parse_special", True) is not False)
        numbers = self._vocabulary.encode(pieces)
        if body.get("with_pieces"):
            pairs = zip(numbers, pieces, strict=True)
            return self.json({"tokens": [{"id": number, "piece": piece} for number, piece in pairs]})
        return self.json({"tokens": numbers})

    async def _detokenize(self, request: web.Request) -> web.Response:
        tokens = self._fields(await request.read()).get("tokens", [])
        if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
            raise error(400, "invalid_request_error", "'tokens' must be an array of numbers")
        return self.json({"content": self._vocabulary.decode(tokens)})

    async def _apply_template(self, request: web.Request) -> web.Response:
        return self.json({"prompt": render(self.read(Kind.CHAT, await request.read()).messages)})

    def _fields(self, body: bytes) -> Json:
        try:
            return json_object(body)
        except Unreadable as fault:
            raise error(400, "invalid_request_error", wrong_json(fault)) from None


def wrong_json(fault: Unreadable) -> str:
    """What the family's JSON library says of a field or a body that it cannot read."""
    if fault.what == "json_invalid":
        return f"[json.exception.parse_error.101] parse error: {fault.message}"
    if fault.what == "missing":
        return f"[json.exception.out_of_range.403] key '{fault.where}' not found"
    return f"Field '{fault.where or 'body'}': [json.exception.type_error.302] {fault.message}"


def wrong_request(kind: Kind, fault: Unreadable) -> str:
    """What the family says of a request for a generation that it cannot read."""
    if fault.where == "messages":
        return "'messages' is required" if fault.what == "missing" else "Expected 'messages' to be an array"
    if fault.what == "missing" and kind is Kind.TEXT:
        return '"prompt" is required'
    return wrong_json(fault)
