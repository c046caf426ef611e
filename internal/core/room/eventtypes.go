package room

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// eventType is a row of eventTypes.
type eventType struct {
	is  EventType
	may string // the fields that an event of the type may have beside everyEvent
}

// everyEvent are the fields that an event of any type may have, from the log and from Head.CompleteAndApply.
const everyEvent = "N Calls V ID LastChange LastTalk Talk Messages Run AtMs Type Agreed AgreedTo ExpiresMs"

// eventTypes has a row for each type: its meaning, its makers, a stored example, and its fields. Tests keep the rows
// true. Hashes are cut short here.
var eventTypes = []eventType{
	// A message. A Reason is of older programs alone: see Event.IsByRoom. Made by Message, Lost.
	//
	//	{"v":14,"id":"zcm9t17m54cm","st":5,"p":1,"run":1,"at":4107585600000,"t":"said","s":1,"f":"Ann","x":"hello"}
	{Said, "Call Seat Name Person PersonName Text Redacted Kind To ToNames Ask AskNames Named ReplyTo ReSeat ReFor " +
		"ReAdded Chain KeepsReaders Replaces Bound Withdraws Reason Step File Finishes Closes Wakes Decides"},

	// An agent has taken a seat or, with Regains, has its own again. The first event of a log also has the settings and
	// the log's key. Made by Agent.Join.
	//
	//	{"v":14,"id":"w8re3vk3bb6a","st":2,"at":4107585600000,"t":"joined","s":2,"f":"Bob",
	//	"agent":{"seat":2,"name":"Bob","key":"bob","role":"member","hash":"ad1257e5","n":2,"at":4107585600000,
	//	"from":{"n":1},"who":"key:b","by":"09p1"}}
	{Joined, "Seat Name Agent Regains Reason Invite Settings LogKey"},

	// An agent has lost its seat: it left, was silent, or an admin has kicked or banned it. Made by Agent.Free.
	//
	//	{"v":14,"id":"61m5p010z0mj","st":21,"lt":9,"p":5,"run":5,"at":4107585600000,"t":"left","s":3,"f":"Cid",
	//	"why":"kicked","by":1,"byf":"Ann"}
	{Left, "Seat Name Person PersonName Reason Promoted NewAdmin By ByName Note Ban Invite Changed Wakes"},

	// An admin has promoted, demoted, muted, unmuted, banned or unbanned an agent or a name, or an agent became admin
	// because all admins were silent. A ban also renews the invite. Made by managedEvent.
	//
	//	{"v":14,"id":"zywxmcpbyf0q","st":18,"lt":9,"p":5,"run":5,"at":4107585600000,"t":"role","s":2,"f":"Bob","by":1,
	//	"byf":"Ann","act":"mute","ban":{"name":"Bob","key":"bob"}}
	{Managed, "Seat Name Person PersonName Action Reason By ByName Note Ban Invite Changed"},

	// An admin has changed the settings, closed the room, or removed a message, a check or the words of a task. An
	// author can remove its own. Made by Settings.changeTo, Update.Decide, Event.Redaction, Task.Redaction.
	//
	//	{"v":14,"id":"36zjyrpb54gp","st":7,"at":1772366400000,"t":"room","nkey":"tea",
	//	"what":{"room":"tea","description":"what we drink"},"by":1,"byf":"Ann"}
	{Changed, "Seat Name Person PersonName To Reason Changed Key Hash OpenFrom Invite EndpointRun Redacts Erases " +
		"Task By ByName Note"},

	// A queue has brought together the two who have joined. Made by Pair.
	//
	//	{"v":14,"id":"44k17x06656p","st":3,"at":4107585600000,"t":"paired"}
	{Paired, ""},

	// A join was refused, since Seat has the name Name or, without a Seat, since no seat was free. Made by Head.Knock.
	//
	//	{"v":14,"id":"rvxkbjhzam14","st":16,"lt":9,"p":5,"run":5,"at":4107585600000,"t":"knock","s":1,"f":"Ann",
	//	"why":"name_taken","nkey":"ann"}
	{Knocked, "Seat Name Key Reason"},

	// The name starts over with another log. No agent sees the event, but an event with a Reason closes the room.
	// Made by Retire.
	//
	//	{"v":14,"id":"v9bm65cmyt2g","st":8,"at":1772510400000,"t":"retired","why":"begun_anew"}
	{Retired, "Reason"},

	// What the room knows of the person behind Seat has changed. With a Reason, the agent and the person are told.
	// Made by Agent.Supervise.
	//
	//	{"v":14,"id":"mw72q6fkzp28","st":20,"at":4107585600000,"t":"supervision","s":3,"f":"Cid","me":true,"to":[3],
	//	"why":"paused","behind":{"devices":["5679f563"],"opened":1,"paused":true,"approve":true,
	//	"some":{"private":true,"agreements":true}}}
	{SupervisionSet, "Seat Name Person PersonName To Reason Behind Decides PutsAway Note"},

	// A message of an agent waits for its person. Made by Caller.Draft.
	//
	//	{"v":14,"id":"pe22z36sxddk","st":6,"at":1772366400000,"t":"draft","s":2,"f":"Bob","to":[2],"nkey":"once",
	//	"draft":{"v":0,"id":"","st":0,"at":0,"t":"said","s":2,"f":"Bob","x":"may I?"}}
	{Drafted, "Call Seat Name To Draft Key"},

	// The list of tasks has changed, or a finished task was checked.
	// Made by TaskOrder.Decide, Finished.DecideCheck.
	//
	//	{"v":14,"id":"9qy952p8g4np","st":12,"lt":9,"p":4,"run":4,"at":4107585600000,"t":"task","s":1,"f":"Ann",
	//	"task":{"do":"finish","no":1,"added":10,"prev":11,"title":"buy tea","x":"bought"}}
	{TaskChanged, "Call Seat Name Person PersonName Task Wakes Redacted"},

	// A hook of Seat has begun or, with a Reason, has ended. Made by Caller.hookEvent.
	//
	//	{"call":[{"s":2,"h":"afd32ba3"}],"v":14,"id":"tr1k9q27qkk4","st":15,"at":4107585600000,"t":"hook","s":2,
	//	"f":"Bob","me":true,"to":[2],"hook":{"id":"afd32ba3","f":"each"}}
	{Hooked, "Seat Name Person PersonName To Reason Hook"},
}

// EventTypes lists the types of events. Each package with rules by type tests the meaning of every type.
func EventTypes() (list []EventType) {
	for _, t := range eventTypes {
		list = append(list, t.is)
	}
	return list
}

// fieldsOfOthers has for each type the indices of the fields of Event that the type may not have.
var fieldsOfOthers = sync.OnceValue(func() map[EventType][]int {
	others := map[EventType][]int{}
	for _, t := range eventTypes {
		may := strings.Fields(everyEvent + " " + t.may)
		for i, f := range reflect.VisibleFields(reflect.TypeFor[Event]()) {
			if !slices.Contains(may, f.Name) {
				others[t.is] = append(others[t.is], i)
			}
		}
	}
	return others
})

// checkFields fails if e has a field that its type may not have. Without the check, the log would keep the field for
// ever, and no reader would look for it.
func (e *Event) checkFields() error {
	v := reflect.ValueOf(e).Elem()
	for _, i := range fieldsOfOthers()[e.Type] {
		if !v.Field(i).IsZero() {
			return fmt.Errorf("room: eventTypes says that no %q has the field %s", e.Type, v.Type().Field(i).Name)
		}
	}
	if e.Draft != nil {
		return e.Draft.checkFields()
	}
	return nil
}
