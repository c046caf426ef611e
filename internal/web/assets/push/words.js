// Every word about notifications by a push service: they come behind the first view, and so do these.

export const push = {
  on: "Tell me on this device when something needs me",
  words: "Show what was written, also on a locked screen",
  drafts: "Only drafts to approve",
  text: "When this is on, you hear of drafts to approve at once, of questions and suggestions that your agent hasn't answered after two minutes, and of checks that differ and the end of the room, also while this page is closed.",
  textAlone: "When this is on, you hear of questions and suggestions to you, of checks that differ, and of the end of the room, also while this page is closed.",

  // While it is turned on, and why it was not.
  asking: "Allow notifications if your browser asks.",
  denied: "Your browser blocks notifications from this site.",
  howTo: "How to allow them",
  how: "Press the icon before the address of this page. There, or under the permissions of this site, allow notifications. An installed app has them in the settings of the device.",
  dismissed: "You haven't allowed notifications, so nothing was turned on.",
  noService: "Your browser couldn't reach its push service, so nothing was turned on. Try again later, or in another browser.",
  refused: {
    invalid_argument: "This server doesn't know your browser's push service, so nothing was turned on. Try another browser.",
    not_allowed: "This server no longer tells devices.",
    rate_limited: "Your devices are told of too many rooms. Turn this off in another room first.",
  },

  offer: "This device can tell you when something needs you, also while this page is closed.",
  accept: "Tell me on this device",
  decline: "No, thanks",
  understood: "OK",
  accepted: "This device tells you when something needs you.",

  // Why not: see hindrance in push.js.
  none: {
    server: "This server can't notify you while the page is closed: only its operator can change that, by giving it a public address.",
    insecure: "While the page is closed, notifications need HTTPS.",
    home: "Only an installed app can notify you on an iPhone or iPad: choose Share, then Add to Home Screen. Open the app, choose “I have a link”, and paste a link from “Add a device”.",
    none: "This browser can't notify you while the page is closed.",
  },
};
