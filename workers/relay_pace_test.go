package workers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// allowance is Limits that let somebody talk for so long at once, and then tell them once.
type allowance struct {
	providers.Limits
	left  time.Duration
	asked int
	told  bool
}

// Reserve implements providers.Limits.
func (a *allowance) Reserve(_ context.Context, key string, every time.Duration, _ int, _ time.Duration) (time.Duration, bool, error) {
	switch {
	case !strings.HasPrefix(key, "talk:"), every == talkPause:
		return 0, true, nil
	case strings.HasSuffix(key, ":told"):
		first := !a.told
		a.told = true
		return 0, first, nil
	}
	a.asked++
	a.left -= every
	return 0, a.left >= 0, nil
}

// TestTalkingFast: the limit is asked once for a few messages; what is beyond does not arrive, and that is said once.
func TestTalkingFast(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	limits := &allowance{left: 2 * talkAhead * talkEvery}
	k.w.Limits = limits
	for i := range 2*talkAhead + 3 {
		if _, err := k.ada.Send(telegramtest.Outgoing{Text: fmt.Sprint("words ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	k.pass()
	if limits.asked != 2+3 {
		t.Errorf("the limit was asked %d times", limits.asked)
	}
	var arrived []string
	for _, m := range live(k.ben) {
		if strings.HasPrefix(m.Text, "words ") {
			arrived = append(arrived, m.Text)
		}
	}
	if len(arrived) != 2*talkAhead || !slices.IsSorted(arrived) {
		t.Errorf("arrived: %q", arrived)
	}
	told := slices.DeleteFunc(live(k.ada), func(m telegramtest.Message) bool { return !strings.Contains(m.Text, "very fast") })
	if len(told) != 1 {
		t.Errorf("told %d times", len(told))
	}
}
