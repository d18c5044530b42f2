"""How questions are answered and where their text goes: the badge in the header, and the page that explains it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from rag import Settings
from rag.ui.labels import Language, label

# `extractive`: no model; else where the chat model is: on this `machine`, in this `network`, or `hosted` by others.
Place = Literal["extractive", "machine", "network", "hosted"]
_DEFAULT_HOST = "api.openai.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMode:
    """Who writes the answers. `model` and `host` are empty without a chat model; `host` may carry a port."""

    place: Place
    model: str = ""
    host: str = ""


def answer_mode(settings: Settings, *, extractive: bool = False) -> AnswerMode:
    """How questions are answered under these settings, or with `extractive` without a chat model."""
    if extractive or not settings.answers_with_model:
        return AnswerMode(place="extractive")
    parts = urlsplit(settings.openai_base_url or f"https://{_DEFAULT_HOST}")
    # An address may carry a name and a password.
    return AnswerMode(
        place=_place(parts.hostname or ""), model=settings.chat_model, host=parts.netloc.rpartition("@")[2]
    )


def mode_view(mode: AnswerMode, language: Language) -> dict[str, str]:
    """The badge: its kind, its words, and what they mean."""
    names = {"model": mode.model, "host": mode.host}
    return {
        "kind": mode.place,
        "text": label(language, f"mode_{mode.place}", **names),
        "help": label(language, f"mode_{mode.place}_help", **names),
    }


def chroma_view(settings: Settings, language: Language) -> list[str]:
    """What a Chroma server is sent, and where it is, as sentences; none without one."""
    if settings.chroma_url is None:
        return []
    parts = urlsplit(settings.chroma_url)
    place = label(language, f"place_{_place(parts.hostname or '')}")
    return [label(language, "about_chroma", host=parts.netloc.rpartition("@")[2], place=place)]


def _place(host: str) -> Place:
    """Where a host is, by its address alone: a name other than `localhost` may be anywhere."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return "machine"
    try:
        address: Any = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return "hosted"
    # ::ffff:8.8.8.8 is 8.8.8.8: the range of such addresses as a whole counts as private.
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback or address.is_unspecified:
        return "machine"
    return "network" if address.is_private else "hosted"
