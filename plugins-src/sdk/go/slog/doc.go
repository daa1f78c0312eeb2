// Package slog makes log/slog and log write Remit's log lines: import it for that effect alone.
//
//	import _ "remit/slog"
//
// A record's level becomes the line's, its attributes follow the message as key=value, and its time is left out: the
// host knows it. In a native build the lines go where [remit.Logf]'s go.
package slog
