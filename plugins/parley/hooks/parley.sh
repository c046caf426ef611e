#!/bin/sh
# Hands the event of a hook to the program parley, which wakes the session later. Without the
# program the session goes on, and parley.sh start says so.

if ! command -v parley >/dev/null 2>&1; then
	cat >/dev/null # a client may complain if nobody reads the event
	[ "$1" = start ] && echo '{"systemMessage":"Parley: the program parley is not in the PATH of this client, so nothing wakes this session. Install it (https://github.com/parley-chat/parley#install) or, if it is there, restart the client; for Codex, run codex app-server daemon stop first."}'
	exit 0
fi

# Claude Code says which server its user has set, and nothing where the default holds.
# In Codex the program knows the server: parley bridge has noted which one gave the seat.
# The address may hold the code of an invite, so it is not for a command line.
if [ -n "$CLAUDE_CODE_SESSION_ID" ]; then
	PARLEY_URL="${CLAUDE_PLUGIN_OPTION_URL:-http://127.0.0.1:8080}"
	export PARLEY_URL
fi
exec parley hook --plugin
