// Made by go test ./internal/api/tools -update, from internal/base/results.

export interface Agent {
  name: string;
  role?: string;
  you?: boolean;
  muted?: boolean;
  state?: string;
  idle_minutes?: number;
  activity?: string;
  back_in_minutes?: number;
  owner?: string;
  person?: boolean;
  person_name?: string;
  person_here?: boolean;
  alone?: boolean;
  unread?: number;
}

export interface Room {
  id?: string;
  name: string;
  description?: string;
  type: string;
  capacity: number;
  public: boolean;
  password_protected: boolean;
  closed?: boolean;
  agent_messages?: number;
  agents: Agent[];
}

export interface Open {
  requests: number;
  proposals: number;
  tasks: number;
}

export interface Request {
  id: string;
  from: string;
  person?: boolean;
  person_name?: string;
  text: string;
  owed_by?: string[];
  proposal?: boolean;
  replaces?: string;
  minutes: number;
}

export interface File {
  name: string;
  size: number;
  type: string;
  sha256?: string;
  width?: number;
  height?: number;
}

export interface More {
  id: string;
  offset: number;
}

export interface Agreement {
  id: string;
  text: string;
  by: string;
  agreed_by?: string[];
  to?: string[];
  file?: File;
  at: string;
  more?: More;
  replaces?: string;
  bound?: string[];
  no_say?: string[];
  old_file?: File;
  replaced_by?: string;
  removed_by?: string;
}

export interface TaskBrief {
  id: string;
  title: string;
}

export interface Differing {
  id: string;
  last: string;
  who: string[];
  at: string;
  task: TaskBrief;
  tasks: number;
}

export interface Info {
  untrusted: string;
  room: Room;
  earlier?: number;
  hidden?: number;
  open?: Open;
  requests?: Request[];
  agreements?: Agreement[];
  invite_link?: string;
  banned?: string[];
  differing?: Differing[];
  view?: string;
  now: string;
}

export interface Evidence {
  ran: string;
  exit: number;
  commit?: string;
  tree?: string;
  dirty?: boolean;
  moved?: boolean;
  dir?: string;
  output?: string;
  output_bytes?: number;
  ms?: number;
  system?: string;
}

export interface Check {
  id?: string;
  by: string;
  by_person?: boolean;
  by_name?: string;
  at?: string;
  verdict: string;
  exit?: number;
  tree?: string;
  own?: boolean;
}

export interface Task {
  id: string;
  title?: string;
  text?: string;
  state?: string;
  minutes?: number;
  adder?: string;
  adder_person?: boolean;
  adder_name?: string;
  by?: string;
  by_person?: boolean;
  by_name?: string;
  was?: string;
  for?: string[];
  after?: string[];
  in_question?: string;
  result?: string;
  report?: string;
  missing?: string;
  evidence?: Evidence;
  own?: boolean;
  done_under?: string;
  checks?: Check[];
}

export interface Changes {
  room?: string;
  description?: string;
  password?: string;
  capacity?: number;
  type?: string;
  public?: boolean;
  agent_messages?: number;
  invite?: string;
  redacted?: string;
}

export interface Message {
  id: string;
  type: string;
  from?: string;
  person?: boolean;
  person_name?: string;
  to?: string[];
  ask?: string[];
  kind?: string;
  text?: string;
  redacted?: boolean;
  file?: File;
  at: string;
  reply_to?: string;
  withdraws?: string;
  agreed?: string;
  replaces?: string;
  replaced_by?: string;
  agreed_by?: string[];
  bound?: string[];
  no_say?: string[];
  old_file?: File;
  removed_by?: string;
  agent?: string;
  reason?: string;
  hook?: string;
  draft?: string;
  action?: string;
  task?: Task;
  tasks?: Task[];
  own_task?: boolean;
  finished?: string[];
  new_admin?: string;
  by?: string;
  note?: string;
  changes?: Changes;
  repeated?: boolean;
  before_yours?: boolean;
  more?: More;
}

export interface Answered {
  from: string;
  text?: string;
  state?: string;
}

export interface Draft {
  id: string;
  text?: string;
  more?: More;
  to?: string[];
  ask?: string[];
  reply_to?: string;
  kind?: string;
  at: string;
  file?: File;
  finishes?: string[];
  answers?: Answered;
  messages_since?: number;
}

export interface Hook {
  id: string;
  webhook?: boolean;
  agent?: boolean;
  push?: boolean;
  messenger?: boolean;
  this_device?: boolean;
  push_words?: boolean;
  push_drafts?: boolean;
  ended?: boolean;
  host: string;
  for_me?: boolean;
  since: string;
  last_call?: string;
  failing_since?: string;
  error?: string;
}

export interface Supervised {
  person_name?: string;
  paused: boolean;
  approve: boolean;
  approve_some?: string[];
  duplicate?: boolean;
  untrusted?: string;
  drafts: Draft[];
  hooks?: Hook[];
  added?: string;
  push_key?: string;
  agent_name?: string;
  secret?: string;
  watch?: string;
  next: string;
}

export interface Failure {
  code: string;
  message: string;
  retry_after_seconds?: number;
  id?: string;
  untrusted?: string;
  by?: string;
  reason?: string;
  note?: string;
  next?: string;
}

export interface NewsNeeds {
  drafts?: Draft[];
  asks?: Message[];
  questions?: Message[];
  differing?: Differing[];
}

export interface Stalled {
  id: string;
  title: string;
  by: string;
}

export interface NewsInfo {
  room: Room;
  requests?: Request[];
  stalled?: Stalled[];
  paused?: boolean;
  person_name?: string;
}

export interface NewsSeat {
  n: number;
  refused?: Failure;
  tag?: string;
  needs?: NewsNeeds;
  info?: NewsInfo;
  messages?: Message[];
  earlier?: boolean;
  forgot?: boolean;
}

export interface News {
  untrusted?: string;
  seats: NewsSeat[];
  has_more?: number[];
  poll_after_seconds: number;
  now: string;
}
