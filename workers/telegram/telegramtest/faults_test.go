package telegramtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		fault  Fault
		effect bool // the message is sent although the client has no good answer
		want   string
	}{
		{"refuse", Fault{Code: 429, RetryAfter: 7}, false, "Too Many Requests: retry after 7"},
		{"migrate", Fault{Code: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat", MigrateTo: -5}, false, "Bad Request: group chat was upgraded to a supergroup chat"},
		{"refuse plainly", Fault{}, false, "Internal Server Error"},
		{"drop before read", Fault{Kind: DropBeforeRead}, false, "EOF"},
		{"drop after effect", Fault{Kind: DropAfterEffect}, true, "EOF"},
		{"html", Fault{Kind: HTML502}, false, "invalid character '<'"},
		{"html after effect", Fault{Kind: HTML502, AfterEffect: true}, true, "invalid character '<'"},
		{"empty", Fault{Kind: EmptyOK}, false, "EOF"},
		{"slow", Fault{Kind: Slow, Delay: 20 * time.Millisecond}, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, ann := started(t)
			tt.fault.Method, tt.fault.Times = "sendMessage", 1
			h := s.Fault(tt.fault)
			send := func() string {
				a, err := tryPost(t, s, "sendMessage", "application/json", strings.NewReader(`{"text":"x","chat_id":"`+itoa(ann.ID())+`"}`))
				if err != nil {
					return err.Error()
				}
				if a.Parameters.RetryAfter != tt.fault.RetryAfter || a.Parameters.MigrateTo != tt.fault.MigrateTo {
					t.Errorf("parameters %+v", a.Parameters)
				}
				return a.Description
			}
			if got := send(); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("the client saw %q, want %q", got, tt.want)
			}
			if sent := len(ann.Messages()) == 2; sent != tt.effect {
				t.Errorf("sent: %v, want %v", sent, tt.effect)
			}
			if h.Fired() != 1 {
				t.Errorf("fired %d times", h.Fired())
			}
			tt.fault = Fault{}
			if got := send(); got != "" {
				t.Errorf("the second call failed: %q", got)
			}
		})
	}
}

func TestHangEndsWithTheClient(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	h := s.Fault(Fault{Kind: Hang, Method: "sendMessage", AfterEffect: true})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.postUpdate(webhookState{URL: s.URL() + "/bot" + s.Token() + "/sendMessage?text=x&chat_id=" + itoa(ann.ID())}, nil)
		done <- err
	}()
	if err := h.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	go s.Close() // a hanging call does not keep the server
	if err := <-done; err == nil {
		t.Error("a hanging call was answered")
	}
	if len(ann.Messages()) != 2 {
		t.Error("the call had no effect")
	}
}

func TestFaultMatching(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	bob := s.Person(PersonConfig{FirstName: "Bob"})
	bob.Start("")
	s.Fault(Fault{ChatID: bob.ID(), Contains: "fox", Skip: 1, Times: 1})
	removed := s.Fault(Fault{Method: "sendMessage"})
	removed.Remove()
	var got []bool
	for _, p := range []params{
		{"chat_id": ann.ID(), "text": "a fox"},
		{"chat_id": bob.ID(), "text": "a cat"},
		{"chat_id": bob.ID(), "text": "a fox"},
		{"chat_id": bob.ID(), "text": "a fox"},
		{"chat_id": bob.ID(), "text": "a fox"},
	} {
		got = append(got, do(t, s, "sendMessage", p).OK)
	}
	if diff := cmp.Diff([]bool{true, true, true, false, true}, got); diff != "" {
		t.Errorf("calls that passed (-want +got):\n%s", diff)
	}
	calls := s.CallsTo("sendMessage")
	if len(calls) != 5 || calls[3].Fault != Refuse || calls[3].Code != 500 || calls[0].Params["text"] != "a fox" {
		t.Errorf("calls %+v", calls)
	}
}

func TestFloodLimits(t *testing.T) {
	t.Parallel()
	s := NewTest(t, Options{FloodLimits: true})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	send := func() answer { return do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x"}) }
	for range 3 {
		if a := send(); !a.OK {
			t.Fatalf("within the burst: %s", a.Description)
		}
	}
	a := send()
	if a.Code != 429 || a.Parameters.RetryAfter != 1 {
		t.Errorf("beyond the burst: %d, retry after %d", a.Code, a.Parameters.RetryAfter)
	}
	s.Advance(time.Second)
	if a := send(); !a.OK {
		t.Errorf("after the pause: %s", a.Description)
	}
}
