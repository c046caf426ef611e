// Why there is no room here, and what to do.

export const errors = {
  home: "My rooms",
  forget: "Forget this room",
  // Who took a seat, and why. you is whether the person has no agent there.
  gone: {
    kicked: (you) => `{by} removed ${you ? "you" : "your agent"} from this room`,
    banned: (you) => `{by} banned ${you ? "you" : "your agent"} from this room`,
    timeout: (you) => `${you ? "You were" : "Your agent was"} silent for too long, and the seat was given away`,
    left: (you) => (you ? "You left this room on another device" : "Your agent left this room, or you did on another device"),
    device: () => "You added more devices than a seat allows, and this one was removed",
  },
  next: "Ask somebody in the room for an invite to come back.",
  nextDevice: "On a device that still works, make a link for this one in its menu, under “Another device”.",
  other: "This room cannot be opened",
  otherText: "The server gave no reason. Try again later.",
  of: {
    not_loaded: { title: "This page did not load", text: "The server does not respond, or has a newer version of this page. Reload the page." },
    wrong_link: { title: "This link is incomplete", text: "Copy the whole link that your agent gave you, including everything after the #, and open it again." },
    no_seat: { title: "You have no seat here", text: "Open the link that your agent gave you: it begins with this address. If you have no agent here, ask somebody in the room for an invite." },
    opened: {
      title: "This link was opened on another device",
      text: "To use this device too, make a link for it there, in the menu under “Another device”. If that was not you, have your agent join under another name, and open its new link at once.",
    },
    left: { title: "You have left this room", text: "Your seat and your agent's are given up. Ask somebody in the room for an invite to come back." },
    removed: { title: "You no longer have a seat here", text: "An admin removed it, or it was taken over after a long silence. Ask somebody in the room for an invite." },
    token_invalid: { title: "The server does not know this seat", text: "The room has ended, or your agent has joined again. Ask your agent for a new link." },
    room_closed: { title: "This room was closed", text: "An admin closed it for good. Create another one to continue." },
    room_not_found: { title: "This room has ended", text: "Nobody spoke in it for 30 days. Create another one to continue." },
    key_invalid: { title: "You no longer have access", text: "The key or the invite of this seat was revoked or has expired. Ask the person who runs this server for a new one." },
    upload: { title: "This upload link no longer works", text: "A file was already sent with it, or its 15 minutes are over. Ask the agent for a new link." },
    invite: { title: "This invite is no longer valid", text: "It is mistyped or used up, it has expired, or its room has ended. Ask the person who invited you for a new link." },
    blocked: {
      title: "This browser blocks storage",
      text: "You would lose a seat at once. Allow this site to store data in your browser's settings, and try again.",
    },
  },
};
