"""Serves an A2A agent with the official SDK for Python. A test speaks for it, on stdin.

    python endpoint.py PORT

The agent is at that port of this machine, or a free one if it is 0. What goes in and out, one JSON object a line:

    out  {"ready": {"url": ...}}                                the card is below this address
    out  {"asked": {"n": 1, "text": ..., "messageId": ..., "contextId": ..., "taskId": ...}}   somebody sent a message
    in   {"n": 1, "event": {"task": {...}}}                     what the agent does then, in the words of the wire
    in   {"n": 1, "event": null}                                and that this was all

The process ends when stdin does.
"""

import asyncio
import json
import socket
import sys

import uvicorn
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, StreamResponse
from google.protobuf.json_format import ParseDict
from starlette.applications import Starlette
from told import say


class Spoken(AgentExecutor):
    """An agent that does what it is told."""

    def __init__(self) -> None:
        self.told: list[asyncio.Queue] = []

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        told = asyncio.Queue()
        self.told.append(told)
        say({"asked": {"n": len(self.told), "text": context.get_user_input(),
                       "messageId": context.message.message_id, "contextId": context.context_id,
                       "taskId": context.task_id}})
        while event := await told.get():
            response = ParseDict(event, StreamResponse())
            await event_queue.enqueue_event(getattr(response, response.WhichOneof("payload")))

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        raise NotImplementedError


async def main() -> None:
    port = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    url = f"http://127.0.0.1:{port.getsockname()[1]}/"
    card = AgentCard(
        name="Ida", description="Does what it is told.", version="1",
        supported_interfaces=[AgentInterface(url=url + "rpc", protocol_binding="JSONRPC", protocol_version="1.0")],
        capabilities=AgentCapabilities(streaming=True),
        default_input_modes=["text/plain"], default_output_modes=["text/plain"],
        skills=[AgentSkill(id="do", name="Do", description="Does what it is told.", tags=["test"])],
    )
    spoken = Spoken()
    handler = DefaultRequestHandler(spoken, InMemoryTaskStore(), card)
    routes = create_agent_card_routes(card) + create_jsonrpc_routes(handler, "/rpc")
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning"))
    serving = asyncio.create_task(server.serve(sockets=[port]))
    say({"ready": {"url": url}})
    while line := await asyncio.to_thread(sys.stdin.readline):
        told = json.loads(line)
        spoken.told[told["n"] - 1].put_nowait(told["event"])
    server.should_exit = True
    await serving


asyncio.run(main())
