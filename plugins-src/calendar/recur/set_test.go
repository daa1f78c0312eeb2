package recur

import (
	"strings"
	"testing"
	"time"
)

func TestTimesOfDayOutliveAChangeOfTheClocks(t *testing.T) {
	// Berlin: summer time from 2026-03-29 to 2026-10-25.
	berlin := zone(t, "Europe/Berlin")
	set := Set{
		Start: Moment{Wall: wall(t, "20260327T090000"), Zone: berlin},
		Rules: rules(t, "FREQ=DAILY;COUNT=4"),
	}
	all, err := set.Expand(wall(t, "20260101"), wall(t, "20270101"), 10, NewBudget(1000))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, m.Instant().Format(time.RFC3339))
	}
	want := "2026-03-27T09:00:00+01:00 2026-03-28T09:00:00+01:00 2026-03-29T09:00:00+02:00 2026-03-30T09:00:00+02:00"
	if strings.Join(got, " ") != want {
		t.Error(got)
	}
}

func TestATimeThatTheClocksLeaveOutIsPassedOverAndNotCounted(t *testing.T) {
	set := Set{
		Start: Moment{Wall: wall(t, "20260328T023000"), Zone: zone(t, "Europe/Berlin")},
		Rules: rules(t, "FREQ=DAILY;COUNT=3"),
	}
	if got := expand(t, set, 10, "02 15:04"); got != "28 02:30 30 02:30 31 02:30" {
		t.Error(got)
	}
}

func TestATimeThatComesTwiceIsTheFirst(t *testing.T) {
	for wallText, want := range map[string]string{
		"20261025T013000": "2026-10-24T23:30:00Z",
		"20261025T023000": "2026-10-25T00:30:00Z",
		"20261025T033000": "2026-10-25T02:30:00Z",
		"20260329T013000": "2026-03-29T00:30:00Z",
		"20260329T023000": "2026-03-29T01:30:00Z", // Left out: by the offset before.
		"20260329T033000": "2026-03-29T01:30:00Z",
	} {
		instant, exists := Instant(wall(t, wallText), zone(t, "Europe/Berlin"))
		if got := instant.UTC().Format(time.RFC3339); got != want || exists == (wallText == "20260329T023000") {
			t.Errorf("%s: %s %v", wallText, got, exists)
		}
	}
	// Lord Howe's clocks change by half an hour, Samoa left out a day.
	instant, exists := Instant(wall(t, "20261004T021500"), zone(t, "Australia/Lord_Howe"))
	if exists || instant.UTC().Format(time.RFC3339) != "2026-10-03T15:45:00Z" {
		t.Error(instant, exists)
	}
	if _, exists := Instant(wall(t, "20111230T120000"), zone(t, "Pacific/Apia")); exists {
		t.Error("the day that Samoa left out")
	}
	if instant, exists := Instant(wall(t, "20111231T000000"), zone(t, "Pacific/Apia")); !exists ||
		instant.UTC().Format(time.RFC3339) != "2011-12-30T10:00:00Z" {
		t.Error(instant, exists)
	}
}

func TestDatesAreAddedAndTakenAway(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	at := func(text string) Moment { return Moment{Wall: wall(t, text), Zone: berlin} }
	utc := Moment{Wall: wall(t, "20260302T080000"), Zone: time.UTC} // 09:00 in Berlin.
	day := Moment{Wall: wall(t, "20260304"), Date: true, Zone: berlin}
	set := Set{
		Start:    at("20260301T090000"),
		Rules:    rules(t, "FREQ=DAILY;COUNT=5"),
		Extra:    []Moment{at("20260310T100000"), at("20260303T090000")},
		Excluded: []Moment{utc, day, at("20260305T100000")},
	}
	if got := expand(t, set, 10, "02 15:04"); got != "01 09:00 03 09:00 05 09:00 10 10:00" {
		t.Error(got)
	}
}

func TestTwoRulesAreOneSet(t *testing.T) {
	set := Set{
		Start: Moment{Wall: wall(t, "20260301"), Date: true, Zone: time.UTC},
		Rules: rules(t, "FREQ=WEEKLY;COUNT=3", "FREQ=MONTHLY;UNTIL=20260501"),
	}
	if got := expand(t, set, 10, "0102"); got != "0301 0308 0315 0401 0501" {
		t.Error(got)
	}
}

func TestUntilIsMeantInTheEventsZone(t *testing.T) {
	for until, last := range map[string]string{
		"20260305T080000Z": "0305", // 09:00 in Berlin: just so.
		"20260305T075959Z": "0304",
		"20260305T090000":  "0305",
		"20260305T085959":  "0304",
		"20260305":         "0305",
	} {
		set := Set{
			Start: Moment{Wall: wall(t, "20260301T090000"), Zone: zone(t, "Europe/Berlin")},
			Rules: rules(t, "FREQ=DAILY;UNTIL="+until),
		}
		days := strings.Fields(expand(t, set, 100, "0102"))
		if days[len(days)-1] != last {
			t.Errorf("%s: %v", until, days)
		}
	}
}

func TestThe31stAndThe29thOfFebruaryComeWhereTheyAre(t *testing.T) {
	for start, want := range map[string]string{
		"20260131 FREQ=MONTHLY":                     "260131 260331 260531 260731 260831",
		"20240229 FREQ=YEARLY":                      "240229 280229",
		"20260101 FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO": "260101 261228",
		"20260101 FREQ=YEARLY;BYYEARDAY=-1":         "260101 261231 271231 281231 291231",
		"20260106 FREQ=YEARLY;BYWEEKNO=2":           "260106 270112 280111 290109 300108",
		"20260101 FREQ=YEARLY;BYDAY=-1FR":           "260101 261225 271231 281229 291228",
	} {
		day, rule, _ := strings.Cut(start, " ")
		set := Set{Start: Moment{Wall: wall(t, day), Date: true, Zone: time.UTC}, Rules: rules(t, rule)}
		if got := expand(t, set, 5, "060102"); got != want {
			t.Errorf("%s: %s, want %s", start, got, want)
		}
	}
}

func TestHostileRulesEnd(t *testing.T) {
	from, to := wall(t, "20260101"), wall(t, "20310101")
	for _, text := range []string{
		"FREQ=SECONDLY",
		"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=SECONDLY;COUNT=1000000000",
		"FREQ=MINUTELY;INTERVAL=1000000",
		"FREQ=HOURLY;INTERVAL=1000000;BYDAY=MO",
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=YEARLY;INTERVAL=1000000",
		"FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2;COUNT=5",
		"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300",
	} {
		for _, start := range []string{"00010101T000000", "16010101T000000", "20260101T000000", "99991231T235959"} {
			set := Set{Start: Moment{Wall: wall(t, start), Zone: time.UTC}, Rules: rules(t, text)}
			budget := NewBudget(100_000)
			all, err := set.Expand(from, to, 1000, budget)
			if err != nil || len(all) > 1000 {
				t.Errorf("%s from %s: %d %v", text, start, len(all), err)
			}
		}
	}
	dense := "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=" + list(60) + ";BYSECOND=" + list(60)
	set := Set{Start: Moment{Wall: from, Zone: time.UTC}, Rules: rules(t, dense)}
	if _, err := set.Expand(from, to, 1000, NewBudget(100_000)); err == nil {
		t.Error("4 × 60 × 60 times a day")
	}
}

func list(n int) string {
	var all []string
	for i := range n {
		all = append(all, time.Date(0, 1, 1, 0, 0, i, 0, time.UTC).Format("5"))
	}
	return strings.Join(all, ",")
}

func TestTheBudgetSaysWhenItIsSpent(t *testing.T) {
	set := Set{
		Start: Moment{Wall: wall(t, "20200101T000000"), Zone: time.UTC},
		Rules: rules(t, "FREQ=SECONDLY;BYMONTH=12"),
	}
	budget := NewBudget(10_000)
	if _, err := set.Expand(wall(t, "20260101"), wall(t, "20270101"), 10, budget); err != nil || !budget.Spent() {
		t.Error(err, budget)
	}
	budget = NewBudget(10_000)
	set.Rules = rules(t, "FREQ=WEEKLY")
	if _, err := set.Expand(wall(t, "20260101"), wall(t, "20270101"), 100, budget); err != nil || budget.Spent() {
		t.Error(err, budget)
	}
}

func TestWhatIsNoRuleIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "FREQ=", "FREQ=FORTNIGHTLY", "INTERVAL=2", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1",
		"FREQ=DAILY;INTERVAL=99999999999999999999", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=1;UNTIL=20260101",
		"FREQ=DAILY;UNTIL=yesterday", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;BYDAY=0MO", "FREQ=DAILY;BYDAY=",
		"FREQ=DAILY;BYMONTHDAY=0", "FREQ=DAILY;BYMONTHDAY=32", "FREQ=DAILY;BYMONTH=13", "FREQ=DAILY;BYMONTH=-1",
		"FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYSETPOS=1", "FREQ=DAILY;BYSETPOS=0;BYHOUR=1", "FREQ=DAILY;WKST=8",
		"FREQ=DAILY;FREQ=WEEKLY", "FREQ=YEARLY;RSCALE=HEBREW",
	} {
		if rule, err := Parse(text); err == nil {
			t.Errorf("%s is taken: %+v", text, rule)
		}
	}
	for _, text := range []string{"freq=daily", "FREQ=DAILY;", " FREQ=MONTHLY;BYDAY=+1MO,-1SU;BYMONTHDAY=+3"} {
		if _, err := Parse(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzARuleNeverPanics(f *testing.F) {
	f.Add("FREQ=MONTHLY;BYDAY=-1SU;BYSETPOS=-1;UNTIL=20300101", int64(1767225600))
	f.Add("FREQ=SECONDLY;INTERVAL=1000000", int64(-62135596800))
	f.Fuzz(func(t *testing.T, text string, start int64) {
		rule, err := Parse(text)
		if err != nil {
			return
		}
		start = max(min(start, 253402300799), -62135596800)
		set := Set{Start: Moment{Wall: time.Unix(start, 0).UTC(), Zone: time.UTC}, Rules: []*Rule{rule}}
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		all, _ := set.Expand(from, from.AddDate(1, 0, 0), 50, NewBudget(20_000))
		for i, m := range all {
			if i > 0 && !m.Instant().After(all[i-1].Instant()) {
				t.Errorf("out of order: %v", all)
			}
		}
	})
}
