"""The diagnosis for programs."""

import json
from dataclasses import asdict

from qcn_lsp.report.diagnosis import Diagnosis, Examined


def render(diagnosis: Diagnosis) -> str:
    """JSON text: `{"version": 1, "source", "backends": […], "uses": {"review", "complete", "act"}}`."""
    document = {
        "version": 1,
        "source": diagnosis.source,
        "backends": [_backend(one) for one in diagnosis.backends],
        "uses": {"review": diagnosis.review, "complete": diagnosis.complete, "act": diagnosis.act},
    }
    return json.dumps(document, indent=2) + "\n"


def _backend(one: Examined) -> dict[str, object]:
    settings, inspection = one.settings, one.inspection
    info = inspection.info if inspection else None
    return {
        "name": settings.name,
        "mode": settings.mode,
        "server": settings.server,
        "base_url": settings.base_url,
        "serves": one.serves(),
        "trouble": one.trouble,
        "model": info.model if info else None,
        "ctx": info.ctx if info else None,
        "slots": info.slots if info else None,
        "features": sorted(info.features) if info else [],
        "server_version": inspection.version if inspection else None,
        "busy": inspection.busy if inspection else None,
        "trial": asdict(one.trial) if one.trial else None,
        "untried": one.untried,
        "remarks": [{"text": remark.text, "remedy": remark.remedy} for remark in one.remarks],
    }
