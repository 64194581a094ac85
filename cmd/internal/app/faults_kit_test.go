package app_test

import (
	"bufio"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// someone is a person who has agreed and has the welcome credits.
func (w *world) someone(name string) *telegramtest.Person {
	w.t.Helper()
	p := w.tg.Person(telegramtest.PersonConfig{FirstName: name, LanguageCode: "en"})
	w.agree(p)
	return p
}

// plan says how the calls of a prompt go: k counts them from zero.
type plan map[string]func(k int) providertest.Step

// always is a plan for every call.
func always(s providertest.Step) func(int) providertest.Step {
	return func(int) providertest.Step { return s }
}

// first is a plan for the first n calls; later ones succeed.
func first(n int, s providertest.Step) func(int) providertest.Step {
	return func(k int) providertest.Step {
		if k < n {
			return s
		}
		return providertest.Step{}
	}
}

// follow makes the fake follow a plan: the words of the prompt choose the row. A prompt without one succeeds.
func (p plan) follow(f *providertest.Fake) {
	seen := map[string]int{} // the fake calls the script under its lock
	f.Script(func(_ int, r providers.Request) providertest.Step {
		k := seen[r.Prompt]
		seen[r.Prompt]++
		if step, ok := p[r.Prompt]; ok {
			return step(k)
		}
		return providertest.Step{}
	})
}

// everyCall is a script of the fake in which all calls go the same way.
func everyCall(s providertest.Step) func(int, providers.Request) providertest.Step {
	return func(int, providers.Request) providertest.Step { return s }
}

// broke is a provider's error.
func broke(c providers.Class, b providers.Billed) *providers.Error {
	return &providers.Error{Class: c, Billed: b}
}

// held is a fake whose calls are not answered before open is called.
func held(name string) (f *providertest.Fake, open func()) {
	m := providertest.FakeModel(name)
	m.Timeout = 2 * time.Minute
	answer := make(chan struct{})
	f = providertest.NewFake(name, m)
	f.Script(everyCall(providertest.Step{Until: answer}))
	return f, sync.OnceFunc(func() { close(answer) })
}

// calls counts what the fake was asked for a prompt, and what it charged for.
func calls(f *providertest.Fake, prompt string) (asked, billed int) {
	for _, c := range f.Calls() {
		if c.Request.Prompt == prompt {
			asked++
			if c.Billed {
				billed++
			}
		}
	}
	return asked, billed
}

// attempt waits for the k-th call of a prompt, counted from one, and returns its attempt.
func attempt(t testing.TB, f *providertest.Fake, prompt string, k int) string {
	t.Helper()
	var id string
	within(t, 30*time.Second, "the call does not come", func() bool {
		n := 0
		for _, c := range f.Calls() {
			if c.Request.Prompt == prompt {
				if n++; n == k {
					id = c.Request.AttemptID
				}
			}
		}
		return id != ""
	})
	return id
}

// within polls until done, or fails the test.
func within(t testing.TB, limit time.Duration, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience * limit); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %s: %s", limit, what)
		}
	}
}

// withinChat is within for what a chat has to show.
func (w *world) withinChat(p *telegramtest.Person, limit time.Duration, what string, done func() bool) {
	w.t.Helper()
	for end := time.Now().Add(patience * limit); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("after %s: %s; the chat:\n%s", limit, what, w.tg.Transcript(p))
		}
	}
}

// after is the first message of the bot behind another one that has these words.
func (w *world) after(p *telegramtest.Person, id int64, words string) telegramtest.Message {
	w.t.Helper()
	return w.waitFor(p, 40*time.Second, func(m telegramtest.Message) bool {
		return m.FromBot() && m.MessageID > id && strings.Contains(m.Content(), words)
	})
}

// told counts the messages of the bot that have these words.
func told(p *telegramtest.Person, words string) (n int) {
	for _, m := range p.Messages() {
		if m.FromBot() && !m.Deleted && strings.Contains(m.Content(), words) {
			n++
		}
	}
	return n
}

// press presses a button and returns the answer.
func (w *world) press(p *telegramtest.Person, m telegramtest.Message, label string) telegramtest.CallbackResult {
	w.t.Helper()
	pressed, err := p.Press(m.MessageID, label)
	if err != nil {
		w.t.Fatal(err)
	}
	return pressed.Must(w.t)
}

// end is how the generations of a person are to have ended.
type end struct {
	status  storage.Status
	reason  storage.Reason
	balance int64
}

// ended fails the test unless the one generation of a person ended so.
func (w *world) ended(s *storage.Store, p *telegramtest.Person, want end) storage.Generation {
	w.t.Helper()
	all := w.settled(s, p, time.Minute)
	if len(all) != 1 || all[0].Status != want.status || all[0].Reason != want.reason {
		w.t.Errorf("generations: %s; want one %s/%s", describe(all), want.status, want.reason)
	}
	w.balance(s, p, want.balance)
	return all[0]
}

// balance fails the test unless the person has exactly so many credits and none held, and every invariant holds.
func (w *world) balance(s *storage.Store, p *telegramtest.Person, posted int64) {
	w.t.Helper()
	if acc := w.books(s, p); acc != (storage.Account{Posted: posted}) {
		w.t.Errorf("account: %+v, want %d and nothing held", acc, posted)
	}
}

// metric reads the sum of a counter from the program's own page.
func metric(t testing.TB, a *app.App, name string) (sum float64) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+a.AdminAddr+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines, found := bufio.NewScanner(resp.Body), false
	for lines.Scan() {
		series, value, ok := strings.Cut(lines.Text(), " ")
		if base, _, _ := strings.Cut(series, "{"); !ok || base != name {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum, found = sum+n, true
	}
	if !found {
		t.Fatalf("there is no metric %s: %v", name, lines.Err())
	}
	return sum
}

// losses is the metric of what was paid to providers for nothing, in micro-dollars.
const losses = "imagika_provider_loss_microdollars_total"

// breakS3 puts a line in front of the object store; before start.
func (w *world) breakS3() *apptest.Line {
	b := apptest.NewLine(w.t, w.env["IMAGIKA_S3_ENDPOINT"])
	w.env["IMAGIKA_S3_ENDPOINT"] = b.Addr
	return b
}

// breakPostgres puts one in front of both databases. The test's own store goes past it, so open it first.
func (w *world) breakPostgres() *apptest.Line {
	w.t.Helper()
	var b *apptest.Line
	for _, name := range []string{"IMAGIKA_DATABASE_URL", "IMAGIKA_KEYS_DATABASE_URL"} {
		u, err := url.Parse(w.env[name])
		if err != nil {
			w.t.Fatal(err)
		}
		if b == nil {
			b = apptest.NewLine(w.t, u.Host)
		}
		u.Host = b.Addr
		w.env[name] = u.String()
	}
	return b
}

// newest is a person's generations, oldest first, whatever became of them.
func (w *world) newest(s *storage.Store, p *telegramtest.Person) []storage.Generation {
	w.t.Helper()
	who, err := s.PersonByTelegram(w.t.Context(), p.ID(), "en")
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := s.History(w.t.Context(), who.ID, "", 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(all)
	return all
}
