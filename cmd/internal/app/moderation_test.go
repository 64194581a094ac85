package app_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// A moderator is asked about the request before it is painted and about every result before it is shown. Nothing is charged
// for what it holds back, and one that does not answer stops nothing.
func TestModerator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	fake := providertest.NewFake("fake")
	var hold, looks atomic.Int64 // results to hold back, and those that were looked at
	fake.ScriptModeration(func(text string, pictures int) ([]providers.Category, error) {
		switch {
		case strings.Contains(text, "silent"):
			return nil, &providers.Error{Provider: "fake", Class: providers.Transient, Billed: providers.BilledNo}
		case strings.Contains(text, "unwanted"):
			return []providers.Category{providers.Violence}, nil
		case text == "" && pictures == 1:
			looks.Add(1)
			if hold.Add(-1) >= 0 {
				return []providers.Category{providers.Sexual}, nil
			}
		}
		return nil, nil
	})
	w.start(withProvider(fake))
	w.agree(w.person)
	s := w.store()

	last := w.person.Text("an unwanted fox")
	w.after(w.person, last.MessageID, "can’t paint this one")
	if n := len(fake.Calls()); n != 0 {
		t.Errorf("%d calls for a request that was refused", n)
	}
	hold.Store(1)
	w.person.Text("two foxes --n 2")
	w.picture(w.person, "two foxes")
	w.settled(s, w.person, 20*time.Second)
	if acc := w.books(s, w.person); acc.Posted != 19 || looks.Load() != 2 {
		t.Errorf("one of two held back: %+v after %d looks, want 19 and 2", acc, looks.Load())
	}
	hold.Store(1)
	last = w.person.Text("one fox")
	w.after(w.person, last.MessageID, "held back by a safety check")
	w.person.Text("a silent fox")
	w.picture(w.person, "a silent fox")
	w.settled(s, w.person, 20*time.Second)
	if acc := w.books(s, w.person); acc.Posted != 18 {
		t.Errorf("%+v, want 18: for the first of two and for the last", acc)
	}
}

// An operator reads appeals and decides, through the socket of the process that runs; people are told.
func TestModerationDesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	fake := providertest.NewFake("fake")
	w.start(withProvider(fake))
	w.agree(w.person)
	var desk app.Moderation = app.Dial(t.Context(), w.env["IMAGIKA_DATA"])

	last := w.person.Text("a gory fox")
	m := w.after(w.person, last.MessageID, "it is cruel")
	w.press(w.person, m, "🙋 This is a mistake")
	appeals, err := desk.Appeals(t.Context())
	if err != nil || len(appeals) != 1 || appeals[0].Prompt != "a gory fox" || appeals[0].Cause != "gore" {
		t.Fatalf("%+v, %v", appeals, err)
	}
	one, err := desk.Appeal(t.Context(), appeals[0].ID)
	if err != nil || one.Person != appeals[0].Person || one.Status != storage.CaseAppealed {
		t.Errorf("%+v, %v", one, err)
	}
	if err := desk.Decide(t.Context(), storage.By{Who: "ann", Why: "a test"}, one.ID, true); err != nil {
		t.Fatal(err)
	}
	w.after(w.person, m.MessageID, "was a mistake, sorry")
	if err := desk.Decide(t.Context(), storage.By{Who: "ann", Why: "a test"}, one.ID, false); err == nil || !strings.Contains(err.Error(), "no appeal") {
		t.Errorf("decided twice: %v", err)
	}
	w.person.Text("a gory fox")
	w.picture(w.person, "a gory fox")

	v, err := desk.Ban(t.Context(), storage.By{Who: "ann", Why: "a test"}, one.Person, time.Hour, "Be kind & calm.")
	if err != nil || v.Banned.IsZero() || v.Weight != 0 {
		t.Errorf("%+v, %v", v, err)
	}
	ban := w.after(w.person, last.MessageID, "Be kind & calm.")
	w.press(w.person, ban, "🙋 This is a mistake")
	last = w.person.Text("a fox")
	w.after(w.person, last.MessageID, "the people who run this bot decided so")
	if err := desk.Decide(t.Context(), storage.By{Who: "ann", Why: "a test"}, v.Case, false); err != nil {
		t.Fatal(err)
	}
	w.after(w.person, last.MessageID, "ban again, and it stays until")
	if _, err = desk.Unban(t.Context(), storage.By{Who: "ann", Why: "a test"}, one.Person); err != nil {
		t.Fatal(err)
	}
	lifted := w.after(w.person, last.MessageID, "I paint for you again")
	w.person.Text("a calm fox")
	w.after(w.person, lifted.MessageID, "a calm fox")
	if _, err := desk.Unban(t.Context(), storage.By{Who: "ann", Why: "a test"}, one.Person); err == nil || !strings.Contains(err.Error(), "not banned") {
		t.Errorf("lifted twice: %v", err)
	}
	if _, err := desk.Standing(t.Context(), "0123456789abcdef"); err == nil || !strings.Contains(err.Error(), "no person") {
		t.Errorf("a stranger: %v", err)
	}
	acts, err := w.store().Acts(t.Context(), storage.ActFilter{Who: "ann"})
	if err != nil || len(acts) != 4 || acts[0].What != "unban" || acts[0].Why != "a test" || acts[3].Who != "ann" || acts[3].Object != one.ID {
		t.Errorf("%+v, %v", acts, err)
	}
	w.tendQueues(app.Dial(t.Context(), w.env["IMAGIKA_DATA"]))
}

// tendQueues is what an operator does to the queues of a process, through its socket.
func (w *world) tendQueues(q app.Queues) {
	w.t.Helper()
	ctx := w.t.Context()
	for _, paused := range []bool{true, false} {
		if err := q.Pause(ctx, queue.QueueBulk, paused); err != nil {
			w.t.Fatal(err)
		}
		all, err := q.Queues(ctx)
		i := slices.IndexFunc(all, func(v app.QueueView) bool { return v.Queue == queue.QueueBulk })
		if err != nil || len(all) != len(queue.Queues()) || i < 0 || all[i].Paused != paused {
			w.t.Errorf("paused %v: %+v, %v", paused, all, err)
		}
	}
	if all, err := q.Archived(ctx, queue.QueueDeliver, 10); err != nil || len(all) != 0 {
		w.t.Errorf("archived %+v, %v", all, err)
	}
	if n, err := q.Unarchive(ctx, queue.QueueDeliver, "", true); err != nil || n != 0 {
		w.t.Errorf("%d run again, %v", n, err)
	}
	for _, err := range []error{q.Pause(ctx, "nothing", true), q.Again(ctx, []byte("nonsense"))} {
		if !errors.As(err, new(*workers.OperatorError)) {
			w.t.Errorf("a mistake of the operator's is %v", err)
		}
	}
	update := fmt.Sprintf(`{"update_id":900001,"message":{"message_id":900001,"date":%d,"text":"a lost fox","chat":{"id":%d,"type":"private"},`+
		`"from":{"id":%d,"is_bot":false,"first_name":"Ada","language_code":"en"}}}`, time.Now().Unix(), w.person.ID(), w.person.ID())
	if err := q.Again(ctx, []byte(update)); err != nil {
		w.t.Fatal(err)
	}
	w.picture(w.person, "a lost fox")
}
