"""Runs the function under Lambda's runtime interface emulator, as `sam local` does
in a container, and puts SAM's own code in front of it: the events are made of
HTTP requests, and the answers are read, by what `sam local start-api` uses.

The emulator takes one invocation at a time and does not stream.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import flask
import samcli
from samcli.local.apigw.event_constructor import construct_v2_event_http
from samcli.local.apigw.local_apigw_service import LocalApigwService

PATIENCE = 20  # seconds until the function must have answered

INITIALIZE = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "check", "version": "1"}},
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def invoke(port, event):
    """Returns what the function answers, as text."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", json.dumps(event).encode())
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.read().decode()
        except urllib.error.URLError as error:
            # Until the emulator listens.
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > until:
                raise
            time.sleep(0.1)


def ask(port, method, path, body=None):
    """Makes a request as through `sam local start-api`; returns status, header and body."""
    app = flask.Flask("api")
    headers = {"Accept": "application/json, text/event-stream"}
    with app.test_request_context(path, method=method, json=body, headers=headers):
        event = construct_v2_event_http(flask.request, 3000, [], stage_name="$default", route_key="$default")
        return LocalApigwService._parse_v2_payload_format_lambda_output(invoke(port, event), [], flask.request)


def check(port):
    events = pathlib.Path("events")
    answer = json.loads(invoke(port, json.loads((events / "initialize.json").read_text())))
    assert answer["statusCode"] == 200 and "protocolVersion" in answer["body"], answer

    status, headers, body = ask(port, "POST", "/mcp", INITIALIZE)
    assert status == 200 and headers["Content-Type"] == "application/json", (status, headers)
    assert json.loads(body)["result"]["serverInfo"]["name"] == "parley", body

    status, headers, body = ask(port, "GET", "/?x=1")
    assert status == 200 and "http://localhost/mcp" in body, (status, headers, body)

    status, headers, body = ask(port, "GET", "/mcp")
    assert status == 405 and headers["Allow"] == "POST", (status, headers, body)


def main():
    architecture, bootstrap = sys.argv[1:]
    emulator = pathlib.Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{architecture}"
    port, runtime_port = free_port(), free_port()
    environment = dict(os.environ, AWS_SAM_LOCAL="true", AWS_REGION="eu-west-1", PARLEY_TABLE="none")
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [emulator, "--log-level", "error",
             "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
             "--runtime-api-address", f"127.0.0.1:{runtime_port}", bootstrap],
            env=environment, stdout=log, stderr=log)
        try:
            check(port)
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace"))
            raise
        finally:
            process.terminate()
            process.wait()


main()
