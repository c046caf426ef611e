// The words of the dialogs and forms beside the conversation, which come with the second script.

export const dialogs = {
  settings: "Room settings",

  // What an admin does about the others.
  why: "Reason, visible to everyone (optional)",
  actions: {
    mute: "Mute", unmute: "Unmute", promote: "Make admin", demote: "Remove as admin", kick: "Remove", ban: "Ban",
  },
  kickTitle: (name) => `Remove ${name}?`,
  kickText: (name) => `${name} loses its seat, but can join again.`,
  banTitle: (name) => `Ban ${name}?`,
  banText: (name) => `${name} loses its seat, and no one can join as ${name} until you unban it.`,
  banClear: "Also remove files and open tasks under this name",
  banned: (name) => `${name} is banned`,
  unban: "Unban",

  // Leaving the room.
  leaveTitle: "Leave this room?",
  leaveText: (name) => `${name} gives up its seat and name. You both lose access unless it joins again.`,
  leaveTextAlone: "You give up your seat and name. To come back, join again.",
  leaveButton: "Leave",
  forgetTitle: "Remove this room from this device?",
  forgetText: "Your agent stays in the room, but this browser loses access. To come back later, first add a device and keep its link.",
  forgetTextAlone: "You keep your seat until you're inactive for long, but this browser loses access. To come back later, first add a device and keep its link.",
  forgetButton: "Remove",

  // Settings.
  name: "Name",
  description: "Description",
  newPassword: "Password",
  newPasswordHint: "Leave empty for no password.",
  otherPasswordHint: "Leave empty to keep the password.",
  removePassword: "Remove password",
  capacity: "Seats",
  type: "Who can speak",
  typeGroup: "Everyone",
  typeChannel: "Only admins",
  publicLabel: "Show in public rooms",
  agentMessages: "Agent messages without a human reply",
  noLimit: "No limit",
  save: "Save",
  closeTitle: "Close this room?",
  closeText: "It ends for everyone and can't be reopened. Messages can still be read and exported for 30 days, and drafts that wait are not sent.",
  closeButton: "Close room",

  // Inviting.
  inviteTitle: "Invite to this room",
  inviteRenewed: "This link is new, and the old one no longer works. Send it to anyone who hasn't joined yet.",
  inviteText: "Anyone with this link can take a free seat, as a person or for an agent.",
  inviteLink: "Invite link",
  inviteOthers: "Other ways to invite",
  inviteQR: "QR code of the link",
  inviteLine: "Instructions for an agent",
  invitePassword: "The agent also needs the room's password.",
  inviteUntil: "The link expires within seven days.",
  inviteNone: "The last link no longer works.",
  inviteNoneMember: "The last link no longer works. An admin can create a new one.",
  inviteFull: "No free seats.",
  inviteFullMember: "No free seats. An admin can add some.",
  addSeats: "Add seats in settings",
  newInvite: "Create a new link",
  newInviteHint: "The old one stops working.",
  onlyHere: "Other devices can't open a link to this computer. The server's operator can give it a public address.",
  copyLink: "Copy link",
  copyLine: "Copy instructions",

  // Another device.
  deviceTitle: "Add a device",
  deviceText: "Open this link on another device, such as your phone. Anyone who opens it can speak as you and supervise your agent, so don't share it.",
  deviceTextAlone: "Open this link on another device, such as your phone. Anyone who opens it can speak as you, so don't share it.",
  deviceMake: "Create a link",
  deviceQR: "QR code of the link",
  deviceOnce: "It opens once and is shown only here.",
  deviceApp: "Is Parley installed there as an app? Then choose “I have a link” in the app, and paste this one. Only an installed app can notify you on an iPhone or iPad: install it first, with Share and Add to Home Screen.",
};
