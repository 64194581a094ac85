package workers

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// tarpit is where programs are told. Servers answer at once, but for those of tarpit.example, which do from when it is opened.
type tarpit struct {
	opened chan struct{}

	mu              sync.Mutex
	now             map[string]int // calls under way, by path
	each, all, most int            // most of a path, all under way, most of all
	told            map[string]int // answered calls, by generation
}

// RoundTrip implements http.RoundTripper.
func (p *tarpit) RoundTrip(r *http.Request) (*http.Response, error) {
	p.count(r.URL.Path, 1)
	defer p.count(r.URL.Path, -1)
	if r.URL.Host == "tarpit.example" {
		select {
		case <-p.opened:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told[strings.TrimPrefix(r.Header.Get("Webhook-Id"), "msg_")]++
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
}

func (p *tarpit) count(path string, by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now[path] += by
	p.all += by
	p.each, p.most = max(p.each, p.now[path]), max(p.most, p.all)
}

// peaks are the most calls at once, of all and of one person.
func (p *tarpit) peaks() (all, each int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most, p.each
}

// hooked is a bench with a few slots in which what is owed is sent.
type hooked struct {
	*choosing
	tarpit *tarpit
	busy   chan struct{} // as long as there are slots
	slots  sync.WaitGroup
}

// program is somebody with a token.
type program struct {
	person storage.Person
	token  string
}

func newHooked(t *testing.T, b *choosing) *hooked {
	t.Helper()
	h := &hooked{
		choosing: b, tarpit: &tarpit{opened: make(chan struct{}), now: map[string]int{}, told: map[string]int{}},
		busy: make(chan struct{}, webhooksAll+2),
	}
	h.w.Settings.APIURL, h.w.Hooks = "https://imagika.example/v1", &http.Client{Transport: h.tarpit}
	return h
}

func (h *hooked) program(name string) program {
	h.t.Helper()
	p := h.tg.Person(telegramtest.PersonConfig{FirstName: name, LanguageCode: "en"})
	h.agree(p)
	h.say(p, "/api mine")
	row, err := h.s.PersonByTelegram(h.t.Context(), p.ID(), "en")
	if err != nil {
		h.t.Fatal(err)
	}
	tokens, err := h.s.Tokens(h.t.Context(), row.ID)
	if err != nil || len(tokens) != 1 {
		h.t.Fatalf("%d tokens, %v", len(tokens), err)
	}
	if _, err := h.s.Give(h.t.Context(), storage.Given{User: row.ID, Key: "test:" + name, Source: storage.SourcePromo, Credits: 100}); err != nil {
		h.t.Fatal(err)
	}
	return program{row, tokens[0].ID}
}

// cancels lets somebody cancel generations, so that their program is owed the word, and returns them.
func (h *hooked) cancels(p program, host string, n int) (ids []string) {
	h.t.Helper()
	wish := fromAPI("a fox", "cheap")
	wish.Token, wish.Webhook = p.token, "https://"+host+"/"+p.token
	for range n {
		v, err := h.w.Request(h.t.Context(), p.person, wish)
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.w.Stop(h.t.Context(), p.person, v.ID); err != nil {
			h.t.Fatal(err)
		}
		ids = append(ids, v.ID)
	}
	return ids
}

// until lets free slots send what is owed until something is so.
func (h *hooked) until(what string, so func() bool) {
	h.t.Helper()
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatal(what)
		}
		for h.sends() {
			continue
		}
	}
	if all, each := h.tarpit.peaks(); all > webhooksAll || each > webhooksEach {
		h.t.Fatalf("%s: at once there were %d calls, and %d of one person", what, all, each)
	}
}

// sends sends one of what is owed, if there is a slot for it.
func (h *hooked) sends() bool {
	select {
	case h.busy <- struct{}{}:
	default:
		return false
	}
	task, ok := h.next()
	if !ok {
		<-h.busy
		return false
	}
	h.slots.Go(func() {
		defer func() { <-h.busy }()
		if err := h.send(task); err != nil {
			h.t.Error(err)
		}
	})
	return true
}

// quiet reports whether all that is owed was looked at, and no more slots are busy than that.
func (h *hooked) quiet(busy int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.owed) == 0 && len(h.busy) <= busy
}

// tells reports whether the program was told of all of these.
func (h *hooked) tells(ids ...string) bool {
	h.tarpit.mu.Lock()
	defer h.tarpit.mu.Unlock()
	return !slices.ContainsFunc(ids, func(id string) bool { return h.tarpit.told[id] == 0 })
}

// A server that never answers keeps few of the slots in which messages are sent, however much it is owed; all of that is told when it
// answers after all.
func TestWebhooksOfAServerThatNeverAnswers(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 0, func(t *testing.T, b *choosing) {
		h := newHooked(t, b)
		bob, mal := h.program("Bob"), h.program("Mal")
		more := []program{h.program("Eve"), h.program("Joe"), h.program("Sue"), h.program("Tom")}
		open := sync.OnceFunc(func() { close(h.tarpit.opened) })
		defer h.slots.Wait()
		defer open()
		answered := func(ask string) {
			t.Helper()
			n := len(b.ada.Messages())
			b.ada.Text(ask)
			b.hear()
			h.until("a message waits", func() bool { return len(b.ada.Messages()) == n+2 })
		}

		ids := h.cancels(mal, "tarpit.example", 12)
		h.until("one person has all slots", func() bool { return h.quiet(webhooksEach) })
		answered("/balance")
		prompt := h.cancels(bob, "prompt.example", 3)
		h.until("somebody else's program waits", func() bool { return h.tells(prompt[0]) })
		for _, p := range more {
			ids = append(ids, h.cancels(p, "tarpit.example", 3)...)
		}
		h.until("programs have all slots", func() bool { return h.quiet(webhooksAll) })
		answered("/balance")

		open()
		ids = append(ids, prompt...)
		h.until("programs are not told", func() bool {
			b.ahead.Add(int64(time.Minute))
			due, err := h.s.SweepDeliveries(t.Context(), 100, true)
			if err != nil {
				t.Fatal(err)
			}
			b.w.post(t.Context(), due)
			return h.tells(ids...)
		})
		h.slots.Wait()
		for id, n := range h.tarpit.told {
			if n != 1 || !slices.Contains(ids, id) {
				t.Errorf("%s is told %d times", id, n)
			}
		}
	})
}

// What finds no room comes back one after the other, and a long line is its person's alone.
func TestHookLine(t *testing.T) {
	t.Parallel()
	h, now := newHookTurns(), time.Now()
	var before time.Duration
	for range 100 {
		wait := h.line(1, now)
		if gap := wait - before; gap < webhookGap/2 || gap > 2*webhookGap {
			t.Fatalf("%v after the one before", gap)
		}
		before = wait
	}
	if wait := h.line(2, now); wait > 2*webhookGap {
		t.Errorf("somebody else waits %v", wait)
	}
	if wait := h.line(3, now.Add(time.Hour)); wait > 2*webhookGap || len(h.last) != 1 {
		t.Errorf("waits %v, %d lines are kept", wait, len(h.last))
	}
}

func TestWebhookWait(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]time.Duration{
		-time.Second: webhookFirst, 0: webhookFirst, 5 * time.Second: 20 * time.Second, 25 * time.Second: 80 * time.Second, 23 * time.Hour: webhookLongest,
	} {
		if got := webhookWait(age); got != want {
			t.Errorf("at %v: %v, want %v", age, got, want)
		}
	}
}
