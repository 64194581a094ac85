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
	start := time.Now()
	s := NewTest(t, Options{FloodLimits: true, Clock: func() time.Time { return start }})
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

// TestFloodLimitsCountMessages checks what counts and how much: albums as their
// messages, edits as sends, the rest not at all; groups have their own pace.
func TestFloodLimitsCountMessages(t *testing.T) {
	t.Parallel()
	start := time.Now()
	s := NewTest(t, Options{FloodLimits: true, Clock: func() time.Time { return start }})
	ann := s.Person(PersonConfig{})
	ann.Start("")
	group := s.Group("Foxes", ann)
	photo := ann.Photo(picture(t, 9, 9), "").FileIDs()[0]
	album := params{"chat_id": ann.ID(), "media": []params{{"type": "photo", "media": photo}, {"type": "photo", "media": photo}, {"type": "photo", "media": photo}}}
	var ms []Message
	do(t, s, "sendMediaGroup", album).into(t, &ms)
	edit := params{"chat_id": ann.ID(), "message_id": ms[0].MessageID, "caption": "a fox"}
	if a := do(t, s, "editMessageCaption", edit); a.Code != 429 {
		t.Errorf("an edit right after an album of three answered %d", a.Code)
	}
	for method, p := range map[string]params{
		"sendChatAction": {"chat_id": ann.ID(), "action": "typing"}, "sendMessageDraft": {"chat_id": ann.ID(), "draft_id": 1, "text": "x"},
		"deleteMessage": {"chat_id": ann.ID(), "message_id": ms[1].MessageID},
	} {
		if a := do(t, s, method, p); !a.OK {
			t.Errorf("%s was paced: %s", method, a.Description)
		}
	}
	s.Advance(time.Second)
	if a := do(t, s, "editMessageCaption", edit); !a.OK {
		t.Errorf("a second later: %s", a.Description)
	}
	s.Advance(time.Minute)
	for i := range 21 {
		a := do(t, s, "sendMessage", params{"chat_id": group.ID(), "text": "x"})
		if want := i < 20; a.OK != want || !want && a.Parameters.RetryAfter != 3 {
			t.Fatalf("message %d of a minute in a group answered %d, retry after %d", i+1, a.Code, a.Parameters.RetryAfter)
		}
	}
}
