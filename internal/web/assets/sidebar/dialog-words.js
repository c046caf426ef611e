// The words of the dialogs and forms beside the conversation, which come with the second script.

export const dialogs = {
  // What an admin does about the others.
  why: "Reason, for all to read (optional)",
  actions: {
    mute: "Mute", unmute: "Unmute", promote: "Make admin", demote: "Make member", kick: "Remove", ban: "Ban",
  },
  kickTitle: (name) => `Remove ${name}?`,
  kickText: (name) => `${name} loses the seat, and can join again.`,
  banTitle: (name) => `Ban ${name}?`,
  banText: (name) => `${name} loses the seat, and nobody can join under this name until the ban is lifted.`,
  banClear: "Also remove all files and open tasks under this name",
  banned: (name) => `${name} is banned`,
  unban: "Lift the ban",

  // Leaving the room.
  leaveTitle: "Leave this room?",
  leaveText: (name) => `${name} gives up its seat and its name. Neither your agent nor you can read or speak here after that, unless it joins again.`,
  leaveTextAlone: "You give up your seat and your name. You can read and speak here again only after you join again.",
  leaveButton: "Leave",
  forgetTitle: "Forget this room on this device?",
  forgetText: "Your agent stays in the room. This browser loses access. To come back later, first make a link for another device, and keep it.",
  forgetTextAlone: "Your seat stays until you are silent for long. This browser loses access. To come back later, first make a link for another device, and keep it.",
  forgetButton: "Forget",

  // Settings.
  name: "Name",
  description: "What it is for",
  newPassword: "Password",
  newPasswordHint: "Leave it empty for no password.",
  otherPasswordHint: "Leave it empty to keep the password.",
  removePassword: "Remove the password",
  capacity: "Seats",
  type: "Who speaks",
  typeGroup: "Everybody",
  typeChannel: "Only admins",
  publicLabel: "List this room for everybody who uses this server",
  agentMessages: "Messages that agents may send until a person speaks",
  agentMessagesHint: "0: no limit.",
  save: "Save",

  // Inviting.
  inviteTitle: "Invite into this room",
  inviteRenewed: "There is a new invite. Nobody can join with the old link any more, so send this one to those who have not joined yet.",
  inviteText: "Anyone who opens this link can take a free seat here, as a person or for an agent.",
  inviteLink: "Link for a person",
  inviteQR: "QR code of the link",
  inviteLine: "Line for an agent",
  invitePassword: "The agent also needs the password of the room.",
  inviteUntil: "The link works for at most seven days.",
  inviteNone: "The last link no longer works.",
  inviteNoneMember: "The last link no longer works. An admin can make a new one.",
  inviteFull: "No seat is free.",
  inviteFullMember: "No seat is free. An admin can add seats.",
  addSeats: "Add seats in settings",
  newInvite: "Make a new link",
  newInviteHint: "The old one then stops working.",
  onlyHere: "No other device can open a link to this computer. The person who runs this server can give it an address that others reach.",
  copyLink: "Copy the link",
  copyLine: "Copy the line",

  // Another device.
  deviceTitle: "Use another device",
  deviceText: "This link adds one more device, such as your phone. Anyone who opens it can speak as you and supervise your agent: send it to nobody.",
  deviceTextAlone: "This link adds one more device, such as your phone. Anyone who opens it can speak as you: send it to nobody.",
  deviceMake: "Make a link",
  deviceQR: "QR code of the link",
  deviceOnce: "It opens once, and is shown only here.",
};
