// Calls an A2A agent with the official SDK for JavaScript, as told on stdin.
//
//   node agent.cjs BASE MODE
//
// The card is below the address BASE, which ends with a slash. MODE is blocks, as sendMessage does by default, or
// streams, as sendMessageStream does. The lines are those of ../python/agent.py.
'use strict';

const { randomUUID } = require('node:crypto');
const readline = require('node:readline');
const sdk = require('@a2a-js/sdk');
const { ClientFactory } = require('@a2a-js/sdk/client');

function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

// run makes a call, says what events it brings, and returns its result.
async function run(client, mode, { id, tool, arguments: args }, signal) {
  let events;
  switch (tool) {
    case 'SendMessage': {
      const { text, ...ids } = args;
      const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }], ...ids };
      const request = sdk.SendMessageRequest.fromJSON({ message });
      if (mode === 'blocks') {
        const answer = await client.sendMessage(request, { signal });
        const kind = 'messageId' in answer ? 'message' : 'task';
        say({ id, event: sdk.StreamResponse.toJSON({ payload: { $case: kind, value: answer } }) });
        return {};
      }
      events = client.sendMessageStream(request, { signal });
      break;
    }
    case 'SubscribeToTask':
      events = client.resubscribeTask(sdk.SubscribeToTaskRequest.fromJSON(args), { signal });
      break;
    case 'GetTask':
      return sdk.Task.toJSON(await client.getTask(sdk.GetTaskRequest.fromJSON(args), { signal }));
    case 'ListTasks':
      return sdk.ListTasksResponse.toJSON(await client.listTasks(sdk.ListTasksRequest.fromJSON(args), { signal }));
    case 'CancelTask':
      return sdk.Task.toJSON(await client.cancelTask(sdk.CancelTaskRequest.fromJSON(args), { signal }));
  }
  for await (const event of events) say({ id, event: sdk.StreamResponse.toJSON(event) });
  return {};
}

// codeOf returns the code of the JSON-RPC error that a call ended with, or 0. A stream hides it in a cause.
function codeOf(error) {
  return error.envelopeCode ?? error.cause?.envelopeCode ?? 0;
}

async function main([base, mode]) {
  const client = await new ClientFactory().createFromUrl(base);
  say({ ready: {} });
  const running = new Map();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (request.cancel) {
      running.get(request.cancel)?.abort();
      continue;
    }
    const stop = new AbortController();
    running.set(request.id, stop);
    run(client, mode, request, stop.signal).then(
      (result) => say({ id: request.id, result }),
      (error) => say({ id: request.id, error: String(error), code: codeOf(error) }),
    );
  }
  process.exit(0);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
