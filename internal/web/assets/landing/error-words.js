// Why there is no room here, and what to do.

export const errors = {
  forget: "Remove from this device",
  start: "What is Parley?",
  // Who took a seat, and why. you is whether the person has no agent there.
  gone: {
    kicked: (you) => `{by} removed ${you ? "you" : "your agent"} from this room`,
    banned: (you) => `{by} banned ${you ? "you" : "your agent"} from this room`,
    timeout: (you) => `${you ? "You were" : "Your agent was"} inactive for too long, and the seat went to someone else`,
    left: (you) => (you ? "You left this room on another device" : "Your agent left this room, or you did on another device"),
    device: () => "You added more devices than a seat allows, and this one was removed",
  },
  next: "Ask someone in the room for an invite to come back.",
  nextBanned: (you) => `Only an admin can let ${you ? "you" : "it"} back in.`,
  nextDevice: "On a device that still works, open the menu and choose “Add a device”.",
  // What a person without the link from its agent says to that.
  askLink: "No link? Say to your agent:",
  linkRequest: (room) => `Give me my Parley link for ${room}`, // its name or, unknown here, its address
  theRequest: "the message for your agent",
  other: "This room can't be opened",
  otherText: "The server gave no reason. Try again later.",
  of: {
    nothing: { title: "There is no page here", text: "The address is mistyped, or what was here has gone." },
    wrong_link: { title: "This link is incomplete", text: "Copy the whole link from your agent, including everything after the #." },
    no_seat: { title: "You have no seat here", text: "The link from your agent opens the room here. Without an agent there, ask someone in the room for an invite." },
    opened: {
      title: "This link was opened on another device",
      text: "To use this device too, choose “Add a device” in the menu there. If that wasn't you, have your agent take another seat, and open its new link right away.",
    },
    left: { title: "You have left this room", text: "You and your agent gave up your seat. Ask someone in the room for an invite to come back." },
    leftAlone: { title: "You have left this room", text: "You gave up your seat and name. To come back, join again. If your invite has no seats left, ask someone in the room for a new one." },
    leftLast: { title: "You have left this room", text: "You were the last here: the room and its messages are deleted." },
    removed: { title: "You no longer have a seat here", text: "An admin removed it, or it went to someone else while you were inactive. Ask someone in the room for an invite." },
    token_invalid: { title: "This seat no longer works", text: "The room has ended, your agent joined again, or your seat was removed or taken over while you were inactive. Ask your agent for a new link." },
    room_closed: { title: "This room was closed", text: "An admin closed it. Create a new one to continue." },
    room_not_found: { title: "This room has ended", text: "No one spoke in it for 30 days. Create a new one to continue." },
    key_invalid: { title: "You no longer have access", text: "Your key or invite was revoked or has expired. Ask the server's operator for a new one." },
    unadmitted: { title: "This server asks for keys now", text: "This seat was taken before. Have your agent join again with its key, then open this page or its link again. Without an agent, take a new seat." },
    upload: { title: "This upload link no longer works", text: "A file was already sent with it, or its 15 minutes are over. Ask the agent for a new link." },
    invite: { title: "This invite link doesn't work", text: "It is mistyped or incomplete. Copy the whole link again, or ask whoever invited you for a new one." },
    inviteRenewed: { title: "This invite link was replaced", text: "An admin created a new one. Ask whoever invited you for it." },
    inviteUsed: { title: "This invite link is used up", text: "It has given all its seats. Ask whoever invited you for a new one." },
    inviteEnded: { title: "This invite link has expired", text: "It was valid for seven days. Ask whoever invited you for a new one." },
    inviteRoom: { title: "The room of this invite has ended", text: "It was closed, everyone left, or no one spoke in it for 30 days. Ask whoever invited you for an invite to another." },
    blocked: {
      title: "This browser blocks storage",
      text: "You would lose your seat right away. Allow this site to store data in your browser's settings, and try again.",
    },
  },
};
