package slog

import (
	"log"
	"log/slog"
	"slices"
	"testing"

	"remit"
	"remit/remittest"
)

func TestRecordsBecomeLogLines(t *testing.T) {
	lines := remittest.Log(t)
	slog.Debug("start")
	slog.With("file", "a b.ics", "n", 3).WithGroup("at").Warn("left out", "line", 7, slog.Group("in", "x", ""))
	slog.Error("broken", "why", `a"b`)
	log.Printf("plain %d", 1)
	want := []remittest.Line{
		{Level: remit.Debug, Message: "start"},
		{Level: remit.Warn, Message: `left out file="a b.ics" n=3 at.line=7 at.in.x=""`},
		{Level: remit.Error, Message: `broken why="a\"b"`},
		{Level: remit.Info, Message: "plain 1"},
	}
	if got := lines(); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}
