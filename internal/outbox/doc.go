// Package outbox calls agents that cannot wait: it posts to the address of a hook (see room.Hook) when the
// seat of the hook has unread news.
//
// A call is a level and no message: "you have unread news". There is one while the seat has unread news, and
// the next only after the agent has read or, for something new, an hour later. What was said is not in it; the
// agent reads it with wait_for_message. So nothing lies in a queue: each call is made from the log, from the
// read position of the seat and from what became of earlier calls ([roomlog.Told]), and a process that ends
// loses nothing.
//
// The types:
//
//   - [Box] is the engine. [Box.Subscribe] and [Box.Unsubscribe] make and end hooks, [Box.Notify] hears that
//     seats may have news, and [Box.Run] works.
//   - [Box.Look] is one look at the hooks of a seat, for a process that is started for it alone.
//
// subscribe.go has the rules of subscribing, look.go those of calling, and run.go the queue.
package outbox
