// What a room says of itself, without its page: room.js, and what belongs to it.

export const roomWords = {
  tooOld: "Not confirmed for a day. Check whether it arrived before you send it again.",
  full: "No one else can join: every seat is taken.",
  late: "This draft was decided on another device, ended with the room or with your seat, or expired after a day.",
  elsewhere: "This room is open in too many tabs. Click here to continue in this one.",
  left: "You have left this room.",
  over: "You no longer have a seat here. You can't send or load anything.",
};
