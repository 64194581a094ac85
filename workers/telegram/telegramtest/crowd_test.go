package telegramtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestNothingIsDeduped sends the same call twice, as a bot that lost an answer would.
func TestNothingIsDeduped(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	for range 2 {
		do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "once?"})
	}
	if n := len(ann.Messages()); n != 3 {
		t.Errorf("Ann has %d messages, want her own and two of the bot", n)
	}
}

// TestCrowd lets many people write at once while a bot polls, echoes and confirms:
// every text is heard once, in the order of its writer, and answered once.
func TestCrowd(t *testing.T) {
	t.Parallel()
	const people, texts = 10, 20
	s := NewTest(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	heard := map[int64][]string{}
	var bot sync.WaitGroup
	bot.Go(func() {
		var offset int64
		for n := 0; n < people*texts && ctx.Err() == nil; {
			for _, u := range pollOnce(t, s, params{"offset": offset, "timeout": 5}) {
				id := u.Message.From.ID
				heard[id] = append(heard[id], u.Message.Text)
				do(t, s, "sendMessage", params{"chat_id": id, "text": u.Message.Text})
				offset = u.UpdateID + 1
				n++
			}
		}
	})
	var crowd []*Person
	var writers sync.WaitGroup
	for range people {
		p := s.Person(PersonConfig{})
		crowd = append(crowd, p)
		writers.Go(func() {
			for i := range texts {
				p.Text(fmt.Sprintf("text %d", i))
				p.Messages()
			}
		})
	}
	writers.Wait()
	bot.Wait()
	for _, p := range crowd {
		for i := range texts {
			if got := heard[p.ID()]; len(got) != texts || got[i] != fmt.Sprintf("text %d", i) {
				t.Fatalf("the bot heard %q", got)
			}
		}
		if n := len(p.Messages()); n != 2*texts {
			t.Errorf("a chat has %d messages, want %d", n, 2*texts)
		}
	}
}
