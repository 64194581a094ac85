package workers

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers/telegram"
)

func TestTalkLanguages(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, l := range talkLanguages() {
		tag, err := language.Parse(l.code)
		if base, _ := tag.Base(); err != nil || base.String() != l.code || seen[l.code] || seen[l.name] || l.name == "" {
			t.Errorf("%+v: %v", l, err)
		}
		seen[l.code], seen[l.name] = true, true
		if len(l.code) > 3 {
			t.Errorf("%s does not fit a button", l.code)
		}
	}
	if n := len(talkLanguages()); n != 56 {
		t.Errorf("%d languages", n)
	}
	for tag, want := range map[string]string{"de-AT": "de", "pt-br": "pt", "no": "nb", "zh-hans": "zh", "tlh": "", "": "", "!": ""} {
		if got := likely(tag); got != want {
			t.Errorf("%q talks %q, want %q", tag, got, want)
		}
	}
}

// Leafing through the languages shows each once, the person's own first.
func TestTalkChoices(t *testing.T) {
	t.Parallel()
	var all []string
	for page := 0; ; page++ {
		choices, more := talkChoices([]string{"ur", "de", "ur"}, page)
		for _, l := range choices {
			all = append(all, l.code)
		}
		if !more {
			break
		}
	}
	if len(all) != 56 || strings.Join(all[:4], " ") != "ur de en ru" {
		t.Errorf("%d: %v", len(all), all)
	}
	if beyond, more := talkChoices(nil, 99); len(beyond) != 0 || more {
		t.Errorf("%v, %v", beyond, more)
	}
}

// The buttons under the end of a conversation know the partner, and tell nobody who.
func TestPartedObject(t *testing.T) {
	t.Parallel()
	sealer, err := queue.NewKeys(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &Workers{Config: Config{Sealer: sealer}, signer: telegram.NewSigner(sealer.MAC)}
	of := parted{"01KB2W8XGTQ4N0V7P6M5R3S1Z9", 1<<52 + 12345}
	object := w.partedObject(of, 42)
	if back, ok := w.parseParted(object, 42); !ok || back != of {
		t.Errorf("%+v, %v", back, ok)
	}
	if back, ok := w.parseParted(object, 43); ok && back.partner == of.partner {
		t.Error("somebody else reads it")
	}
	if same := w.partedObject(of, 43); same == object {
		t.Error("it shows whom two people talked with")
	}
	for _, bad := range []string{"", "x", object[1:], object + "AAAA"} {
		if _, ok := w.parseParted(bad, 42); ok {
			t.Errorf("%q is read", bad)
		}
	}
	for _, r := range chatReasons() {
		if data := w.signer.Data(telegram.OpChatReportAs, object+r.letter, 42, ""); len(data) > telegram.MaxData {
			t.Errorf("%d bytes", len(data))
		}
	}
}

func TestRounded(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]int64{0: 0, 9: 0, 10: 10, 19: 10, 99: 90, 100: 100, 199: 190, 1299: 1200, 987654: 980000} {
		if got := rounded(n); got != want {
			t.Errorf("%d is told as %d, want %d", n, got, want)
		}
	}
}

func TestPausesEscalate(t *testing.T) {
	t.Parallel()
	var last time.Duration
	for n := range int64(3) {
		if d := pauseAfter(n); d <= last {
			t.Errorf("pause %d is %v", n+1, d)
		} else {
			last = d
		}
	}
	if pauseAfter(3) != 0 || pauseAfter(99) != 0 {
		t.Error("the fourth pause ends by itself")
	}
}
