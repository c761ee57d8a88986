"""A Jupyter server on this machine, and a client that opens a page and runs its cells as a browser would."""

import json
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path

from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

PEAK = (
    "import resource, sys\n"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == 'darwin' else 2**10))"
)


@dataclass
class Page:
    """What came of one page: cells run, time, the kernel's peak memory, and the first error."""

    cells: int = 0
    seconds: float = 0.0
    megabytes: int = 0
    error: str = ""


class JupyterServer:
    """JupyterLab's server in an environment, open to this machine only.

    Parameters
    ----------
    venv : the environment.
    folder : the folder that it serves.
    settings : its environment variables.
    """

    def __init__(self, venv: Path, folder: Path, settings: dict[str, str]):
        self.token = secrets.token_hex(16)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command = [
            *(str(venv / "bin" / "python"), "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *(f"--port={self.port}", "--ip=127.0.0.1", f"--IdentityProvider.token={self.token}"),
            "--ServerApp.port_retries=0",
        ]
        self.folder, self.settings = folder, settings

    def __enter__(self) -> "JupyterServer":
        self.log = open(self.folder.parent / "server.log", "w")
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, env=self.settings, stdout=self.log, stderr=subprocess.STDOUT
        )
        for _ in range(600):
            try:
                self.ask("GET", "api/status")
                return self
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"the Jupyter server did not start: see {self.log.name}")

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()

    def ask(self, method: str, path: str, data: dict | None = None) -> dict | None:
        """Send one request to the server's interface."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{path}",
            method=method,
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
            data=None if data is None else json.dumps(data).encode(),
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    async def run(self, path: str) -> Page:
        """Open a page as a notebook, run its code cells in order, and stop at the first error."""
        page, started = Page(), time.perf_counter()
        try:
            contents = self.ask("GET", f"api/contents/{path}?type=notebook&content=1")
        except urllib.error.HTTPError as error:
            return Page(error=f"cannot be opened: {error}")
        if contents["type"] != "notebook":
            return Page(error=f"opens as {contents['type']}, not as a notebook")
        code = [c["source"] for c in contents["content"]["cells"] if c["cell_type"] == "code" and c["source"].strip()]
        if not code:
            return Page(seconds=time.perf_counter() - started)
        session = self.ask(
            "POST",
            "api/sessions",
            {"path": path, "type": "notebook", "name": Path(path).name, "kernel": {"name": "python3"}},
        )
        try:
            url = f"ws://127.0.0.1:{self.port}/api/kernels/{session['kernel']['id']}/channels"
            headers = {"Authorization": f"token {self.token}"}
            socket = await websocket_connect(HTTPRequest(url, headers=headers), max_message_size=2**28)
            for source in code:
                _, error = await execute(socket, source)
                if error:
                    page.error = f"{error}\n    in the cell that begins: {source.splitlines()[0]}"
                    break
                page.cells += 1
            printed, _ = await execute(socket, PEAK)
            page.megabytes = int(printed) if printed.strip().isdigit() else 0
            if not (page.megabytes or page.error):
                page.error = "did not tell its memory"
            socket.close()
        finally:
            self.ask("DELETE", f"api/sessions/{session['id']}")
        page.seconds = time.perf_counter() - started
        return page


async def execute(socket, source: str) -> tuple[str, str]:
    """Run one cell; return what it printed, and its error."""
    message = {
        "header": {
            "msg_id": uuid.uuid4().hex,
            "username": "",
            "session": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "version": "5.3",
        },
        "parent_header": {},
        "metadata": {},
        "channel": "shell",
        "buffers": [],
        "content": {
            "code": source,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        },
    }
    await socket.write_message(json.dumps(message))
    # The reply and the outputs travel on two channels: a cell is done when it was answered and the kernel is idle.
    printed, reply, idle = "", None, False
    while reply is None or not idle:
        text = await socket.read_message()
        if text is None:
            return printed, "the kernel died"
        answer = json.loads(text)
        if answer.get("parent_header", {}).get("msg_id") != message["header"]["msg_id"]:
            continue
        if answer["msg_type"] == "stream":
            printed += answer["content"]["text"]
        elif answer["msg_type"] == "execute_reply":
            reply = answer["content"]
        elif answer["msg_type"] == "status":
            idle = answer["content"]["execution_state"] == "idle"
    return printed, "" if reply["status"] == "ok" else f"{reply.get('ename')}: {reply.get('evalue')}"
