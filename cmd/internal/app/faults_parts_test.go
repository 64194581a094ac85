package app_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
)

// parted is a fake whose model makes one image a call.
func parted(m providers.Model, timeout time.Duration) *providertest.Fake {
	m.MaxCount, m.Timeout = 1, timeout
	return providertest.NewFake("fake", m)
}

// nth is a plan for the k-th call, counted from zero; the others succeed.
func nth(k int, s providertest.Step) func(int) providertest.Step {
	return func(i int) providertest.Step {
		if i == k {
			return s
		}
		return providertest.Step{}
	}
}

func delivered(balance int64) end {
	return end{storage.StatusDelivered, storage.ReasonNone, balance}
}

// TestParts: a generation of more images than its model makes in a call is made of several. What there is in the end is
// delivered, and only that is paid.
func TestParts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the whole program")
	}
	fake := parted(providertest.FakeModel("fake"), time.Minute)
	input := broke(providers.Rejected, providers.BilledNo)
	input.Stage = "input"
	newWorld(t, onEmbedded).tryRows(fake, fake, []providerRow{
		{prompt: "three owls", flags: " --n 3", calls: always(providertest.Step{}), end: delivered(17), asked: 3, billed: 3},
		{prompt: "one fails at first", flags: " --n 3", calls: nth(1, providertest.Step{Err: broke(providers.Transient, providers.BilledNo)}), end: delivered(17), asked: 4, billed: 3},
		{prompt: "the last is refused", flags: " --n 3", calls: nth(2, providertest.Step{Err: input}), end: delivered(18), asked: 3, billed: 2},
		{
			prompt: "the second is lost", flags: " --n 4", end: delivered(19), asked: 2, billed: 2, lost: 1,
			calls: nth(1, providertest.Step{LoseAnswer: true}),
		},
		{
			prompt: "the first is refused", flags: " --n 2", calls: nth(0, providertest.Step{Err: input}), asked: 1,
			end: end{storage.StatusRefused, storage.ReasonInput, 20}, say: "Nothing was charged",
		},
	})
}

// TestPartsInTurn: the same where each call is asked about until it is done. What comes late is free.
func TestPartsInTurn(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the whole program")
	}
	fake := parted(providertest.FakeAsyncModel("fake"), 6*time.Second)
	newWorld(t, onEmbedded).tryRows(fake, fake, []providerRow{
		{prompt: "three owls", flags: " --n 3", calls: always(providertest.Step{Polls: 1}), end: delivered(17), asked: 3, billed: 3},
		{
			prompt: "the last never ends", flags: " --n 2", end: delivered(19), asked: 2, billed: 2,
			calls: nth(1, providertest.Step{Polls: -1}),
		},
	})
}

// TestKilledBetweenParts: what an earlier call made is neither made nor paid again.
func TestKilledBetweenParts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and restarts processes")
	}
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_CATALOGUE"] = filepath.Join(t.TempDir(), "models.yaml")
	book := `models: [{name: one, title: {en: One}, price: [{credits: 1}], routes: [{provider: local, model: local, can: {count: 1, sizes: [256x256]}}]}]`
	if err := os.WriteFile(w.env["IMAGIKA_CATALOGUE"], []byte(book), 0o600); err != nil {
		t.Fatal(err)
	}
	victim := w.spawn("kill:part:2")
	w.agree(w.person)
	w.person.Text("a boat at sea --n 3 --seed 5")
	victim.Died(t)
	w.spawn("")
	w.picture(w.person, "a boat at sea")
	s := w.store()
	all := w.settled(s, w.person, time.Minute)
	attempts, err := s.Attempts(t.Context(), all[0].ID)
	if err != nil || len(attempts) != 3 {
		t.Errorf("%d calls, %v; want 3", len(attempts), err)
	}
	images, err := s.Images(t.Context(), all[0].ID, true)
	if err != nil || len(images) != 3 || images[2].Seed != 7 {
		t.Errorf("images %+v, %v; want 3 with seeds 5, 6 and 7", images, err)
	}
	if acc := w.books(s, w.person); acc != (storage.Account{Posted: 17}) {
		t.Errorf("account %+v", acc)
	}
	w.withinChat(w.person, 30*time.Second, "not three pictures, once the preview is gone", func() bool { return pictures(w.person) == 3 })
}
