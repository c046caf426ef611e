"""Runs the function under Lambda's runtime interface emulator, as `sam local` does
in a container, and puts SAM's own code in front of it: the events are made of
HTTP requests, and the answers are read, by what `sam local start-api` uses.

The emulator takes one invocation at a time and does not stream. The rooms are in
DynamoDB Local; the program of scripts/dynamodb-local is the last argument, or - where
the parts that it needs are missing. The outbox answers to events of the table's stream where it
is told to, and else refuses what names no hook; what it does with them is for internal/testkit/lambdatest.
"""

import contextlib
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

import boto3
import flask
import samcli
from samcli.local.apigw.event_constructor import construct_v2_event_http
from samcli.local.apigw.local_apigw_service import LocalApigwService

import key

PATIENCE = 20  # seconds until the function must have answered
ENGINE = "It listens on "  # and then its address

# What the template sets for the outbox.
OUTBOX = {
    "PARLEY_PUBLIC_URL": "https://parley.example", "PARLEY_OUTBOX_SCHEDULES": "schedules",
    "PARLEY_OUTBOX_SCHEDULER_ROLE": "arn:aws:iam::123456789012:role/scheduler",
    "PARLEY_OUTBOX_DEAD_LETTERS": "arn:aws:sqs:eu-west-1:123456789012:dead-letters",
}

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


def ask(port, method, path, body=None, secret=""):
    """Makes a request as through `sam local start-api`; returns status, header and body."""
    app = flask.Flask("api")
    headers = {"Accept": "application/json, text/event-stream"}
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    with app.test_request_context(path, method=method, json=body, headers=headers):
        event = construct_v2_event_http(flask.request, 3000, [], stage_name="$default", route_key="$default")
        return LocalApigwService._parse_v2_payload_format_lambda_output(invoke(port, event), [], flask.request)


def call(port, secret, tool, **arguments):
    """Calls a tool, and returns its result."""
    params = {"name": tool, "arguments": arguments}
    status, _, body = ask(port, "POST", "/mcp", {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}, secret)
    assert status == 200, (tool, status, body)
    text = body.decode() if isinstance(body, bytes) else body
    if text.startswith(":"):  # an answer that took longer is an event
        text = text.split("\ndata: ", 1)[1].split("\n", 1)[0]
    return json.loads(text)["result"]["structuredContent"]


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


def converse(port, room, secret=""):
    """Two agents join a room; one speaks, and the other waits for it, and then in vain."""
    status, _, body = ask(port, "GET", "/healthz")
    assert status == 200, body
    ann = call(port, secret, "join_room", room=room, agent_name="Ann")
    bob = call(port, secret, "join_room", room=room, agent_name="Bob")
    assert ann["status"] == "created" and bob["status"] == "joined", (ann, bob)
    sent = call(port, secret, "send_message", agent_token=bob["agent_token"], text="hello", cursor=bob["cursor"])
    assert sent["sent"], sent
    heard = call(port, secret, "wait_for_message", agent_token=ann["agent_token"], cursor=ann["cursor"], wait_seconds=5)
    assert [m["text"] for m in heard["messages"] if m.get("text")] == ["hello"], heard
    began = time.monotonic()
    quiet = call(port, secret, "wait_for_message", agent_token=bob["agent_token"], cursor=sent["cursor"], wait_seconds=2)
    assert quiet["status"] == "quiet" and time.monotonic() - began > 1, quiet


def takes_events_of_the_stream(port):
    assert json.loads(invoke(port, {"Records": []})) == {"batchItemFailures": None}


def takes_hooks(port):
    answer = json.loads(invoke(port, {"room": ""}))
    assert "names no hooks to look at" in answer["errorMessage"], answer


def admits_keys_only(port, table):
    """A key that `make deploy` would make admits; nothing else does."""
    _, _, body = ask(port, "POST", "/mcp", INITIALIZE)
    assert json.loads(body)["error"]["data"]["code"] == "key_invalid", body
    made = key.store(table, "parley", "first")
    assert key.has_keys(table, "parley")
    _, _, body = ask(port, "POST", "/mcp", INITIALIZE, made)
    assert "protocolVersion" in body, body
    converse(port, "coffee", made)


@contextlib.contextmanager
def running(command, log, **options):
    process = subprocess.Popen(command, stderr=log, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def engine(program, log):
    """Runs DynamoDB Local, and yields its address."""
    with running([program, "-addr", f"127.0.0.1:{free_port()}"], log, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith(ENGINE):
                yield line.removeprefix(ENGINE).split()[0]
                return
        raise RuntimeError("DynamoDB Local did not start")


@contextlib.contextmanager
def emulated(architecture, bootstrap, address, log, access, **settings):
    """Runs a function on the table at address, and yields its port."""
    emulator = pathlib.Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{architecture}"
    port, runtime_port = free_port(), free_port()
    environment = dict(os.environ, AWS_SAM_LOCAL="true", AWS_REGION="eu-west-1", PARLEY_TABLE="parley", PARLEY_ACCESS=access, **settings)
    if address:
        environment |= {"PARLEY_CREATE_TABLE": "true", "AWS_ENDPOINT_URL_DYNAMODB": address}
    with running(
            [emulator, "--log-level", "error",
             "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
             "--runtime-api-address", f"127.0.0.1:{runtime_port}", bootstrap],
            log, env=environment, stdout=log):
        yield port


def main():
    architecture, bootstrap, outbox, program = sys.argv[1:]
    with tempfile.TemporaryFile() as log:
        try:
            with contextlib.nullcontext() if program == "-" else engine(program, log) as address:
                with emulated(architecture, bootstrap, address, log, "open") as port:
                    check(port)
                    if address:
                        converse(port, "tea")
                with emulated(architecture, outbox, address, log, "keys", PARLEY_OUTBOX="outbox") as port:
                    takes_events_of_the_stream(port)
                with emulated(architecture, outbox, address, log, "keys", **OUTBOX) as port:
                    takes_hooks(port)
                if address:
                    table = boto3.client("dynamodb", endpoint_url=address, region_name="eu-west-1")
                    with emulated(architecture, bootstrap, address, log, "keys") as port:
                        admits_keys_only(port, table)
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace"))
            raise


main()
