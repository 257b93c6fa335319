"""Profiles and started servers as text for people. Pure."""

import textwrap
from collections.abc import Iterable, Sequence

from qcn_lsp.config.settings import Mode
from qcn_lsp.launch.commands import LOOPBACK, flag_text
from qcn_lsp.launch.log_facts import in_words
from qcn_lsp.launch.profile import Flag, Profile
from qcn_lsp.launch.state import Started

_INDENT = "  "
_FLAG_COLUMN = 32
_HEADINGS = ("MODE", "SERVER", "FOR", "PORT", "CTX", "PUBLISHED", "STATE")


def table(rows: Iterable[tuple[Profile, int, str]]) -> str:
    """The profiles, each with the port it is looked for at and its state."""
    lines = [_HEADINGS] + [
        (profile.name, profile.server, profile.purpose, str(port), str(profile.ctx), _rate(profile), state)
        for profile, port, state in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def explained(profile: Profile, started: Started | None, width: int) -> str:
    """A profile flag by flag, and the server if one runs."""
    parts = [
        f"{profile.name}: {profile.title}",
        _facts(profile),
        *(["Now\n" + textwrap.indent("\n".join(running_lines(started)), _INDENT)] if started else []),
        "Flags of the server\n" + _flags(profile, (*profile.environment, *profile.flags), width),
    ]
    if profile.container:
        parts.append("Flags of podman (--podman)\n" + _flags(profile, profile.container.flags, width))
    if profile.left_out:
        parts.append("In the published command, not here\n" + _flags(profile, profile.left_out, width))
    if profile.notes:
        parts.append("Notes\n" + "\n".join(_bullet(note, width) for note in profile.notes))
    return "\n\n".join(parts)


def running_lines(started: Started) -> list[str]:
    """What runs where, and what its log said."""
    container = f", container {started.container}" if started.container else ""
    return [
        f"http://{LOOPBACK}:{started.port}/v1, pid {started.pid}{container}, since {started.date}",
        f"log: {started.log}",
        *(in_words(started.facts) if started.facts else ()),
    ]


def configuration(profile: Profile, port: int) -> str:
    """The section of the configuration that lets qcn-lsp find a server it would not look for."""
    mode = profile.name if profile.name in set(Mode) else Mode.HYBRID.value
    return "\n".join(
        (
            f"[backends.{profile.name}]",
            f'mode = "{mode}"',
            f'server = "{profile.server}"',
            f'base_url = "http://{LOOPBACK}:{port}/v1"',
        )
    )


def _rate(profile: Profile) -> str:
    return f"{profile.rate} tok/s" if profile.rate else "-"


def _facts(profile: Profile) -> str:
    rows: Sequence[tuple[str, str]] = (
        ("server", profile.server),
        ("for", profile.purpose),
        ("address", f"http://{LOOPBACK}:{profile.port}/v1"),
        ("context", f"{profile.ctx:,} tokens"),
        ("published", profile.speed),
        ("needs", "; ".join(profile.needs)),
    )
    return "\n".join(f"{_INDENT}{name:<11}{value}" for name, value in rows)


def _flags(profile: Profile, flags: Iterable[Flag], width: int) -> str:
    return "\n".join(_flag(profile, flag, width) for flag in flags)


def _flag(profile: Profile, flag: Flag, width: int) -> str:
    words = flag_text(profile, flag)
    why = flag.why
    if flag.study is not None:
        why += f" [published: {flag_text(profile, Flag((flag.study,), '')) or 'without'}]"
    gap = " " * (_FLAG_COLUMN + len(_INDENT))
    text = textwrap.fill(why, width, initial_indent=gap, subsequent_indent=gap, break_on_hyphens=False)
    head = f"{_INDENT}{words:<{_FLAG_COLUMN - 1}} "
    return head + text.lstrip() if len(words) < _FLAG_COLUMN else f"{head.rstrip()}\n{text}"


def _bullet(note: str, width: int) -> str:
    return textwrap.fill(note, width, initial_indent=f"{_INDENT}- ", subsequent_indent=_INDENT * 2)
