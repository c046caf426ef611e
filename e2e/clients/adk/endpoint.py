"""Serves an agent of Google's Agent Development Kit by A2A, as the kit does. A test speaks for its model, on stdin.

    python endpoint.py

The lines are those of ../python/endpoint.py, but for what the test tells: {"n": 1, "thinks": ..., "says": ...}. The
text that is asked is the last that the model is shown, and there are no ids.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncGenerator

import uvicorn
from google.adk.a2a.utils.agent_to_a2a import to_a2a
from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.genai import types

told: list[asyncio.Future] = []


def tell(line: dict) -> None:
    print(json.dumps(line), flush=True)


class Spoken(BaseLlm):
    """A model that thinks and says what it is told."""

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        told.append(asyncio.get_running_loop().create_future())
        texts = [part.text for content in llm_request.contents for part in content.parts]
        tell({"asked": {"n": len(told), "text": "\n".join(texts)}})
        words = await told[-1]
        parts = [types.Part(text=words["thinks"], thought=True), types.Part(text=words["says"])]
        yield LlmResponse(content=types.Content(role="model", parts=parts))


async def main() -> None:
    port = socket.create_server(("127.0.0.1", 0))
    number = port.getsockname()[1]
    agent = LlmAgent(name="ida", description="Does what it is told.", model=Spoken(model="spoken"))
    server = uvicorn.Server(uvicorn.Config(to_a2a(agent, host="127.0.0.1", port=number), log_level="warning"))
    serving = asyncio.create_task(server.serve(sockets=[port]))
    while not server.started:  # the kit adds its routes as the server starts
        await asyncio.sleep(0.01)
    tell({"ready": {"url": f"http://127.0.0.1:{number}/"}})
    while line := await asyncio.to_thread(sys.stdin.readline):
        words = json.loads(line)
        told[words["n"] - 1].set_result(words)
    server.should_exit = True
    await serving


asyncio.run(main())
