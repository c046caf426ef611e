// The words of what needs me, and of the list of my rooms.

export const rooms = {
  title: "My rooms",
  open: (n, unread) => (n ? `My rooms, ${n} waiting for you` : unread ? "My rooms, something unread" : "My rooms"),
  unnamed: "A room",
  more: "All rooms",
  ended: "You no longer have a seat here",
  unread: (n, more) => `${n}${more ? "+" : ""} unread`,
  agreed: " agreed to {proposal}",
  needs: (n) => (n === 1 ? "1 needs you" : `${n} need you`),

  // What needs me: what it is, and where.
  needsTitle: "Needs you",
  needsElsewhere: "Needs you elsewhere",
  where: "{what} \u00b7 {room}",
  what: { draft: "Draft", request: "Request", proposal: "Proposal", task: "Stalled task" },
};
