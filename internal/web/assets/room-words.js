// What a room says of itself, without its page: room.js, and what belongs to it.

export const roomWords = {
  tooOld: "The server has not confirmed this for a day. Check whether it arrived before you send it again.",
  full: "Nobody else can join now: every seat is taken.",
  late: "You already decided this on another device, or the draft expired after a day.",
  elsewhere: "This room is open in too many tabs. Click here to continue in this one.",
  left: "You have left this room.",
  over: "You no longer have a seat here: nothing more can be sent or loaded.",
};
