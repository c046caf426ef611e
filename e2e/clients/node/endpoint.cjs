// Serves an A2A agent with the official SDK for JavaScript. A test speaks for it, on stdin.
//
//   node endpoint.cjs PORT
//
// The lines are those of ../python/endpoint.py. Express is the one that the SDK of MCP brings.
'use strict';

const readline = require('node:readline');
const express = require('express');
const sdk = require('@a2a-js/sdk');
const { DefaultRequestHandler, InMemoryTaskStore } = require('@a2a-js/sdk/server');
const { UserBuilder, agentCardHandler, jsonRpcHandler } = require('@a2a-js/sdk/server/express');

function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

// told has, for each message that came, the function that publishes an event, or ends the turn of the agent.
const told = [];

// spoken is an agent that does what it is told.
const spoken = {
  execute({ userMessage, taskId, contextId }, bus) {
    return new Promise((resolve) => {
      told.push((event) => {
        if (event === null) {
          bus.finished();
          resolve();
          return;
        }
        const { $case, value } = sdk.StreamResponse.fromJSON(event).payload;
        bus.publish({ kind: $case, data: value });
      });
      const text = userMessage.parts.map(({ content }) => content.value).join('\n');
      say({ asked: { n: told.length, text, messageId: userMessage.messageId, contextId, taskId } });
    });
  },
  async cancelTask() {
    throw new Error('not here');
  },
};

const app = express();
const server = app.listen(Number(process.argv[2]), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}/`;
  const card = sdk.AgentCard.fromJSON({
    name: 'Ida',
    description: 'Does what it is told.',
    version: '1',
    supportedInterfaces: [{ url: url + 'rpc', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [{ id: 'do', name: 'Do', description: 'Does what it is told.', tags: ['test'] }],
  });
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), spoken);
  app.use('/' + sdk.AGENT_CARD_PATH, agentCardHandler({ agentCardProvider: handler }));
  app.use('/rpc', jsonRpcHandler({ requestHandler: handler, userBuilder: UserBuilder.noAuthentication }));
  say({ ready: { url } });
});

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { n, event } = JSON.parse(line);
  told[n - 1](event);
});
lines.on('close', () => process.exit(0));
