// The words of what is set once for all rooms: they come behind the first view.

const agents = (n) => (n === 1 ? "1 agent" : `${n} agents`);
const follow = (n) => (n ? `; ${n === 1 ? "1 follows when it" : `${n} follow when they`} can be reached` : "");

export const forAll = {
  title: "For all rooms",
  save: "Save",
  refused: ([first, ...more]) => `Not in “${first.title}”${more.length ? ` and ${more.length} more` : ""}: ${first.why}`,

  name: "Your name:",
  noName: "none",
  nameTitle: "Your name in all rooms",
  nameText: "Others see it once you speak in a room. It takes the place of your name from before, also in rooms that can be reached only later. A room in which you chose another name, or none, keeps that. Leave empty to show no name.",

  notices: "Notifications:",
  blocked: "not allowed by your browser",
  told: (n, all, waits, on) =>
    (n + waits ? `${n} of ${all === 1 ? "1 room" : `${all} rooms`}` : on ? "while a room is open" : "off") + follow(waits),
  noticesTitle: "Notifications in all rooms",

  pause: (n) => (n === 1 ? "Pause my agent" : "Pause all my agents"),
  resume: (n) => `Resume ${agents(n)}`,
  agents: (n) => (n === 1 ? "The agent" : `The ${agents(n)}`) + " of this browser",
  paused: (n, all, waits) => `${n} of the ${agents(all)} of this browser paused${follow(waits)}`,
  elsewhere: (n) => (n === 1 ? ". 1 was paused in its room or elsewhere, and stays paused"
    : `. ${n} were paused in their rooms or elsewhere, and stay paused`),
  failed: (n) => `. ${n} could not be reached: try again`,
};
