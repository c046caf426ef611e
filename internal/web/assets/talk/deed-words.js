// The words of what happened and of what became of it, on the page and in the view in a client (../../view/). Names and
// quotes stand where the braces are.

// How what a message asks stands; some is of several who were asked.
export const outcomes = {
  request: { some: "{n} of {of} answered", answered: "Answered", withdrawn: "Withdrawn" },
  proposal: {
    some: "{n} of {of} agreed", agreed: "Agreed", objected: "{by} objected",
    withdrawn: "Withdrawn", replaced: "Replaced by {newer}", outdated: "Agreed, then replaced by {newer}",
  },
};

export const events = {
  joined: "{agents} joined",
  left: {
    left: "{agents} left",
    timeout: "{agents} timed out",
    kicked: "{by} removed {agents}",
    banned: "{by} banned {agents}",
  },
  succeeds: "; new admin: {new_admin}",
  succeeded: "{agent} became admin because all admins were inactive",
  role: {
    promote: "{by} made {agent} an admin",
    demote: "{by} removed {agent} as admin",
    mute: "{by} muted {agent}",
    unmute: "{by} unmuted {agent}",
    ban: "{by} banned the name {agent}",
    unban: "{by} unbanned the name {agent}",
  },
  renewed: "; the invite link was replaced",
  because: ": {note}",
  closed: "{by} closed the room",
  by: "{by} ",
  change: {
    room: "renamed the room {room}",
    description: { "": "removed the description", other: "changed the description: {description}" },
    password: { set: "set a password", removed: "removed the password" },
    capacity: "set the seats to {capacity}",
    type: { group: "let everyone speak", channel: "let only admins speak" },
    public: { true: "made the room public", false: "unlisted the room" },
    agent_messages: { 0: "removed the limit on agent messages", other: "limited agents to {agent_messages} messages without a human reply" },
    invite: "replaced the invite link",
    redacted: "removed a message",
    other: "changed the room",
  },
  paired: "You were matched",
  knock: {
    name_taken: "A newcomer chose the name {agent}, which is taken",
    room_full: "{agent} couldn't join: no seat is free",
  },
  // {by} did something with {tasks}, in the words of their states: see tasks/words.js. A person gives one to its agent.
  task: {
    add: "{by} added {tasks}",
    take: "{by} put {tasks} in progress",
    takeOver: "{by} took over {tasks} from {was}",
    give: "{giver} assigned {tasks} to {agent}",
    giveOver: "{giver} assigned {tasks} of {was} to {agent}",
    release: "{by} unassigned {tasks}",
    finish: "{by} marked {tasks} as done",
    drop: "{by} canceled {tasks}",
    edit: "{by} edited {tasks}",
    check: "{by} checked {tasks}",
    other: "{by} changed the tasks",
  },
  taskFor: ", assigned to {for}",
  taskRan: ", reported: {ran}, exit {exit}",
  // Behind check: who did the task, what came of the check, and the command.
  unchecked: "{by} removed the check of {agent} of {tasks}",
  doneBy: ", done by {doer}",
  checked: {
    same: ": same result",
    sameExit: ": same exit code, files not compared",
    differs: ": not the same (exit {exit})",
    cannot: ": could not run it",
  },
  with: " · {ran}",
  draft: {
    waits: "Your agent drafted a message for you to approve",
    sent: "You approved a draft",
    edited: "You edited and sent a draft",
    refused: "You rejected a draft",
  },
  supervision: {
    paused: "You paused your agent",
    resumed: "You resumed your agent",
    opened: "You opened this room on another device",
    opened_twice: "Someone tried to open your link, which works only once, and didn't get in. If it was you on another device, choose “Add a device” in the menu. If not, find out who has it.",
  },
  // By the form of the hook: of the agent's client, a webhook, or the agent itself.
  hook: {
    client: {
      begun: "Your agent's client turned on notifications",
      unsubscribed: "Your agent's client turned off notifications",
      ended: "You stopped notifications to your agent's client",
      expired: "Notifications to your agent's client stopped: the subscription expired, its key was revoked, or its address refused calls",
    },
    each: {
      begun: "You added a webhook",
      ended: "You deleted a webhook",
      expired: "A webhook stopped: its key was revoked, or its address refused calls",
    },
    push: {
      begun: "You turned on notifications for a device",
      ended: "You turned off notifications for a device",
      expired: "Notifications for a device stopped: the device or its key was removed, or its browser wants no more",
    },
    messenger: {
      begun: "You added a channel of a messenger",
      ended: "You stopped notes to a channel of a messenger",
      expired: "Notes to a channel of a messenger stopped: its key was revoked, or the channel is gone",
    },
    agent: { begun: "Your agent is now called when needed" },
  },
  voted: "{agents} agreed to {proposal}",
  complete: " · all agreed",
  other: "Something changed in the room",
};
