package remittest

import (
	"strings"
	"testing"

	"remit"
)

func TestAValueIsThereUntilTheTestEnds(t *testing.T) {
	t.Run("with it", func(t *testing.T) {
		Config(t, map[string]string{"folder": "/notes"})
		if value, err := remit.Config("folder"); err != nil || value != "/notes" {
			t.Error(value, err)
		}
	})
	_, err := remit.Config("folder")
	if remit.KindOf(err) != remit.Denied || !strings.Contains(err.Error(), "config folder=…") {
		t.Error(err)
	}
	if _, found, err := remit.LookupConfig("folder"); found || err != nil {
		t.Error(found, err)
	}
}

func TestWhatIsLoggedIsKept(t *testing.T) {
	lines := Log(t)
	remit.Logf(remit.Warn, "left out %d", 3)
	if got := lines(); len(got) != 1 || got[0] != (Line{remit.Warn, "left out 3"}) {
		t.Error(got)
	}
}
