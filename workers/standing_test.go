package workers

import (
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
)

func TestStrikesSlowDownAndBan(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var strikes []storage.Strike
	for n, want := range []time.Duration{0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30} {
		if got := pause(strikes, now); got != want*time.Minute {
			t.Errorf("after %d strikes: %v, want %v", n, got, want*time.Minute)
		}
		if got := pause(strikes, now.Add(31*time.Minute)); got != 0 {
			t.Errorf("after %d strikes and half an hour: %v", n, got)
		}
		one := newStrike(false, now)
		until, cause := sentence(strikes, one)
		if banned := n == 11; banned != (cause == storage.BanStrikes) || banned && until != now.Add(24*time.Hour) {
			t.Errorf("strike %d: %v %s", n+1, until, cause)
		}
		strikes = append(strikes, one)
	}
}

func TestAbsoluteBansAtOnce(t *testing.T) {
	t.Parallel()
	now := time.Now()
	first := newStrike(true, now)
	if until, cause := sentence(nil, first); until != now.Add(7*24*time.Hour) || cause != storage.BanAbsolute {
		t.Errorf("%v %s", until, cause)
	}
	if until, cause := sentence([]storage.Strike{first}, newStrike(true, now)); until != storage.Forever || cause != storage.BanAbsolute {
		t.Errorf("the second: %v %s", until, cause)
	}
}
