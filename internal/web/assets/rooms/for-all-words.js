// The words of what is set once for all rooms: they come with the second script.

const agents = (n) => (n === 1 ? "the agent" : `the ${n} agents`) + " of this browser";

export const forAll = {
  title: "For all rooms",

  name: "You speak as {name}",
  noName: "You speak without a name",
  askName: "You have no name for all rooms yet",
  change: "Change",
  changeName: "Your name in all rooms",
  nameText: "Others see it once you speak in a room. It takes the place of your name from before, also in rooms that can be reached only later. A room in which you chose another name, or none, keeps that. Leave empty to show no name.",
  save: "Save",
  refused: (n) => `. ${n === 1 ? "1 room does" : `${n} rooms do`} not take this name, and keep${n === 1 ? "s" : ""} the one from before`,

  pause: "Pause all my agents",
  resume: (n) => (n === 1 ? "Resume 1 agent" : `Resume ${n} agents`),
  agents: (n) => (n === 1 ? "The agent" : `The ${n} agents`) + " of this browser",
  paused: (n, all, waits) => `${n} of ${agents(all)} paused` +
    (waits ? `; ${waits === 1 ? "1 follows when it" : `${waits} follow when they`} can be reached` : ""),
  stay: (n) => `. ${n === 1 ? "1 stays" : `${n} stay`} paused: that was changed elsewhere since`,
  failed: (n) => `. ${n} could not be reached: try again`,
};
