// Every word about the addresses that are called: they come behind the first view, and so do these.

export const hooks = {
  // How one stands: a subscription of the agent's client, a webhook of the person, or the agent itself.
  stands: {
    client: "Notifies {host} of everything new",
    clientForMe: "Notifies {host} of messages for your agent",
    webhook: "Webhook to {host}: everything your agent sees",
    push: "Tells you on another device when something needs you, by {host}",
    thisDevice: "Tells you on this device when something needs you",
    messenger: "Tells {host} what needs you",
    agent: "Runs at {host}, called when needed",
  },
  since: " · since {at}",
  last: " · last call {at}",
  lost: " · last call failed: {why}",
  fails: {
    client: "Calls to {host} failing since {at}: {why}",
    webhook: "Webhook to {host} failing since {at}: {why}",
    push: "Calls to another device of yours by {host} failing since {at}: {why}",
    thisDevice: "Calls to this device by {host} failing since {at}: {why}",
    messenger: "Calls to {host} failing since {at}: {why}",
    agent: "Calls to your agent at {host} failing since {at}: {why}",
  },
  ended: {
    push: "Another device of yours is told no more: its push service, {host}, refuses the calls ({why})",
    thisDevice: "This device is told no more: its push service, {host}, refuses the calls ({why}). Turn it on again, or try another browser.",
  },
  why: {
    timeout: "timed out",
    connection_refused: "connection refused",
    tls_error: "TLS error",
    unreachable: "unreachable",
    bad_answer: "invalid response",
    busy: "busy",
    forbidden: "not allowed",
    status: (n) => `HTTP ${n}`,
  },

  // Its end. who is the host or, of the agent itself, its name.
  endOf: {
    client: {
      short: "Stop",
      label: (who) => `Stop calls to ${who}`,
      title: (who) => `Stop calls to ${who}?`,
      text: "Your agent's client gets no more notifications there. It can subscribe again after at most a day.",
      button: "Stop calls",
    },
    webhook: {
      short: "Delete",
      label: (who) => `Delete the webhook to ${who}`,
      title: (who) => `Delete the webhook to ${who}?`,
      text: "It gets no more calls. If you add it again, it gets a new secret.",
      button: "Delete webhook",
    },
    push: {
      short: "Stop",
      label: (who) => `Stop notifications on another device, by ${who}`,
      title: () => "Stop notifications on another device?",
      text: "That device tells you nothing of this room any more. You can turn it on again there, in the menu of the room.",
      button: "Stop notifications",
    },
    thisDevice: {
      short: "Stop",
      label: () => "Stop notifications on this device",
      title: () => "Stop notifications on this device?",
      text: "This device tells you nothing of this room any more. You can turn it on again in the menu of the room.",
      button: "Stop notifications",
    },
    messenger: {
      short: "Stop",
      label: (who) => `Stop notes to ${who}`,
      title: (who) => `Stop notes to ${who}?`,
      text: "The channel is told nothing of this room any more.",
      button: "Stop notes",
    },
    agent: {
      short: "Remove",
      label: (who) => `Remove ${who}`,
      title: (who) => `Remove ${who}?`,
      text: "It leaves the room and gets no more calls. To bring it back, add it again.",
      button: "Remove",
    },
  },
};
