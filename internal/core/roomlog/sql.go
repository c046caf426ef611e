package roomlog

// Views of a table in SQL, for people who look into a file. They show what layout.go stores, in SQLite's dialect,
// from the table items(pk, sk, expires, data).
const (
	// RoomsSQL shows each open room: name, agents, last use and end.
	RoomsSQL = `
SELECT json_extract(data, '$.room.name') AS room,
	(SELECT group_concat(name, ', ') FROM (SELECT json_extract(p.data, '$.agent.name') AS name
		FROM items AS p WHERE p.pk = items.pk AND p.sk > 'META#SEAT#' AND p.sk < 'META#SEAT$'
		ORDER BY json_extract(p.data, '$.agent.n'))) AS agents,
	(SELECT datetime(json_extract(e.data, '$.at') / 1000, 'unixepoch')
		FROM items AS e WHERE e.pk = items.pk AND e.sk > 'LOG#' AND e.sk < 'LOG$' ORDER BY e.sk DESC LIMIT 1) AS last_used,
	datetime(json_extract(data, '$.expires') / 1000, 'unixepoch') AS ends,
	substr(pk, 6) AS id
FROM items
WHERE pk > 'ROOM#' AND pk < 'ROOM$' AND sk = 'META'
	AND json_extract(data, '$.closed') IS NULL AND json_extract(data, '$.retired') IS NULL
	AND json_extract(data, '$.expires') / 1000 > CAST(strftime('%s', 'now') AS INTEGER)
ORDER BY last_used DESC`

	// MessagesSQL shows each message, private ones included, in the order of its room, with its addressees and the
	// agents asked for an answer. seq is the number of its event; agents see an id instead. Times are UTC.
	MessagesSQL = `
SELECT json_extract(meta.data, '$.room.name') AS room,
	CAST(substr(e.sk, 5) AS INTEGER) AS seq,
	datetime(json_extract(e.data, '$.at') / 1000, 'unixepoch') AS time,
	json_extract(e.data, '$.f') AS sender,
	(SELECT group_concat(value, ', ') FROM json_each(e.data, '$.tn')) AS recipients,
	(SELECT group_concat(value, ', ') FROM json_each(e.data, '$.an')) AS asked,
	coalesce(json_extract(e.data, '$.k'), 'message') AS kind,
	coalesce(json_extract(e.data, '$.x'), '') AS text
FROM items AS e LEFT JOIN items AS meta ON meta.pk = e.pk AND meta.sk = 'META'
WHERE e.pk > 'ROOM#' AND e.pk < 'ROOM$' AND e.sk > 'LOG#' AND e.sk < 'LOG$' AND json_extract(e.data, '$.t') = 'said'
ORDER BY e.pk, e.sk`
)
