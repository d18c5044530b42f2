"""Which addresses are opened, and where a server may send us on to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_DEFAULT_PORTS = {"https": 443, "http": 80}
# A space, a control character or a backslash is read differently by different readers of addresses.
_DUBIOUS = re.compile(r"[\x00-\x20\x7f\\]")


class AddressRefused(Exception):  # noqa: N818 - a refusal is an outcome, not an error
    """An address is not opened; the message says why, as the end of a sentence."""


def checked_address(text: str) -> httpx.URL:
    """An address that may be opened: https, or http to this machine, without a user name.

    The same parsed value is checked and opened, so that no second reader can see another host in it.

    Raises:
        AddressRefused: If it is not.
    """
    import httpx

    if _DUBIOUS.search(text):
        raise AddressRefused("holds a space, a control character or a backslash")
    try:
        return checked(httpx.URL(text))
    except httpx.InvalidURL as exc:
        raise AddressRefused("is no address") from exc


def checked(url: httpx.URL) -> httpx.URL:
    """The address, if it may be opened.

    Raises:
        AddressRefused: If it may not.
    """
    if url.scheme not in _DEFAULT_PORTS or not url.host:
        raise AddressRefused("does not begin with https://")
    if url.userinfo:
        raise AddressRefused("holds a user name")
    if url.port is not None and not 0 < url.port < 65536:
        raise AddressRefused("names a port that there is not")
    if url.scheme == "http" and not is_loopback(url.host):
        raise AddressRefused("is http, which is for this machine only (127.0.0.1, ::1, localhost); elsewhere use https")
    return url.copy_with(fragment=None)


def redirected(start: httpx.URL, current: httpx.URL, location: str, allow_hosts: Iterable[str]) -> httpx.URL:
    """Where a redirect leads, if it may be followed: to the start's host or an allowed one, never back to http.

    Args:
        start: The address that was asked for.
        current: The address that answered.
        location: What it answered; may be relative.
        allow_hosts: Further hosts, as `read_host` takes them.

    Raises:
        AddressRefused: If it may not be followed.
    """
    import httpx

    if _DUBIOUS.search(location):
        raise AddressRefused("holds a space, a control character or a backslash")
    try:
        target = checked(current.join(location))
    except httpx.InvalidURL as exc:
        raise AddressRefused("is no address") from exc
    if current.scheme == "https" and target.scheme != "https":
        raise AddressRefused("leads from https to http")
    if not _is_same_place(start, target) and not any(_is_allowed(host, start, target) for host in allow_hosts):
        raise AddressRefused("leads to another host, which the list does not allow (allow_hosts)")
    return target


def read_host(text: str) -> tuple[str, int | None]:
    """Host and port of an `allow_hosts` entry: `host`, `host:port` or `[IPv6]:port`.

    Raises:
        AddressRefused: If it is none.
    """
    import httpx

    try:
        url = httpx.URL(f"https://{text}/")
    except httpx.InvalidURL as exc:
        raise AddressRefused("is no host") from exc
    if _DUBIOUS.search(text) or url.userinfo or url.path != "/" or not url.host or url.query or url.fragment:
        raise AddressRefused("is no host")
    # httpx drops a port that is the scheme's own.
    return url.host, 443 if text.endswith(":443") else url.port


def is_loopback(host: str) -> bool:
    """Whether a host as written means this machine, whatever a name server says.

    Other spellings of the number (127.1, 0x7f000001) and names that resolve to it do not count.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_same_place(start: httpx.URL, target: httpx.URL) -> bool:
    # Another port of the same host is another service.
    return start.host == target.host and (_port(start) == _port(target) or _has_default_ports(start, target))


def _is_allowed(allowed: str, start: httpx.URL, target: httpx.URL) -> bool:
    host, port = read_host(allowed)
    if host != target.host:
        return False
    if port is not None:
        return port == _port(target)
    # Services of one's own machine have no ports that one could know beforehand.
    return is_loopback(host) or _port(target) in (_port(start), _DEFAULT_PORTS[target.scheme])


def _has_default_ports(*urls: httpx.URL) -> bool:
    return all(_port(url) == _DEFAULT_PORTS[url.scheme] for url in urls)


def _port(url: httpx.URL) -> int:
    return url.port or _DEFAULT_PORTS[url.scheme]
