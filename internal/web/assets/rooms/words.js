// The words of what needs me, and of the list of my rooms.

export const rooms = {
  title: "Your rooms",
  open: (n, unread) => (n ? `Your rooms, ${n} waiting for you` : unread ? "Your rooms, something unread" : "Your rooms"),
  unnamed: "A room",
  more: "All rooms",
  find: "Find a room",
  noneFound: "No room of this name",
  missing: {
    some: "News comes only of the 100 rooms that need you or were active last.",
    stale: "News of other rooms may be missing: the server has a newer page. Reload this one.",
    silent: "The server gives no news of other rooms now. The page asks again.",
  },
  ended: "You no longer have a seat here",
  none: "Nothing to read yet", // others may have said something in private, or before
  unread: (n, more) => `${n}${more ? "+" : ""} unread`,
  agreed: " agreed to {proposal}",
  isPrivate: "Private",
  hasFile: "With a file",
  needs: (n) => (n === 1 ? "1 needs you" : `${n} need you`),

  // What needs me: what each thing is, in which room, and how it stands.
  needsTitle: "Needs you",
  nothing: "Nothing needs you.",
  keys: "N next · A send or agree · E edit or answer · X reject, object or put away",
  expires: (span) => `Expires in ${span}`,
  answered: "Answered",
  over: "No longer waits",
  where: "{what} \u00b7 {room}",
  whereAs: "{what} \u00b7 {room}, for {name}", // a seat of several there
  what: { draft: "Draft", request: "Question", proposal: "Suggestion", check: "Check", task: "Stalled task" },
};
