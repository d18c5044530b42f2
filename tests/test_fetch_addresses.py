"""Official texts: which addresses are asked, and where a redirect may lead."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import httpx
import psutil
import pytest
from fetch_lists import PLAN, documents, entry, only, write_list
from text_server import Page, TextServer

from rag import Settings, fetch_sources
from rag.fetching.addresses import AddressRefused, checked_address, redirected


def _moved(location: str) -> Page:
    return Page(status=302, headers={"Location": location})


def test_redirects_on_the_same_host_are_followed(fetch_settings: Settings, text_server: TextServer) -> None:
    write_list(fetch_settings.sources_path, entry(text_server.url("/old"), format="pdf"))
    text_server.pages |= {"/old": _moved("/newer"), "/newer": _moved(text_server.url("/plan.pdf"))}
    assert only(fetch_sources(fetch_settings)).verdict == "added"
    assert documents(fetch_settings) == ["plan-2.pdf"]


@pytest.mark.parametrize(
    ("location", "message"),
    [
        pytest.param("http://localhost:{port}/plan.pdf", "leads to another host", id="other name"),
        pytest.param("http://127.0.0.1:{other}/plan.pdf", "leads to another host", id="other port"),
        pytest.param("http://127.0.0.2:{port}/plan.pdf", "leads to another host", id="other loopback address"),
        pytest.param("https://127.0.0.1.example/plan.pdf", "leads to another host", id="alike"),
        pytest.param("https://127.0.0.1@example.org/plan.pdf", "holds a user name", id="user name"),
        pytest.param("https://example.org\\@127.0.0.1/", "a backslash", id="backslash"),
        pytest.param("http://192.0.2.1/plan.pdf", "is http, which is for this machine only", id="http elsewhere"),
        pytest.param("http://169.254.169.254/latest", "is http, which is for this machine only", id="metadata"),
        pytest.param("file:///etc/passwd", "does not begin with https://", id="file"),
        pytest.param("//example.org/plan.pdf", "is http, which is for this machine only", id="no scheme"),
        pytest.param("/loop", "sends on more than 5 times", id="endless"),
    ],
)
def test_redirect_elsewhere_is_refused(
    fetch_settings: Settings, text_server: TextServer, location: str, message: str
) -> None:
    with TextServer({"/plan.pdf": Page(PLAN)}) as other:
        place = location.format(port=text_server.port, other=other.port)
        text_server.pages |= {"/plan.pdf": _moved(place), "/loop": _moved("/loop")}
        file = only(fetch_sources(fetch_settings))
        assert (file.verdict, file.code) == ("failed", "redirect")
        assert message in str(file.reason)
        assert other.requests == []
        assert len(text_server.requests) <= 6
    assert documents(fetch_settings) == []


@pytest.mark.parametrize("allowed", ["localhost", "localhost:{port}"])
def test_redirect_to_an_allowed_host_is_followed(
    fetch_settings: Settings, text_server: TextServer, allowed: str
) -> None:
    with TextServer({"/moved.pdf": Page(PLAN)}) as other:
        hosts = [allowed.format(port=other.port)]
        write_list(fetch_settings.sources_path, entry(text_server.url("/plan.pdf"), allow_hosts=hosts))
        text_server.pages["/plan.pdf"] = _moved(other.url("/moved.pdf", "localhost"))
        assert only(fetch_sources(fetch_settings)).verdict == "added"
        text_server.pages["/plan.pdf"] = _moved(other.url("/moved.pdf", "127.0.0.1"))
        assert only(fetch_sources(fetch_settings)).code == "redirect"


def test_address_of_version_6_is_this_machine(fetch_settings: Settings) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        text_server = TextServer({"/plan.pdf": Page(PLAN)}, host="::1")
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with text_server:
        write_list(fetch_settings.sources_path, entry(text_server.url("/plan.pdf", "[::1]")))
        assert only(fetch_sources(fetch_settings)).verdict == "added"


def test_localhost_that_resolves_elsewhere_is_refused(
    fetch_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [one.address for many in psutil.net_if_addrs().values() for one in many if one.family == socket.AF_INET]
    outer = next((address for address in addresses if not address.startswith("127.")), None)
    if outer is None:
        pytest.skip("this machine has no address but loopback")
    look_up: Callable[..., Any] = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *args, **more: look_up(outer if host in ("localhost", b"localhost") else host, *args, **more),
    )
    with TextServer({"/plan.pdf": Page(PLAN)}, host=outer) as text_server:
        write_list(fetch_settings.sources_path, entry(text_server.url("/plan.pdf", "localhost")))
        file = only(fetch_sources(fetch_settings))
    assert (file.code, "is not this machine" in str(file.reason)) == ("unreachable", True)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        pytest.param("http://www8.cao.go.jp/plan.pdf", "is http", id="http"),
        pytest.param("http://127.1/plan.pdf", "is http", id="short number"),
        pytest.param("http://0x7f000001/plan.pdf", "is http", id="hexadecimal"),
        pytest.param("http://2130706433/plan.pdf", "is http", id="decimal"),
        pytest.param("http://0.0.0.0/plan.pdf", "is http", id="any address"),
        pytest.param("http://[::ffff:192.0.2.1]/plan.pdf", "is http", id="mapped"),
        pytest.param("http://127.0.0.1.nip.io/plan.pdf", "is http", id="name that resolves here"),
        pytest.param("http://localhost.example/plan.pdf", "is http", id="alike"),
        pytest.param("http://127.0.0.1@192.0.2.1/plan.pdf", "user name", id="user name"),
        pytest.param("https://me:secret@example.org/plan.pdf", "user name", id="password"),
        pytest.param("ftp://127.0.0.1/plan.pdf", "https://", id="ftp"),
        pytest.param("https:///plan.pdf", "https://", id="no host"),
        pytest.param("https://example.org:99999/", "a port that there is not", id="port"),
        pytest.param("https://exam ple.org/", "a space", id="space"),
        pytest.param("https://example.org/\r\nHost: x", "control character", id="line break"),
    ],
)
def test_address_is_refused(address: str, message: str) -> None:
    with pytest.raises(AddressRefused, match=message):
        checked_address(address)


@pytest.mark.parametrize(
    ("start", "location", "allowed", "message"),
    [
        pytest.param("https://a.go.jp/x", "https://a.go.jp/y", [], None, id="same host"),
        pytest.param("https://a.go.jp/x", "https://A.GO.JP:443/y", [], None, id="same host in other letters"),
        pytest.param("https://a.go.jp/x", "http://a.go.jp/y", [], "is http", id="to http"),
        pytest.param("https://localhost/x", "http://localhost/y", [], "from https to http", id="to http here"),
        pytest.param("https://a.go.jp/x", "https://a.go.jp:8443/y", [], "another host", id="other port"),
        pytest.param("https://a.go.jp/x", "https://b.go.jp/y", [], "another host", id="other host"),
        pytest.param("https://a.go.jp/x", "https://b.go.jp/y", ["b.go.jp"], None, id="allowed"),
        pytest.param("https://a.go.jp/x", "https://b.go.jp:8443/y", ["b.go.jp"], "another host", id="allowed, port"),
        pytest.param("https://a.go.jp/x", "https://b.go.jp:8443/y", ["b.go.jp:8443"], None, id="port allowed"),
        pytest.param("https://a.go.jp/x", "https://x.b.go.jp/y", ["b.go.jp"], "another host", id="below the allowed"),
        pytest.param("https://a.go.jp/x", "https://a.go.jp./y", [], "another host", id="dot at the end"),
        pytest.param("http://localhost/x", "https://localhost/y", [], None, id="up to https"),
    ],
)
def test_redirect_rule(start: str, location: str, allowed: list[str], message: str | None) -> None:
    first = httpx.URL(start)
    if message is None:
        assert redirected(first, first, location, allowed).path == "/y"
    else:
        with pytest.raises(AddressRefused, match=message):
            redirected(first, first, location, allowed)
