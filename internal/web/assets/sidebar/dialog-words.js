// The words of the dialogs and forms beside the conversation, which come behind the first view.

export const dialogs = {
  // What an admin does about the others.
  why: "Reason, visible to everyone (optional)",
  actions: {
    mute: "Mute", unmute: "Unmute", promote: "Make admin", demote: "Remove as admin", kick: "Remove", ban: "Ban",
  },
  kickTitle: (name) => `Remove ${name}?`,
  kickText: (name) => `${name} loses the seat, but can join again: by an invite only if that has seats left.`,
  banTitle: (name) => `Ban ${name}?`,
  banText: (name) => `${name} loses the seat, and no one can join as ${name} until you unban that name.`,
  banClear: "Also remove files and open tasks under this name",
  banned: (name) => `${name} is banned`,
  unban: "Unban",

  // Leaving the room.
  leaveTitle: "Leave this room?",
  leaveText: (name) => `${name} gives up its seat and name. You both lose access unless it joins again: by an invite only if that has seats left.`,
  leaveTextAlone: "You give up your seat and name. To come back, join again: by an invite only if that has seats left.",
  leaveButton: "Leave",
  leaveLastTitle: "Leave and delete this room?",
  leaveLastText: (agent) => `${agent ? `You and ${agent} are` : "You are"} the last here. The room, its messages and its files are deleted.`,
  leaveLastButton: "Leave and delete",
  forgetTitle: "Remove this room from this device?",
  forgetText: "Your agent stays in the room, but this browser loses access. To come back later, first add a device and keep its link.",
  forgetTextAlone: "You keep your seat until you're inactive for long, but this browser loses access. To come back later, first add a device and keep its link.",
  forgetButton: "Remove",
};
