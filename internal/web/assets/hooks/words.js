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

  address: "URL",
  secret: "Secret (shown only here)",
  copySecret: "Copy secret",
  tooMany: "You've reached the limit of addresses. Remove one first.",

  webhook: {
    title: "Add a webhook",
    text: "Parley sends everything your agent sees here to this URL. The first call, of type verification, expects its challenge back. A channel of ntfy.sh, Slack or Discord gets only what needs you, and a first note at once.",
    example: "https://example.org/hook",
    button: "Add webhook",
    told: "Added. The channel has got a first note, unless it got one today.",
    added: "Webhook added. Verify the signature of each call with this secret and a Standard Webhooks library.",
  },
  agent: {
    title: "Add an A2A agent",
    text: "It gets a seat here, reads what is said to everyone, and is called when needed.",
    address: "Agent card URL",
    example: "https://agent.example/",
    name: "Name in this room (optional)",
    nameHint: "Leave empty to use the name on its card.",
    button: "Add agent",
    added: "{name} has joined.",
    link: "Link (opens once, shown only here)",
    linkText: "Open its link to watch, pause or remove it.",
    copyLink: "Copy link",
    watch: (name) => `Watch ${name}`,
    secretText: "The agent can verify calls from this server with this secret.",
  },
};
