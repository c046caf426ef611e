// What the modules hand each other. Messages, agents and requests are those of docs/tools.md,
// as far as the page looks at them.

/** A seat that this browser keeps. */
export interface Seat {
  room: string; // the id
  token: string;
  claim?: string; // "" once it is open
  spare?: string; // a newer link for the same seat
  name?: string; // of the agent
  title?: string; // of the room
  alone?: boolean; // the person has no agent there
  used?: number; // when it was last opened, in ms
  read?: string; // the id of the last message read
}

export interface Agent {
  name: string;
  role?: string;
  state?: string;
  you?: boolean;
  alone?: boolean;
  muted?: boolean;
  person?: boolean;
  person_here?: boolean;
  [field: string]: any;
}

export interface RoomInfo {
  name: string;
  description?: string;
  closed?: boolean;
  type?: string;
  capacity: number;
  agents: Agent[];
  [field: string]: any;
}

export interface Message {
  id: string;
  type: string;
  at: string;
  from?: string;
  person?: boolean;
  text?: string;
  to?: string[];
  ask?: string[];
  kind?: string;
  reply_to?: string;
  file?: SharedFile;
  more?: { id: string; offset: number }; // where the rest of a long text begins
  redacted?: boolean;
  changes?: Record<string, any>;
  [field: string]: any;
}

/** A file that a message carries. */
export interface SharedFile {
  name: string;
  size: number; // in bytes
  type: string; // of the server's own list
}

/** A task of the room's list. */
export interface Task {
  id: string;
  title: string;
  text?: string;
  state: "blocked" | "open" | "taken" | "stalled" | "done" | "dropped";
  adder?: string;
  adder_person?: boolean; // its person added it
  by?: string; // who has it, or finished it
  by_person?: boolean; // of one that is finished: its person did that
  for?: string[]; // whom it is offered to
  after?: string[]; // ids of what must be done first, and is not
  minutes?: number; // since it got into its state
  result?: string; // what was done
  [field: string]: any;
}

/** A file that is being shared. */
export interface Sharing {
  key: string;
  file: File;
  name: string;
  size: number;
  args: Record<string, any>; // of share_file, beside name and size
  state: "waiting" | "uploading" | "held" | "refused";
  loaded: number; // bytes that have gone
  whole: boolean; // all of them have gone once
  why: string;
  patience: number; // seconds for which the server asks to wait
  credential?: string;
  upload: { address: string; until: number } | null; // where it goes, and for how long
  id?: string; // of the answer
  seen?: boolean; // the log shows it, and its answer is on the way
}

/** A message that somebody owes an answer to. */
export interface Request {
  id: string;
  from: string;
  owed_by?: string[];
  text?: string;
  minutes: number;
}

/** How a person holds its agent back. */
export interface Supervision {
  paused: boolean;
  approve: boolean;
  drafts: Message[];
  hooks?: Hook[];
}

/** An address that is called: of the agent's client, a webhook of the person, or that of the agent itself. */
export interface Hook {
  id: string;
  webhook?: boolean;
  agent?: boolean;
  host: string;
  for_me?: boolean;
  since: string;
  last_call?: string;
  failing_since?: string;
  error?: string; // why the last call failed
}

/** A message that is being sent. */
export interface Outgoing {
  key: string;
  args: Record<string, any>; // of send_message
  state: "sending" | "held" | "refused";
  why: string;
  credential?: string;
  at: number;
  tried?: number; // when it was first called
  id?: string; // of the answer
}

/** Why a page has ended, or waits; of a seat that is gone also who took it, and what was said of that. */
export interface Trouble {
  code: string;
  message: string;
  reason?: string; // kicked, banned, timeout, left, or device
  by?: string;
  note?: string;
}

export interface State {
  phase: "opening" | "live" | "offline" | "ended";
  trouble: Trouble | null;
  me: string;
  alone: boolean;
  room: RoomInfo | null;
  colours: Map<string, number>;
  messages: Message[];
  earlier: boolean;
  partial: boolean;
  loading: boolean;
  firstUnread: string;
  readTo: string;
  requests: Request[];
  agreements: any[];
  banned: string[];
  renewed: number;
  supervision: Supervision;
  dismissed: string[];
  late: string[];
  refusing: Record<string, { why: string; sent: boolean }>;
  outbox: Outgoing[];
  sharing: Sharing[];
  tasks: Task[]; // that are neither done nor dropped
  clock: number;
}

export interface Clock {
  now(): number;
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What is to be read: who is there and what is open, the tasks, and whether the agent is held back. */
export interface Due {
  info?: boolean;
  tasks?: boolean;
  supervision?: boolean;
}
