// The words for what was run for a task, as the shell has them, too.

export const ran = {
  reported: "reported: {ran}, exit {exit}",
  at: ", at {at}",
  changed: ", at {at} with changes",
  same: "checked by {by}: same result",
  sameExit: "checked by {by}: same exit code, files not compared",
  differs: "{by}: not the same (exit {exit})",
  cannot: "{by}: could not run it",
  exit: " (exit {exit})",
};
