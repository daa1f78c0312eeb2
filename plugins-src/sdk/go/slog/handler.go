package slog

import (
	"context"
	"log"
	"log/slog"
	"strconv"
	"strings"

	"remit"
)

func init() {
	// The flags first, which a default logger would put before its messages.
	log.SetFlags(0)
	slog.SetDefault(slog.New(handler{}))
}

// handler is a [slog.Handler] over the plugin's log.
type handler struct {
	// prefix is of the open groups, and given are the attributes so far.
	prefix string
	given  string
}

func (handler) Enabled(context.Context, slog.Level) bool { return true }

func (h handler) Handle(_ context.Context, record slog.Record) error {
	var line strings.Builder
	line.WriteString(record.Message)
	line.WriteString(h.given)
	record.Attrs(func(attr slog.Attr) bool {
		write(&line, h.prefix, attr)
		return true
	})
	remit.Logf(level(record.Level), "%s", line.String())
	return nil
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var given strings.Builder
	for _, attr := range attrs {
		write(&given, h.prefix, attr)
	}
	h.given += given.String()
	return h
}

func (h handler) WithGroup(name string) slog.Handler {
	if name != "" {
		h.prefix += name + "."
	}
	return h
}

func write(line *strings.Builder, prefix string, attr slog.Attr) {
	value := attr.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if attr.Key != "" {
			prefix += attr.Key + "."
		}
		for _, inner := range value.Group() {
			write(line, prefix, inner)
		}
		return
	}
	if attr.Equal(slog.Attr{}) {
		return
	}
	text := value.String()
	if text == "" || strings.ContainsAny(text, " \t\r\n\"=") {
		text = strconv.Quote(text)
	}
	line.WriteString(" " + prefix + attr.Key + "=" + text)
}

func level(of slog.Level) remit.Level {
	switch {
	case of < slog.LevelInfo:
		return remit.Debug
	case of < slog.LevelWarn:
		return remit.Info
	case of < slog.LevelError:
		return remit.Warn
	default:
		return remit.Error
	}
}
