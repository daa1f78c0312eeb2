package recur

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

const newYork = "America/New_York"

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func wall(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{"20060102T150405", "20060102"} {
		if w, err := time.Parse(layout, text); err == nil {
			return w
		}
	}
	t.Fatalf("%q is no time", text)
	return time.Time{}
}

func rules(t testing.TB, texts ...string) []*Rule {
	t.Helper()
	var all []*Rule
	for _, text := range texts {
		rule, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all = append(all, rule)
	}
	return all
}

// expand gives at most `most` instances, up to the end of 2030, in the layout.
func expand(t testing.TB, set Set, most int, layout string) string {
	t.Helper()
	from, to := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	all, err := set.Expand(from, to, most, NewBudget(1_000_000))
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(all))
	for i, m := range all {
		texts[i] = m.Wall.Format(layout)
	}
	return strings.Join(texts, " ")
}

// The examples of RFC 5545, section 3.8.5.3; where one goes on forever, its beginning.
func TestTheExamplesOfTheStandard(t *testing.T) {
	for _, example := range []struct{ start, rule, days string }{
		{"19970902T090000", "FREQ=DAILY;COUNT=10", "1997-09-02 1997-09-03 1997-09-04 1997-09-05 1997-09-06 1997-09-07 1997-09-08 1997-09-09 1997-09-10 1997-09-11"},
		{"19970902T090000", "FREQ=DAILY;INTERVAL=2", "1997-09-02 1997-09-04 1997-09-06 1997-09-08 …"},
		{"19970902T090000", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02 1997-09-12 1997-09-22 1997-10-02 1997-10-12"},
		{"19970902T090000", "FREQ=WEEKLY;COUNT=10", "1997-09-02 1997-09-09 1997-09-16 1997-09-23 1997-09-30 1997-10-07 1997-10-14 1997-10-21 1997-10-28 1997-11-04"},
		{"19970902T090000", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-02 1997-09-16 1997-09-30 1997-10-14 1997-10-28 1997-11-11 …"},
		{"19970902T090000", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "1997-09-02 1997-09-04 1997-09-09 1997-09-11 1997-09-16 1997-09-18 1997-09-23 1997-09-25 1997-09-30 1997-10-02"},
		{"19970902T090000", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997-09-02 1997-09-04 1997-09-09 1997-09-11 1997-09-16 1997-09-18 1997-09-23 1997-09-25 1997-09-30 1997-10-02"},
		{"19970901T090000", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR", "1997-09-01 1997-09-03 1997-09-05 1997-09-15 1997-09-17 1997-09-19 1997-09-29 1997-10-01 1997-10-03 1997-10-13 1997-10-15 1997-10-17 1997-10-27 1997-10-29 1997-10-31 1997-11-10 1997-11-12 1997-11-14 1997-11-24 1997-11-26 1997-11-28 1997-12-08 1997-12-10 1997-12-12 1997-12-22"},
		{"19970902T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997-09-02 1997-09-04 1997-09-16 1997-09-18 1997-09-30 1997-10-02 1997-10-14 1997-10-16"},
		{"19970905T090000", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-05 1997-10-03 1997-11-07 1997-12-05 1998-01-02 1998-02-06 1998-03-06 1998-04-03 1998-05-01 1998-06-05"},
		{"19970905T090000", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "1997-09-05 1997-10-03 1997-11-07 1997-12-05"},
		{"19970907T090000", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997-09-07 1997-09-28 1997-11-02 1997-11-30 1998-01-04 1998-01-25 1998-03-01 1998-03-29 1998-05-03 1998-05-31"},
		{"19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-22 1997-10-20 1997-11-17 1997-12-22 1998-01-19 1998-02-16"},
		{"19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28 1997-10-29 1997-11-28 1997-12-29 1998-01-29 1998-02-26 …"},
		{"19970902T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "1997-09-02 1997-09-15 1997-10-02 1997-10-15 1997-11-02 1997-11-15 1997-12-02 1997-12-15 1998-01-02 1998-01-15"},
		{"19970930T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997-09-30 1997-10-01 1997-10-31 1997-11-01 1997-11-30 1997-12-01 1997-12-31 1998-01-01 1998-01-31 1998-02-01"},
		{"19970910T090000", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "1997-09-10 1997-09-11 1997-09-12 1997-09-13 1997-09-14 1997-09-15 1999-03-10 1999-03-11 1999-03-12 1999-03-13"},
		{"19970902T090000", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "1997-09-02 1997-09-09 1997-09-16 1997-09-23 1997-09-30 1997-11-04 1997-11-11 1997-11-18 1997-11-25 1998-01-06 1998-01-13 1998-01-20 1998-01-27 1998-03-03 1998-03-10 1998-03-17 1998-03-24 1998-03-31 …"},
		{"19970610T090000", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997-06-10 1997-07-10 1998-06-10 1998-07-10 1999-06-10 1999-07-10 2000-06-10 2000-07-10 2001-06-10 2001-07-10"},
		{"19970310T090000", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "1997-03-10 1999-01-10 1999-02-10 1999-03-10 2001-01-10 2001-02-10 2001-03-10 2003-01-10 2003-02-10 2003-03-10"},
		{"19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "1997-01-01 1997-04-10 1997-07-19 2000-01-01 2000-04-09 2000-07-18 2003-01-01 2003-04-10 2003-07-19 2006-01-01"},
		{"19970519T090000", "FREQ=YEARLY;BYDAY=20MO", "1997-05-19 1998-05-18 1999-05-17 …"},
		{"19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12 1998-05-11 1999-05-17 …"},
		{"19970313T090000", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13 1997-03-20 1997-03-27 1998-03-05 1998-03-12 1998-03-19 1998-03-26 1999-03-04 1999-03-11 1999-03-18 1999-03-25 …"},
		{"19970605T090000", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", "1997-06-05 1997-06-12 1997-06-19 1997-06-26 1997-07-03 1997-07-10 1997-07-17 1997-07-24 1997-07-31 1997-08-07 1997-08-14 1997-08-21 1997-08-28 1998-06-04 …"},
		{"19970913T090000", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13 1997-10-11 1997-11-08 1997-12-13 1998-01-10 1998-02-07 1998-03-07 1998-04-11 1998-05-09 1998-06-13 …"},
		{"19961105T090000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05 2000-11-07 2004-11-02 …"},
		{"19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04 1997-10-07 1997-11-06"},
		{"19970929T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29 1997-10-30 1997-11-27 1997-12-30 1998-01-29 1998-02-26 1998-03-30 …"},
		{"19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05 1997-08-10 1997-08-19 1997-08-24"},
		{"19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05 1997-08-17 1997-08-19 1997-08-31"},
		{"20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15 2007-01-30 2007-02-15 2007-03-15 2007-03-30"},
	} {
		want, endless := strings.CutSuffix(example.days, " …")
		most := len(strings.Fields(want))
		if !endless {
			most += 5
		}
		set := Set{
			Start: Moment{Wall: wall(t, example.start), Zone: zone(t, newYork)},
			Rules: rules(t, example.rule),
		}
		if got := expand(t, set, most, "2006-01-02"); got != want {
			t.Errorf("%s from %s:\ngot  %s\nwant %s", example.rule, example.start, got, want)
		}
		// A window that begins late must show the same instances, without counting from the first.
		windowed(t, set, want)
	}
}

// windowed expands each instance alone, from the middle of the night before it.
func windowed(t *testing.T, set Set, days string) {
	t.Helper()
	for _, day := range strings.Fields(days) {
		at, _ := time.ParseInLocation("2006-01-02", day, set.Start.Zone)
		all, err := set.Expand(at, at.AddDate(0, 0, 1), 10, NewBudget(1_000_000))
		if err != nil || len(all) != 1 || all[0].Wall.Format("2006-01-02") != day {
			t.Errorf("%v in the window of %s alone: %v %v", set.Rules[0], day, all, err)
		}
	}
}

func TestTheExamplesOfTheStandardThatAreTooLongToList(t *testing.T) {
	for _, example := range []struct {
		start, rule, first, last string
		count                    int
	}{
		{"19970902T090000", "FREQ=DAILY;UNTIL=19971224T000000Z", "1997-09-02", "1997-12-23", 113},
		{"19970902T090000", "FREQ=WEEKLY;UNTIL=19971224T000000Z", "1997-09-02", "1997-12-23", 17},
		{"19980101T090000", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "1998-01-01", "2000-01-31", 93},
		{"19980101T090000", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", "1998-01-01", "2000-01-31", 93},
	} {
		set := Set{
			Start: Moment{Wall: wall(t, example.start), Zone: zone(t, newYork)},
			Rules: rules(t, example.rule),
		}
		days := strings.Fields(expand(t, set, 1000, "2006-01-02"))
		if len(days) != example.count || days[0] != example.first || days[len(days)-1] != example.last {
			t.Errorf("%s: %d from %s to %s", example.rule, len(days), days[0], days[len(days)-1])
		}
	}
}

func TestTheExamplesOfTheStandardWithinADay(t *testing.T) {
	twenty := "02 09:00 02 09:20 02 09:40 02 10:00 02 10:20 02 10:40 02 11:00"
	for rule, want := range map[string]string{
		// The standard's own UNTIL is wrong by its zone's offset.
		"FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z":                   "02 09:00 02 12:00 02 15:00",
		"FREQ=MINUTELY;INTERVAL=15;COUNT=6":                               "02 09:00 02 09:15 02 09:30 02 09:45 02 10:00 02 10:15",
		"FREQ=MINUTELY;INTERVAL=90;COUNT=4":                               "02 09:00 02 10:30 02 12:00 02 13:30",
		"FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40":       twenty + " …",
		"FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16":         twenty + " …",
		"FREQ=SECONDLY;INTERVAL=1800;COUNT=3":                             "02 09:00 02 09:30 02 10:00",
		"FREQ=HOURLY;BYMINUTE=0,30;COUNT=4":                               "02 09:00 02 09:30 02 10:00 02 10:30",
		"FREQ=DAILY;BYHOUR=9,18;BYSETPOS=-1;COUNT=3":                      "02 09:00 02 18:00 03 18:00",
		"FREQ=WEEKLY;BYDAY=TU,WE;BYHOUR=9,10;BYSETPOS=1,-1;COUNT=4":       "02 09:00 03 10:00 09 09:00 10 10:00",
		"FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16;COUNT=8": twenty + " 02 11:20",
	} {
		want, endless := strings.CutSuffix(want, " …")
		most := len(strings.Fields(want)) / 2
		if !endless {
			most += 5
		}
		set := Set{Start: Moment{Wall: wall(t, "19970902T090000"), Zone: zone(t, newYork)}, Rules: rules(t, rule)}
		if got := expand(t, set, most, "02 15:04"); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", rule, got, want)
		}
	}
}

// "Every Friday the 13th": the start is no such day, and is excluded.
func TestTheStandardsFridayThe13th(t *testing.T) {
	start := Moment{Wall: wall(t, "19970902T090000"), Zone: zone(t, newYork)}
	set := Set{Start: start, Rules: rules(t, "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"), Excluded: []Moment{start}}
	want := "1998-02-13 1998-03-13 1998-11-13 1999-08-13 2000-10-13"
	if got := expand(t, set, 5, "2006-01-02"); got != want {
		t.Error(got)
	}
}
