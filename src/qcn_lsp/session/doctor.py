"""Looks at every configured model server: what it can do, how it does it, and what could be better."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from qcn_lsp.backends.reachability import is_listening
from qcn_lsp.backends.registry import create, identify
from qcn_lsp.config.settings import BackendSettings, ServerKind, Settings
from qcn_lsp.core.generation import Backend, Feature
from qcn_lsp.errors import BackendError
from qcn_lsp.report.diagnosis import Diagnosis, Examined, first_for

# A trial on the published slow server takes about 15 s; one that takes longer than this is stuck.
_SILENCE_SECONDS = 120.0


async def diagnose(settings: Settings, source: str, *, trials: bool, tell: Callable[[str], None]) -> Diagnosis:
    """Examines all backends at the same time.

    Args:
        settings: Whose backends and routing.
        source: Where they come from, in words.
        trials: Whether to let each of them review a sample; costs some seconds on the slow one.
        tell: Told what goes on.
    """
    backends = tuple(await asyncio.gather(*(_examine(one, tell, trials=trials) for one in settings.backends)))
    routing = settings.routing
    return Diagnosis(
        source=source,
        backends=backends,
        review=first_for(routing.review, backends),
        complete=first_for(routing.complete, backends, Feature.INFILL),
        act=first_for(routing.act, backends),
    )


async def _examine(settings: BackendSettings, tell: Callable[[str], None], *, trials: bool) -> Examined:
    if not await is_listening(settings.base_url):
        return Examined(settings, trouble=f"nothing answers at {settings.base_url}")
    server = await identify(settings)
    if server and settings.is_guess:
        settings = replace(settings, server=server)
    elif server and settings.server not in {server, ServerKind.OPENAI}:
        return Examined(settings, trouble=f'this is a {server} server; set server = "{server}" for it')
    backend = create(settings, silence_limit_seconds=_SILENCE_SECONDS)
    try:
        inspection = await backend.inspect()
        return await _tried(Examined(settings, inspection), backend, tell) if trials else Examined(settings, inspection)
    except BackendError as error:
        return Examined(settings, trouble=error.message)
    finally:
        await backend.close()


async def _tried(examined: Examined, backend: Backend, tell: Callable[[str], None]) -> Examined:
    """What was found, with a trial unless the server is at work for somebody."""
    from qcn_lsp.session.trial import try_out  # loads pydantic

    settings, inspection = examined.settings, examined.inspection
    if inspection is None:
        return examined
    if inspection.busy is not None and inspection.busy >= inspection.info.slots:
        return replace(examined, untried="it is at work for somebody; ask again when it is free")
    tell(f"trying {settings.name}: it reviews a sample")
    try:
        return replace(examined, trial=await try_out(backend, inspection.info))
    except BackendError as error:
        return replace(examined, trouble=error.message)
