package telegramtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// poll fetches updates.
func pollOnce(t *testing.T, s *Server, p params) (us []Update) {
	t.Helper()
	do(t, s, "getUpdates", p).into(t, &us)
	return us
}

func ids(us []Update) (out []int64) {
	for _, u := range us {
		out = append(out, u.UpdateID)
	}
	return out
}

// waitPolling returns when a long poll is waiting in the server.
func waitPolling(t *testing.T, s *Server, generation int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		s.mu.Lock()
		at := s.poll.generation
		s.mu.Unlock()
		if at >= generation {
			return
		}
	}
	t.Fatal("nobody polls")
}

func TestGetUpdatesConfirmsByOffset(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	for _, text := range []string{"a", "b", "c"} {
		ann.Text(text)
	}
	all := pollOnce(t, s, nil)
	if len(all) != 4 {
		t.Fatalf("got %d updates, want 4", len(all))
	}
	if again := pollOnce(t, s, nil); !cmp.Equal(ids(all), ids(again)) {
		t.Errorf("unconfirmed updates changed: %v, then %v", ids(all), ids(again))
	}
	if got := pollOnce(t, s, params{"offset": all[1].UpdateID + 1, "limit": 1}); !cmp.Equal(ids(got), ids(all[2:3])) {
		t.Errorf("after confirming two, limit 1: %v, want %v", ids(got), ids(all[2:3]))
	}
	if got := s.PendingUpdates(); !cmp.Equal(got, ids(all[2:])) {
		t.Errorf("pending %v, want %v", got, ids(all[2:]))
	}
	if got := pollOnce(t, s, params{"offset": -1}); !cmp.Equal(ids(got), ids(all[3:])) {
		t.Errorf("offset -1: %v, want the last", ids(got))
	}
	if got := pollOnce(t, s, params{"offset": all[3].UpdateID + 1}); len(got) != 0 {
		t.Errorf("all confirmed, got %v", ids(got))
	}
}

func TestGetUpdatesHolds(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	first := pollOnce(t, s, nil)
	got := make(chan []Update)
	go func() { got <- pollOnce(t, s, params{"offset": first[0].UpdateID + 1, "timeout": 20}) }()
	waitPolling(t, s, 2)
	ann.Text("now")
	if us := <-got; len(us) != 1 || us[0].Message.Text != "now" {
		t.Errorf("the poll returned %+v", us)
	}
}

func TestSecondPollerEndsTheFirst(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	first := make(chan answer)
	go func() { first <- do(t, s, "getUpdates", params{"timeout": 20}) }()
	waitPolling(t, s, 1)
	second := make(chan answer)
	go func() { second <- do(t, s, "getUpdates", params{"timeout": 20}) }()
	if a := <-first; a.Code != 409 || a.Description != wordsOtherPoller {
		t.Errorf("the first poller heard %d %q", a.Code, a.Description)
	}
	do(t, s, "setWebhook", params{"url": "http://127.0.0.1:1/"})
	if a := <-second; a.Code != 409 || a.Description != wordsNewWebhook {
		t.Errorf("the second poller heard %d %q", a.Code, a.Description)
	}
	if a := do(t, s, "getUpdates", nil); a.Code != 409 || a.Description != wordsWebhook {
		t.Errorf("with a webhook, getUpdates answered %d %q", a.Code, a.Description)
	}
	do(t, s, "deleteWebhook", nil)
	if a := do(t, s, "getUpdates", nil); !a.OK {
		t.Errorf("without a webhook, getUpdates answered %q", a.Description)
	}
}

func TestAllowedUpdatesAreRemembered(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	kinds := func() (out []string) {
		us := pollOnce(t, s, params{"allowed_updates": []string{"message", "callback_query"}})
		for _, u := range us {
			kind, _ := u.kind()
			out = append(out, kind)
		}
		return out
	}
	ann.Block() // the default set has my_chat_member
	if diff := cmp.Diff([]string{"message", "my_chat_member"}, kinds()); diff != "" {
		t.Errorf("before the list (-want +got):\n%s", diff)
	}
	ann.Unblock()
	if diff := cmp.Diff([]string{"message", "my_chat_member"}, kinds()); diff != "" {
		t.Errorf("with the list (-want +got):\n%s", diff)
	}
	pollOnce(t, s, params{"allowed_updates": []string{}})
	ann.Block()
	if got := len(pollOnce(t, s, nil)); got != 3 {
		t.Errorf("an empty list is the default set: %d updates, want 3", got)
	}
}

func TestUpdatesExpire(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "menu", "reply_markup": rows(1, "d")}).message(t)
	press, err := ann.Press(m.MessageID, "1")
	if err != nil {
		t.Fatal(err)
	}
	s.Advance(151 * time.Second)
	if us := pollOnce(t, s, nil); len(us) != 1 || us[0].Message == nil {
		t.Errorf("after 151 s: %+v, want only the message", us)
	} else if diff := cmp.Diff([]int64{us[0].UpdateID + 1}, s.StaleUpdates()); diff != "" {
		t.Errorf("given up (-want +got):\n%s", diff)
	}
	if a := do(t, s, "answerCallbackQuery", params{"callback_query_id": press.ID()}); a.Description != "Bad Request: "+wordsQueryOld {
		t.Errorf("an old query was answered: %q", a.Description)
	}
	s.Advance(24 * time.Hour)
	if us := pollOnce(t, s, nil); len(us) != 0 {
		t.Errorf("after a day: %v", ids(us))
	}
	if stale := s.StaleUpdates(); len(stale) != 1 {
		t.Errorf("what the bot was given counts as given up: %v", stale)
	}
}

func TestEachKindHasItsLife(t *testing.T) {
	t.Parallel()
	s, ann := inlineServer(t)
	pay, err := ann.PayLink(link(t, s, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ann.PressData(1, "x"); err != nil {
		t.Fatal(err)
	}
	a := offered(t, s, ann, "fox", article("a", "fox", nil))
	if _, err := ann.Choose(a.QueryID, "a"); err != nil {
		t.Fatal(err)
	}
	waiting := func() (kinds []string) {
		for _, u := range pollOnce(t, s, nil) {
			kind, _ := u.kind()
			kinds = append(kinds, kind)
		}
		return kinds
	}
	for _, step := range []struct {
		to   time.Duration
		want []string
	}{
		{29 * time.Second, []string{"message", "pre_checkout_query", "callback_query", "inline_query", "message", "chosen_inline_result"}},
		{31 * time.Second, []string{"message", "pre_checkout_query", "callback_query", "message", "chosen_inline_result"}},
		{151 * time.Second, []string{"message", "message", "chosen_inline_result"}},
		{601 * time.Second, []string{"message", "message"}},
		{25 * time.Hour, nil},
	} {
		s.Advance(step.to - s.Now().Sub(s.started))
		if diff := cmp.Diff(step.want, waiting()); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", step.to, diff)
		}
	}
	if _, err := pay.Wait(t.Context()); err == nil {
		t.Error("a payment nobody answered went through")
	}
}

func TestUpdateIDsJump(t *testing.T) {
	t.Parallel()
	for _, to := range []int64{5_000, 2_000_000_000} {
		s, ann := started(t)
		offset := pollOnce(t, s, nil)[0].UpdateID + 1
		pollOnce(t, s, params{"offset": offset})
		s.JumpUpdateIDs(to)
		ann.Text("after")
		us := pollOnce(t, s, params{"offset": offset})
		if len(us) != 1 || us[0].UpdateID != to {
			t.Fatalf("jump to %d: polling the old offset gave %v", to, ids(us))
		}
		if us = pollOnce(t, s, params{"offset": to + 1}); len(us) != 0 {
			t.Errorf("jump to %d: the new offset confirms nothing: %v", to, ids(us))
		}
	}
}

func TestRedeliver(t *testing.T) {
	t.Parallel()
	s, _ := started(t)
	us := pollOnce(t, s, nil)
	offset := us[0].UpdateID + 1
	pollOnce(t, s, params{"offset": offset})
	if !s.Redeliver(us[0].UpdateID) || s.Redeliver(1) {
		t.Error("Redeliver knows the wrong updates")
	}
	if again := pollOnce(t, s, params{"offset": offset}); !cmp.Equal(us, again) {
		t.Errorf("redelivered %+v, want %+v", again, us)
	}
	if again := pollOnce(t, s, params{"offset": offset}); len(again) != 0 {
		t.Errorf("redelivered a second time: %v", ids(again))
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	s := NewTest(t, Options{Throttle: true})
	ann := s.Person(PersonConfig{})
	ann.Text("a")
	ann.Text("b")
	if got := len(pollOnce(t, s, nil)); got != 2 {
		t.Fatalf("first poll: %d updates, want 2", got)
	}
	if got := len(pollOnce(t, s, nil)); got != 1 {
		t.Errorf("the same offset at once: %d updates, want 1", got)
	}
}
