package workers

import (
	"slices"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
)

// A call that was turned away for free may be made again for as long as it takes, one that may have been paid for may not.
func TestWorn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		class  providers.Class
		billed providers.Billed
		calls  int // after which it is given up; zero is never
	}{
		{providers.Transient, providers.BilledNo, maxAttempts},
		{providers.NoOutput, providers.BilledMaybe, maxBilled},
		{providers.RateLimited, providers.BilledNo, 0},
		{providers.RateLimited, providers.BilledMaybe, maxBilled},
		{providers.RateLimited, providers.BilledYes, maxBilled},
	} {
		var tried []storage.Attempt
		for n := 1; n <= 10; n++ {
			tried = append(tried, storage.Attempt{State: storage.AttemptFailed, ErrClass: string(tt.class), Billed: string(tt.billed)})
			if want := tt.calls > 0 && n >= tt.calls; worn(tried) != want {
				t.Errorf("after %d × %s, billed %s: %v", n, tt.class, tt.billed, !want)
			}
		}
	}
}

// A call whose answer was lost is told apart from those of the same provider that are known.
func TestKnownAt(t *testing.T) {
	t.Parallel()
	tried := []storage.Attempt{{Provider: "a", ExternalID: "1"}, {Provider: "b", ExternalID: "2"}, {Provider: "a"}, {Provider: "a", ExternalID: "3"}}
	if got := knownAt("a", tried); !slices.Equal(got, []string{"1", "3"}) {
		t.Errorf("%v", got)
	}
}
