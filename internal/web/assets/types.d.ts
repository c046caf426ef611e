// What the modules hand each other, beside the results of the tools.

import type {
  Agreement, Differing, Message, NewsInfo, NewsNeeds, Request, Room, Supervised, Task,
} from "./results.d.ts";

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
  active?: number; // when something was said there last, or else when the seat was taken, in ms
  read?: string; // the id of the last message read
}

/**
 * What is known of the room of a seat that is not in sight. It is replaced and never changed, and so are its parts: a
 * part that is the same object as before has not changed.
 */
export interface Known {
  ended: string; // the code of the refusal that ended the seat; "" while there is one
  failed: boolean; // the last answer about it was a refusal that does not end it
  info: NewsInfo | null; // null until it is told
  needs: Required<NewsNeeds>;
  messages: Message[]; // the latest, at most 200
  earlier: boolean; // there are more before those
  tag: string;
  then: string; // the id of the message that the person had read when the last of those came
}

/** The deciding half of a room that is not in sight: what it has decided needs the person no more. */
export interface Half {
  state: Pick<State, "deciding" | "approved" | "pending" | "supervision" | "differing">;
  subscribe(listen: () => void): () => void;
}

/** A file that is being shared. */
export interface Sharing {
  key: string;
  file: File;
  name: string;
  size: number;
  args: Record<string, any>; // of share_file, beside name and size
  to?: string[]; // as in Outgoing
  state: "waiting" | "uploading" | "held" | "refused";
  loaded: number; // bytes that have gone
  whole: boolean; // all of them have gone once
  why: string;
  patience: number; // seconds for which the server asks to wait
  final?: boolean; // whether the same file would be refused again
  credential?: string;
  upload: { address: string; until: number } | null; // where it goes, and for how long
  id?: string; // of the answer
  seen?: boolean; // the log shows it, and its answer is on the way
}

/** A message that is being sent. */
export interface Outgoing {
  key: string;
  args: Record<string, any>; // of send_message
  to?: string[]; // who reads it: as written, then as the server says; none: all
  state: "sending" | "held" | "refused";
  why: string;
  credential?: string;
  at: number;
  tried?: number; // when it was first called
  waits?: boolean; // it can be undone
  id?: string; // of the answer
}

/** Why a page has ended, or waits; of a seat that is gone also who took it, and what was said of that. */
export interface Trouble {
  code: string;
  message: string;
  reason?: string; // kicked, banned, timeout, left, device or, of the last in a room, leftLast
  by?: string;
  note?: string;
}

export interface State {
  phase: "opening" | "live" | "offline" | "ended";
  trouble: Trouble | null;
  me: string;
  alone: boolean;
  room: Room | null;
  colours: Map<string, number>;
  messages: Message[];
  quoted: Message[];
  earlier: boolean;
  partial: boolean;
  loading: boolean;
  missed: { read: string; last: string } | null;
  readTo: string;
  welcomed: boolean;
  asksName: boolean | string;
  givesName: boolean;
  requests: Request[];
  differing: Differing[];
  asOf: string;
  agreements: Agreement[];
  banned: string[];
  hidden: number;
  unsent: number;
  renewed: number;
  supervision: Pick<Supervised,
    "paused" | "approve" | "approve_some" | "drafts" | "hooks" | "person_name" | "push_key">;
  restraint: { paused?: boolean; approve?: boolean; approve_some?: string[] };
  dismissed: string[];
  late: string[];
  approved: Supervised["drafts"];
  deciding: Record<string,
    { decision: string; text: string; held: boolean; ends: number; sent: boolean; elsewhere?: boolean }>;
  pending: Outgoing[];
  sharing: Sharing[];
  tasks: Task[]; // that are neither done nor dropped
  titles: Map<string, string>; // of these and of others that were heard of, by their ids
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
