"""Calls an A2A agent with the official SDK for Python, as told on stdin.

    python agent.py BASE MODE

The card is below the address BASE. MODE is streams, as the SDK does by default, or blocks. Nothing else is set. What
goes in and out, one JSON object a line:

    out  {"ready": {}}
    in   {"id": 1, "tool": "SendMessage", "arguments": {"text": ..., "contextId": ..., "taskId": ...}}
    in   {"id": 2, "tool": "GetTask", "arguments": {"id": ...}}     or another method, with what it takes
    in   {"cancel": 1}                                              the client gives up call 1
    out  {"id": 1, "event": {"task": {...}}}                        what came, as it came; then
    out  {"id": 1, "result": {...}}                                 what the client returned; {} after events
    out  {"id": 1, "error": "...", "code": -32001}                  the client raised; 0 if it has no such code

Calls run at once; the process ends when stdin does.
"""

import asyncio
import sys

from a2a.client import Client, ClientConfig, create_client
from a2a.helpers import new_text_message
from a2a.types import (
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Role,
    SendMessageRequest,
    SubscribeToTaskRequest,
)
from a2a.utils.errors import JSON_RPC_ERROR_CODE_MAP
from google.protobuf.json_format import MessageToDict, ParseDict
from told import say, serve


async def run(client: Client, request: dict) -> dict:
    """Makes a call, says what events it brings, and returns its result."""
    args = request["arguments"]
    match request["tool"]:
        case "SendMessage":
            message = new_text_message(args.pop("text"), role=Role.ROLE_USER)
            events = client.send_message(SendMessageRequest(message=ParseDict(args, message)))
        case "SubscribeToTask":
            events = client.subscribe(ParseDict(args, SubscribeToTaskRequest()))
        case "GetTask":
            return MessageToDict(await client.get_task(ParseDict(args, GetTaskRequest())))
        case "ListTasks":
            return MessageToDict(await client.list_tasks(ParseDict(args, ListTasksRequest())))
        case "CancelTask":
            return MessageToDict(await client.cancel_task(ParseDict(args, CancelTaskRequest())))
    async for event in events:
        say({"id": request["id"], "event": MessageToDict(event)})
    return {}


async def answer(client: Client, request: dict) -> None:
    try:
        result = await run(client, request)
    except asyncio.CancelledError:
        say({"id": request["id"], "error": "given up"})
        raise
    except Exception as error:  # whatever the client raises is its answer
        code = JSON_RPC_ERROR_CODE_MAP.get(type(error), 0)
        say({"id": request["id"], "error": f"{type(error).__name__}: {error}", "code": code})
        return
    say({"id": request["id"], "result": result})


async def main(base: str, mode: str) -> None:
    config = ClientConfig() if mode == "streams" else ClientConfig(streaming=False)
    async with await create_client(base, config) as client:
        say({"ready": {}})
        await serve(lambda request: answer(client, request))


asyncio.run(main(*sys.argv[1:]))
