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

/** The same in the row of a task, which says files as well. */
export const briefly = {
  same: "{by}: same",
  differs: "{by}: differs (exit {exit})",
  cannot: "{by}: could not run it",
  compared: ", files compared",
  unknown: ", files not compared",
  ran: "{ran}, exit {exit}",
};
