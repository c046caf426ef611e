package ident

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/parley-chat/parley/internal/base/fault"
)

// SplitRoom splits "name:password", given in place of a room's name. SplitRoom refuses a link that leads to no invite,
// any other address such as mailto:ann@example.org, the path of a file, the line that invites to a room by its name,
// the host and port of a server, an invite's code with more before or behind it, a title such as "PR: fix login" and a
// time: none is a name with a password, and each would make a room that nobody else finds.
func SplitRoom(given string) (name, password string, err error) {
	if err := RefuseSecret("room", given); err != nil {
		return "", "", err
	}
	name, password, ok := strings.Cut(given, ":")
	switch {
	case strings.Contains(given, "join_room with room "):
		return "", "", fault.Refuse(fault.InvalidArgument, "room: this is a whole line that invites to a room. "+
			"Nothing was done: if you use the server that it names, give as room only the name behind the word room, "+
			"without quotes, and a password in the line as password; otherwise have your user add that server.")
	case isLink(name, password), isServer(name, password), ok && (isPath(name, password) || isAddress(given)),
		holdsLongInvite(given):
		return "", "", fault.Refuse(fault.InvalidArgument, "room: this link leads to no invite. Nothing was done: if "+
			"your user gave it to you as an invite, have it copied again, from http to the end; otherwise give the "+
			"name of the room, and a password in password.")
	case ok && !mayBePassword(name, password):
		return "", "", fault.Refuse(fault.InvalidArgument, "room: a name has no colon, and what follows this colon "+
			"looks like a part of a title or a time, not like a password. Nothing was done: leave the colon out, or "+
			"give the password in password.")
	}
	return name, password, nil
}

// schemes begin addresses that people paste, with no // behind the colon: those of the list at
// https://www.iana.org/assignments/uri-schemes, and those of files, packages and resources. schemeWords do, too, but a
// room may have such a word as its name: so they count only if what follows the colon has a mark of an address.
var schemes, schemeWords = strings.Fields(`about acct arn arxiv bitcoin callto chrome-extension cid cpe dav davs did dns
	doi ed2k ethereum facetime facetime-audio fax ftp ftps geo git gopher hdl http https im imap imaps ipfs ipns irc ircs
	isbn issn itms itms-apps jar javascript jdbc jid ldap ldaps lightning magnet mailto md5 mid mms mmsto
	moz-extension ms-settings msteams nfs nntp nostr npm oci oid orcid pgp pkg pres rtmp rtsp sftp sgn sha1 sha256 sha512
	sip sips smb sms smsto smtp ssh stun svn swh tel telnet tg turn urn uuid vbscript view-source vnc vscode
	vscode-insiders web+ap webcal ws wss xmpp zoommtg zoomus`), strings.Fields(`blob chrome cursor data docker feed file
	gh github gitlab gs info intent maps market matrix mongodb mysql news notion obsidian postgres postgresql redis
	resource s3 skype slack spotify steam tag unix whatsapp`)

// isLink reports whether before and after, the parts on both sides of the first colon, are a link, perhaps mistyped or
// without its beginning, or an address of another kind, such as of mail. A password may have a slash, but does not
// begin with one.
func isLink(before, after string) bool {
	words := strings.Fields(strings.ToLower(before))
	last := ""
	if len(words) > 0 {
		last = words[len(words)-1]
		last = last[strings.LastIndexAny(last, "<([\"'`")+1:] // as in Markdown
	}
	_, host, hasUser := strings.Cut(last, "@") // as git@host.example:repository
	hasScheme := after != "" && (slices.Contains(schemes, last) || hasUser && isDomain(host) ||
		slices.Contains(schemeWords, last) && strings.ContainsAny(after, "/.,:@?"))
	hasPath := strings.HasPrefix(strings.TrimLeft(after, "0123456789"), "/") // perhaps behind a port
	return hasScheme || hasPath || strings.Contains(before, "//") || hasInvitePath(before) || hasInvitePath(after)
}

// isPath reports whether before and after, the parts on both sides of the first colon, are a path of a file.
func isPath(before, after string) bool {
	drive := len(before) == 1 && strings.Contains(after, `\`) // as C:\notes, and C:notes\tea
	return drive || strings.HasPrefix(after, `\`) || strings.Contains(before, `\`) ||
		strings.HasPrefix(before, "/") || strings.HasPrefix(before, "./") || strings.HasPrefix(before, "../") ||
		strings.HasPrefix(before, "~/")
}

// isServer reports whether host and port, the parts on both sides of the first colon, are the address of a server. The
// host is localhost, an IP address, a name of the DNS, or a name such as parley-http; the port has two to five digits.
// It also takes a line of a file, such as tea/pot.rs:12, for one.
func isServer(host, port string) bool {
	host, port = strings.ToLower(strings.TrimSpace(host)), strings.TrimSpace(port)
	host = host[strings.LastIndexByte(host, '/')+1:]
	_, err := netip.ParseAddr(host)
	hasHTTPEnd := slices.ContainsFunc([]string{"-http", "-https", "_http", "_https"},
		func(end string) bool { return strings.HasSuffix(host, end) })
	return (host == "localhost" || err == nil || isDomain(host) || hasHTTPEnd) && 2 <= len(port) && len(port) <= 5 &&
		strings.Trim(port, "0123456789") == ""
}

// isAddress reports whether given is an address of IPv6, perhaps with a port, or one of Matrix, as @ann:server.example.
func isAddress(given string) bool {
	_, errHost := netip.ParseAddr(strings.TrimSpace(given))
	_, errPort := netip.ParseAddrPort(strings.TrimSpace(given))
	who, server, _ := strings.Cut(given, ":")
	return errHost == nil || errPort == nil ||
		who != "" && strings.ContainsAny(who[:1], "@#!") && isDomain(server)
}

// isDomain reports whether host is a name of the DNS whose last label is of letters.
func isDomain(host string) bool {
	labels := strings.Split(host, ".")
	for i, label := range labels {
		allowed := "abcdefghijklmnopqrstuvwxyz"
		if i < len(labels)-1 {
			allowed += "0123456789-"
		}
		if label == "" || strings.Trim(label, allowed) != "" {
			return false
		}
	}
	return len(labels) > 1
}

// isNearlyInvite reports whether name looks like the code of an invite that was mistyped, or that was cut or grouped:
// 25 to 29 letters and digits, alone or in equal groups, with digits in three places or more, and with at most two
// letters beyond [Alphabet]; or the right code, in any groups. Of random codes, 98 in 100 look so; of names, only such
// as are random, too. In the room of such a name an agent would wait alone. A ULID, of 26 characters, begins with 01
// from 2004 to 2039, and is a name.
func isNearlyInvite(name string) bool {
	const slips, ulidChars = 2, 26
	groups := strings.FieldsFunc(strings.ToLower(name), isGroupSign)
	code := strings.Join(groups, "")
	if _, is := ParseInvite(code); is {
		return true // however it is grouped
	}
	isULID := len(groups) == 1 && len(code) == ulidChars && strings.HasPrefix(code, "01")
	if len(code) < inviteChars-slips || len(code) > inviteChars+slips || !areEqual(groups) || isULID {
		return false
	}
	foreign, places, digit := 0, 0, false
	for i := range len(code) {
		if !isAlphanumeric(code[i]) {
			return false
		}
		if strings.IndexByte(Alphabet, code[i]) < 0 {
			foreign++
		}
		if is := code[i] <= '9'; is != digit {
			digit = is
			if digit {
				places++
			}
		}
	}
	return places >= 3 && foreign <= slips
}

// areEqual reports whether groups have one length, but for a shorter last one: one group, or three and more.
func areEqual(groups []string) bool {
	for i, group := range groups {
		if isLast := i == len(groups)-1; len(group) > len(groups[0]) || !isLast && len(group) < len(groups[0]) {
			return false
		}
	}
	return len(groups) != 2
}

// isGroupSign reports whether people group the characters of a code by r.
func isGroupSign(r rune) bool { return r == '-' || unicode.IsSpace(r) }

// RefuseInvite refuses an invite, even a mistyped one, as a password: it would become the password of a room in which
// an agent waits alone.
func RefuseInvite(password string) error {
	if _, ok := InviteIn(password); !ok && !hasInvitePath(password) {
		return nil
	}
	return fault.Refuse(fault.InvalidArgument, "password: this is an invite, and no password. Nothing was done: to "+
		"join the room of the invite, call join_room with the invite as room; otherwise choose another password.")
}

// holdsLongInvite reports whether text has a run of letters and digits that begins or ends with the code of an invite:
// a room with this name would show the code to all.
func holdsLongInvite(text string) bool {
	parts := func(r rune) bool { return r > unicode.MaxASCII || !isAlphanumeric(byte(r)) }
	for run := range strings.FieldsFuncSeq(text, parts) {
		if len(run) <= inviteChars {
			continue
		}
		_, first := ParseInvite(run[:inviteChars])
		_, last := ParseInvite(run[len(run)-inviteChars:])
		if first || last {
			return true
		}
	}
	return false
}

// hasInvitePath reports whether text has the path of an invite's link, with most of a code.
func hasInvitePath(text string) bool {
	const most = 20 // of inviteChars
	_, code, _ := strings.Cut(text, "/i/")
	for i := range most {
		if i >= len(code) || !isAlphanumeric(code[i]) {
			return false
		}
	}
	return true
}

// mayBePassword reports whether what follows the first colon in place of a room's name may be a password.
func mayBePassword(name, after string) bool {
	if after == "" || strings.TrimLeftFunc(after, unicode.IsSpace) != after {
		return false
	}
	digits := len(after) - len(strings.TrimLeft(after, "0123456789"))
	return !isTime(name, after[:digits], strings.ToLower(after[digits:]))
}

// isTime reports whether name ends in an hour, digits are the minutes, and behind is what may follow a time: nothing,
// seconds, the end of a span or a word such as pm. An hour is a word of its own, so "v2:12" is no time.
func isTime(name, digits, behind string) bool {
	before := strings.TrimRight(name, "0123456789")
	hour := name[len(before):]
	isHour := (len(hour) == 1 || len(hour) == 2 && hour < "25") &&
		(before == "" || strings.HasSuffix(before, " ") || strings.HasSuffix(before, "T")) // of 2026-11-28T12:30
	return isHour && len(digits) == len("30") && digits[0] < '6' &&
		(slices.Contains([]string{"am", "pm", "h", "z"}, behind) || strings.HasPrefix(behind, " ") ||
			strings.HasPrefix(behind, ":") || !strings.ContainsFunc(behind, unicode.IsLetter))
}
