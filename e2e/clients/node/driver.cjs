// Makes tool calls with an official TypeScript client, as told on stdin.
//
//   node driver.cjs SERVER GENERATION
//
// SERVER is the address of an MCP server, or a JSON array with a program that is one on
// its standard streams, and its arguments. GENERATION is modern or legacy (of @modelcontextprotocol/client), sdk1
// (@modelcontextprotocol/sdk) or openai (the Agents SDK of OpenAI). The packages are found by NODE_PATH. What goes
// in and out, one JSON object a line:
//
//   out  {"ready": {"protocol": "2026-07-28", "tools": ["join_room", ...]}}
//   in   {"id": 1, "tool": "join_room", "arguments": {...}, "timeout": 0}   in ms; 0: five minutes
//   in   {"id": 2, "tool": "resources/read", "arguments": {"uri": "..."}, "timeout": 0}   or tools/list, resources/list
//   in   {"cancel": 1}                     the client gives up call 1
//   in   {"spoil": true}                   its access token is no longer good, if it signs in: see sign-in.cjs
//   out  {"id": 1, "result": {...}}        what the client returned, errors of the tool too
//   out  {"id": 1, "error": "..."}         the client threw
//
// Calls run at once; the process ends when stdin does. PARLEY_E2E_SHOWS is a JSON object with the extensions that the
// client names; without it, the client names none.
'use strict';

const readline = require('node:readline');

const { signIn } = require('./sign-in.cjs');

const named = process.env.PARLEY_E2E_SHOWS && { capabilities: { extensions: JSON.parse(process.env.PARLEY_E2E_SHOWS) } };

// clientOf returns a client, not yet connected, what calls a tool with it, and its transports.
function clientOf(generation) {
  const about = { name: `parley-e2e-${generation}`, version: '1.0.0' };
  if (generation === 'sdk1') {
    const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = require('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
    const client = new Client(about, { ...named });
    const call = (request, options) => client.callTool(request, undefined, options);
    return { client, call, Http: StreamableHTTPClientTransport, Stdio: StdioClientTransport };
  }
  const { Client, StreamableHTTPClientTransport } = require('@modelcontextprotocol/client');
  const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');
  const mode = generation === 'modern' ? { pin: '2026-07-28' } : 'legacy';
  const client = new Client(about, { ...named, versionNegotiation: { mode } });
  const call = (request, options) => client.callTool(request, options);
  return { client, call, Http: StreamableHTTPClientTransport, Stdio: StdioClientTransport };
}

// openAI is clientOf for the Agents SDK, whose client has its transport in it. It gives a call five seconds by itself.
function openAI(server) {
  const { MCPServerStreamableHttp, MCPServerStdio } = require('@openai/agents-core');
  const about = { name: 'parley-e2e-openai', cacheToolsList: true, clientSessionTimeoutSeconds: 300, timeout: 300_000 };
  const [command, ...args] = server.startsWith('[') ? JSON.parse(server) : [];
  const its = command ? new MCPServerStdio({ ...about, command, args, env: process.env })
    : new MCPServerStreamableHttp({ ...about, url: server });
  const client = {
    connect: () => its.connect(),
    listTools: async () => ({ tools: await its.listTools() }),
    getNegotiatedProtocolVersion: () => its.underlying.session.getNegotiatedProtocolVersion(),
    close: () => its.close(),
  };
  const call = (request, options) => {
    its.underlying.timeout = options.timeout; // it takes a time for all calls, and not for one
    return its.callToolResult(request.name, request.arguments, undefined, options);
  };
  return { client, call };
}

function transportTo(server, { Http, Stdio }, options) {
  if (!server.startsWith('[')) return new Http(new URL(server), options);
  const [command, ...args] = JSON.parse(server);
  const transport = new Stdio({ command, args, env: process.env });
  transport.setProtocolVersion = (version) => { transport.protocolVersion = version; };
  return transport;
}

function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

// callerOf returns what makes the calls: of tools, and of methods that have a function of their own in clients.
function callerOf(client, call) {
  return ({ name, arguments: given }, options) => {
    switch (name) {
      case 'tools/list': return client.listTools(given, options);
      case 'resources/list': return client.listResources(given, options);
      case 'resources/read': return client.readResource(given, options);
      default: return call({ name, arguments: given }, options);
    }
  };
}

async function answer(call, request, running) {
  const stop = new AbortController();
  running.set(request.id, stop);
  const options = { signal: stop.signal, timeout: request.timeout || 300_000 }; // mostly the test decides
  try {
    say({ id: request.id, result: await call({ name: request.tool, arguments: request.arguments }, options) });
  } catch (error) {
    say({ id: request.id, error: String(error) });
  } finally {
    running.delete(request.id);
  }
}

async function main([server, generation]) {
  const { client, call, ...transports } = generation === 'openai' ? openAI(server) : clientOf(generation);
  const open = (options) => transportTo(server, transports, options);
  const signsIn = process.env.PARLEY_E2E_SIGN_IN && signIn(process.env.PARLEY_E2E_SIGN_IN);
  const transport = signsIn ? await signsIn.connect(client, open) : transports.Http && open();
  if (!signsIn) await client.connect(transport);
  // Once it has seen the tools, the client checks every result against its output schema.
  const { tools } = await client.listTools();
  const protocol = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion;
  say({ ready: { protocol, tools: tools.map((tool) => tool.name) } });

  const running = new Map();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (request.spoil) signsIn.spoil();
    else if (request.cancel) running.get(request.cancel)?.abort('given up');
    else answer(callerOf(client, call), request, running);
  }
  await client.close(); // calls may still be open
  process.exit(0);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
