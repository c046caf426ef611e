// The words of what others hold against what the seat did.

export const disputed = {
  disputed: "Disputed",
  disputes: {
    check: "{who}: not the same result for {tasks}",
    object: "{who} objects to what {you} suggested",
    taken: "{who} took {tasks} from {you}",
  },
  look: "Look",
  putAway: "Put away",
  awayIn: (s) => `Put away · in ${s} s`,
};
