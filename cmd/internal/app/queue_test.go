package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// has waits for a message of the bot that shows all these words.
func (w *world) has(p *telegramtest.Person, words ...string) telegramtest.Message {
	w.t.Helper()
	return w.waitFor(p, 30*time.Second, func(m telegramtest.Message) bool {
		for _, s := range words {
			if !strings.Contains(m.Content(), s) {
				return false
			}
		}
		return m.FromBot() && !m.Deleted
	})
}

// pressed presses a button and checks what shows for a moment.
func (w *world) pressed(p *telegramtest.Person, m telegramtest.Message, label, toast string) {
	w.t.Helper()
	if got := w.press(p, m, label); got.Text != toast {
		w.t.Errorf("%s: %q, want %q", label, got.Text, toast)
	}
}

// The list shows what is painted and what waits, and takes each of it back, or all.
func TestQueue(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the whole program")
	}
	w, fake := newWorld(t, onEmbedded), newAsync(time.Minute)
	fake.Script(everyCall(providertest.Step{Polls: -1}))
	w.start(withProvider(fake))
	ada := w.someone("Ada")
	ada.Text("/queue")
	w.has(ada, "nothing is being painted")
	for _, prompt := range []string{"a fox", "an owl", "a bear", "a wolf"} {
		ada.Text(prompt)
	}
	attempt(t, fake, "a fox", 1)
	attempt(t, fake, "an owl", 1)
	w.has(ada, "other pictures come first")
	ada.Text("/queue")
	list := w.has(ada, "1. a fox", "2. an owl", "3. a bear", "4. a wolf", "4\u00a0credits are set aside")
	if !strings.Contains(list.Content(), "being painted") || !strings.Contains(list.Content(), "waiting") {
		t.Errorf("the list: %s", list.Content())
	}
	w.pressed(ada, list, "✖️ 3", "Canceled; 1\u00a0credit is yours again.")
	list = w.has(ada, "3. a wolf", "3\u00a0credits are set aside")
	w.pressed(ada, list, "✖️ Cancel all", "")
	w.withinChat(ada, 20*time.Second, "it does not ask", func() bool { return offers(ada, list.MessageID, "Yes, cancel all") })
	w.pressed(ada, list, "No, keep them", "")
	w.withinChat(ada, 20*time.Second, "the list is not back", func() bool { return offers(ada, list.MessageID, "✖️ Cancel all") })
	w.pressed(ada, list, "✖️ Cancel all", "")
	w.withinChat(ada, 20*time.Second, "it does not ask again", func() bool { return offers(ada, list.MessageID, "Yes, cancel all") })
	w.pressed(ada, list, "Yes, cancel all", "Canceled; 1\u00a0credit is yours again.") // and two are asked for
	s := w.store()
	for _, g := range w.settled(s, ada, 30*time.Second) {
		if g.Status != storage.StatusCanceled {
			t.Errorf("%s ended as %s/%s", g.Request.Prompt, g.Status, g.Reason)
		}
	}
	w.balance(s, ada, 20)
	if n := fake.Billed(); n != 0 {
		t.Errorf("%d calls billed", n)
	}
	w.withinChat(ada, 30*time.Second, "not every status says so", func() bool { return told(ada, "Canceled. 1\u00a0credit is yours again") == 4 })
}

// offers reports whether a message has a button.
func offers(p *telegramtest.Person, id int64, label string) bool {
	for _, m := range p.Messages() {
		if _, ok := m.Button(label); ok && m.MessageID == id {
			return true
		}
	}
	return false
}

// Who cannot stop what is painted is told so, and what it costs; what waits out a cooldown is canceled at once. A painter that
// fails is no secret.
func TestCancelTells(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the whole program")
	}
	w, fake := newWorld(t, onEmbedded), providertest.NewFake("fake")
	limited := broke(providers.RateLimited, providers.BilledNo)
	limited.Wait, limited.Scope = time.Minute, providers.ScopeCall
	plan{
		"a fox": always(providertest.Step{Latency: 5 * time.Second}),
		"a owl": always(providertest.Step{Err: limited}),
		"a bee": func(k int) providertest.Step {
			if k == 0 {
				return providertest.Step{Err: broke(providers.Transient, providers.BilledNo)}
			}
			return providertest.Step{Latency: 6 * time.Second}
		},
	}.follow(fake)
	w.start(withProvider(fake))
	ada, eve, bob := w.someone("Ada"), w.someone("Eve"), w.someone("Bob")
	ada.Text("a fox")
	eve.Text("a owl")
	bob.Text("a bee")
	attempt(t, fake, "a fox", 1)
	ada.Text("/cancel")
	w.has(ada, "Too late to cancel", "costs 1\u00a0credit")
	attempt(t, fake, "a owl", 1)
	status := w.waitFor(eve, 20*time.Second, cancelable)
	began := time.Now()
	w.press(eve, status, "✖️ Cancel")
	w.has(eve, "Canceled. 1\u00a0credit is yours again")
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("canceling what waits took %v", took)
	}
	w.has(bob, "🎨 fake is painting", "The first painter failed")
	w.picture(ada, "a fox")
	w.picture(bob, "a bee")
	s := w.store()
	w.balance(s, eve, 20)
	w.balance(s, ada, 19)
	w.balance(s, bob, 19)
}
