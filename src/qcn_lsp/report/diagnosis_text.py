"""The diagnosis as a person reads it in a terminal."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from rich.text import Text

from qcn_lsp.config.settings import DEFAULT_BACKENDS, BackendSettings, Mode
from qcn_lsp.core.generation import Feature
from qcn_lsp.report.diagnosis import Diagnosis, Examined, Trial, is_local
from qcn_lsp.report.printable import printable

_INDENT = "    "


def render(diagnosis: Diagnosis) -> Iterator[Text]:
    """The diagnosis, a block at a time."""
    yield Text.assemble(("Model servers", "bold"), f" ({diagnosis.source})\n")
    for one in diagnosis.backends:
        yield render_one(one)
    yield _uses(diagnosis)


def render_one(one: Examined) -> Text:
    """One backend."""
    settings = one.settings
    mark, style = ("✔", "green") if one.serves() else ("✘", "red")
    parts = (settings.mode if settings.mode != settings.name else "", settings.server, settings.base_url)
    head = " · ".join(part for part in parts if part)
    text = Text.assemble((mark, style), " ", (settings.name, "bold"), " ", (head, "dim"), "\n")
    if one.inspection:
        text.append(_INDENT + _abilities(one) + "\n")
    if one.trial:
        text.append(_INDENT + _trial(one.trial) + "\n")
    elif one.untried:
        text.append(f"{_INDENT}Not tried: {one.untried}.\n")
    if one.trouble:
        text.append_text(_trouble(one))
    for remark in one.remarks:
        text.append(f"{_INDENT}! ", "yellow").append(f"{_sentence(remark.text)}\n")
        text.append(f"{_INDENT}  → {remark.remedy}\n", "cyan")
    return text


def _trouble(one: Examined) -> Text:
    text = Text.assemble(_INDENT, _sentence(one.trouble), "\n")
    if one.trouble.startswith("nothing answers"):
        text.append(f"{_INDENT}→ {_how_to_start(one.settings)}\n", "cyan")
    return text


def _how_to_start(settings: BackendSettings) -> str:
    """The mode's own command, if that starts such a server at such an address."""
    usual = next(usual for usual in DEFAULT_BACKENDS if usual.mode is settings.mode)
    if usual.server is not settings.server or not is_local(settings):
        return "start it, or correct base_url"
    port = urlsplit(settings.base_url).port
    choice = f" --port {port}" if port and port != urlsplit(usual.base_url).port else ""
    return f"qcn-lsp backend command {settings.mode}{choice} prints the command that starts it"


def _abilities(one: Examined) -> str:
    if one.inspection is None:
        return ""
    info = one.inspection.info
    slots = "one request at a time" if info.slots == 1 else f"{info.slots} requests at once"
    busy = {None: "", 0: ", idle"}.get(one.inspection.busy, f", {one.inspection.busy} at work")
    version = f", version {one.inspection.version}" if one.inspection.version else ""
    infill = "reviews and completes code" if Feature.INFILL in info.features else "reviews code"
    text = f"{info.model or 'A model without a name'}: {infill}. Context {info.ctx} tokens, {slots}{busy}{version}."
    return printable(text)


def _trial(trial: Trial) -> str:
    speeds = [
        f"read {trial.prompt_tokens} tokens" + (f" at {trial.prompt_rate:.0f} a second" if trial.prompt_rate else ""),
        f"wrote {trial.generation_rate:.1f} a second" if trial.generation_rate else "wrote an answer",
    ]
    if trial.cached_tokens:
        speeds.append(f"had {trial.cached_tokens} tokens of the next question in its cache")
    found = "found" if trial.finds_sample else "did not find"
    filled = ", filled in the middle" if trial.infills else ""
    return f"Tried: {', '.join(speeds)}; {found} the SQL injection of the sample{filled}."


def _uses(diagnosis: Diagnosis) -> Text:
    if not diagnosis.review:
        return Text.assemble(
            ("No model reviews code now.", "bold"),
            " qcn-lsp works all the same: its analyzers mark candidates, and no model confirms or dismisses them.\n"
            "→ qcn-lsp backend list shows how to start a model server, a small one on any machine included.",
        )
    worth = "verified" if _mode(diagnosis, diagnosis.review) is Mode.PRECISE else "preliminary"
    return Text.assemble(
        ("Used now: ", "bold"),
        f"{diagnosis.review} for reviews (findings are {worth}), "
        f"{diagnosis.complete or 'nobody'} for completions, {diagnosis.act or 'nobody'} for fixes and explanations.",
    )


def _mode(diagnosis: Diagnosis, name: str) -> Mode:
    return next(one.settings.mode for one in diagnosis.backends if one.settings.name == name)


def _sentence(text: str) -> str:
    """With a capital and a full stop; an address keeps its spelling."""
    return text + "." if text.startswith("http") else f"{text[:1].upper()}{text[1:]}."
