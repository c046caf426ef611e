// Subscribes to MCP Events, and makes tool calls, with @ai-sdk/mcp, as told on stdin.
//
//   node subscriber.cjs SERVER GENERATION
//
// GENERATION is modern or legacy. The receiver that is called is the client's own, too: it checks
// signatures, and that a call belongs to a subscription. The lines are those of driver.cjs, and
//
//   in   {"id": 1, "tool": "events/subscribe", "arguments": {...}}     of the method; delivery is added
//   in   {"id": 2, "tool": "events/refresh", "arguments": {"id": ...}} and events/unsubscribe
//   out  {"posted": {"url": ..., "headers": {...}, "body": ..., "status": 204}}
//
// The last says what came to the receiver, and how the client answered.
'use strict';

const http = require('node:http');
const readline = require('node:readline');
const { text } = require('node:stream/consumers');
const { createMCPClient, experimental_createMCPEventWebhook: createWebhook } = require('@ai-sdk/mcp');

// newStore returns what the client keeps of its subscriptions.
function newStore() {
  const kept = new Map();
  return {
    get: async (key) => kept.get(key),
    getById: async (id) => [...kept.values()].find((subscription) => subscription.id === id),
    set: async (subscription) => { kept.set(subscription.key, subscription); },
    update: async (key, patch) => { kept.set(key, { ...kept.get(key), ...patch }); },
    delete: async (key) => { kept.delete(key); },
  };
}

function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

// receive lets the client answer what is posted to this machine, and returns the address.
async function receive(store) {
  const onError = (error) => console.error(error);
  const handle = createWebhook({ store, onEvent: async () => {}, onError });
  const server = http.createServer(async (req, res) => {
    const url = `http://${req.headers.host}${req.url}`;
    const body = await text(req);
    const answer = await handle(new Request(url, { method: req.method, headers: req.headers, body }));
    say({ posted: { url, headers: req.headers, body, status: answer.status } });
    res.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise((listens) => server.listen(0, '127.0.0.1', listens));
  return `http://127.0.0.1:${server.address().port}/callback`;
}

// run does what a line asks for: a method of events, or a tool.
function run(client, address, { tool, arguments: args }) {
  const events = client.experimental_events;
  switch (tool) {
    case 'events/subscribe':
      return events.subscribe({ ...args, delivery: { mode: 'webhook', url: address, allowInsecureLocalhost: true } });
    case 'events/refresh':
      return events.refresh(args);
    case 'events/unsubscribe':
      return events.unsubscribe(args);
  }
  return client.callTool({ name: tool, arguments: args });
}

async function main([server, generation]) {
  const store = newStore();
  const address = await receive(store);
  const client = await createMCPClient({
    transport: { type: 'http', url: server },
    protocolVersionDiscovery: generation === 'modern',
    experimental_events: { store },
  });
  const { tools } = await client.listTools();
  say({ ready: { protocol: client.initializeResult.protocolVersion, tools: tools.map((tool) => tool.name) } });

  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (request.cancel) throw new Error('no call is meant to take long');
    run(client, address, request).then(
      (result) => say({ id: request.id, result: result ?? {} }),
      (error) => say({ id: request.id, error: String(error) }),
    );
  }
  await client.close();
  process.exit(0);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
