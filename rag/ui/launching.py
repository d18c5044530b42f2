"""How the page's server is started: its script, its options, a free port, and when it is ready."""

from __future__ import annotations

import http.client
import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

_PACKAGE = Path(__file__).parents[1]
_PORTS_TRIED = 100
_READY_S = 60.0
_LOOK_EVERY_S = 0.1
_MAX_LOG_BYTES = 1_000_000

# As `.streamlit/config.toml`: an installed wheel has no such file, and another folder may hold another one.
_OPTIONS: Final[Mapping[str, str]] = {
    "server.headless": "true",
    "server.showEmailPrompt": "false",
    "server.enableCORS": "true",
    "server.enableXsrfProtection": "true",
    "server.enableStaticServing": "false",
    "server.maxMessageSize": "50",
    "server.maxWidgetStateSize": "8",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    # After every run of a script: stops all threads while it looks at every object of torch (resources.py).
    "runner.postScriptGC": "false",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "theme.light.primaryColor": "#1d4f91",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f5f7fa",
    "theme.light.textColor": "#1f242d",
    "theme.dark.primaryColor": "#9cc2ff",
    "theme.dark.backgroundColor": "#14171c",
    "theme.dark.secondaryBackgroundColor": "#20242b",
    "theme.dark.textColor": "#e8eaee",
}
_ENVIRONMENT: Final[Mapping[str, str]] = {"ANONYMIZED_TELEMETRY": "False", "HF_HUB_DISABLE_TELEMETRY": "1"}


def page_script() -> Path:
    """The script that Streamlit runs: `app.py` of a source checkout, else the page's own module."""
    root = _PACKAGE.parent
    is_checkout = (root / "pyproject.toml").is_file() and (root / "app.py").is_file()
    return root / "app.py" if is_checkout else Path(__file__).with_name("frame.py")


def free_port(first: int, address: str) -> int:
    """The first free port from `first` on.

    Raises:
        OSError: If none of the next hundred is free, or the address is not this machine's.
    """
    problem = OSError(f"no port from {first} on")
    for port in range(first, min(first + _PORTS_TRIED, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            # As the server itself does: a connection that has just ended does not keep a port from being used again.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as exc:
                problem = exc
            else:
                return port
    raise problem


def start_server(
    port: int, address: str, log: IO[bytes], settings: Mapping[str, str], *, max_file_mb: float
) -> subprocess.Popen[bytes]:
    """Start Streamlit as a child that reads nothing and writes to `log`; `settings` join its environment.

    It takes files of up to `max_file_mb`.
    """
    options = {
        **_OPTIONS,
        "server.port": str(port),
        "server.address": address,
        "server.maxUploadSize": str(math.ceil(max_file_mb)),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(page_script())]
    command += [f"--{name}={value}" for name, value in options.items()]
    paths = [str(_PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, **_ENVIRONMENT, **settings, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)  # noqa: S603  # our own words


def wait_until_ready(server: subprocess.Popen[bytes], port: int, address: str) -> bool:
    """Whether the server answers its health check; `False` when it ended, or takes more than a minute."""
    deadline = time.monotonic() + _READY_S
    while server.poll() is None and time.monotonic() < deadline:
        if _is_healthy(port, address):
            return True
        time.sleep(_LOOK_EVERY_S)
    return False


def open_log(folder: Path) -> tuple[IO[bytes], Path]:
    """The page's log file, opened to append; one older file is kept.

    Raises:
        OSError: If it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "page.log"
    if path.is_file() and path.stat().st_size > _MAX_LOG_BYTES:
        path.replace(folder / "page.log.1")
    return path.open("ab"), path


def url_of(port: int, address: str) -> str:
    """Address for a browser."""
    host = "127.0.0.1" if address in ("0.0.0.0", "::") else address  # noqa: S104  # compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_healthy(port: int, address: str) -> bool:
    host = "127.0.0.1" if address in ("0.0.0.0", "::") else address  # noqa: S104  # compared, not bound
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
