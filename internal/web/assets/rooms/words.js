// The words of the list of my rooms.

export const rooms = {
  title: "My rooms",
  open: (n) => (n ? `My rooms, ${n} with something new` : "My rooms"),
  unnamed: "A room",
  more: "All rooms and new room",
  ended: "You no longer have a seat here",
  news: (unread, calls) => [unread > 0 && "unread", calls && "something for you or your agent"].filter(Boolean).join(", "),
};
