package telegramtest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFaultKindsAreDescribed(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	var kinds []FaultKind
	for _, k := range FaultKinds() {
		if k.Name == "" || k.Description == "" || slices.Contains(kinds, k.Kind) || k.Updates != (Fault{Kind: k.Kind}).updates() {
			t.Errorf("kind %+v", k)
		}
		kinds = append(kinds, k.Kind)
		s.Fault(Fault{Kind: k.Kind, Method: "nothing", Times: 2})
	}
	active := s.Faults()
	for i, a := range active {
		if a.ID != i+1 || a.Fault.Kind != kinds[i] || a.Remaining != 2 || a.Fired != 0 {
			t.Errorf("fault %d is listed as %+v", i, a)
		}
	}
	if len(active) != len(kinds) {
		t.Errorf("%d faults in force, want %d", len(active), len(kinds))
	}
}

func TestFaultsComeToAnEnd(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	send := func() int {
		return do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x"}).Code
	}
	s.Fault(Fault{Method: "sendMessage", Code: 429, RetryAfter: 5, For: 5 * time.Second})
	endless := s.Fault(Fault{Method: "getChat"})
	if got := s.Faults(); len(got) != 2 || got[0].Remaining != -1 || got[0].Ends.IsZero() || !got[1].Ends.IsZero() {
		t.Errorf("in force: %+v", got)
	}
	if got := send(); got != 429 {
		t.Errorf("during the fault: %d, want 429", got)
	}
	s.Advance(5 * time.Second)
	if got := send(); got != 0 {
		t.Errorf("after its time the fault still answers %d", got)
	}
	if got := s.Faults(); len(got) != 1 || got[0].ID != endless.ID() {
		t.Errorf("in force: %+v, want the endless one", got)
	}
	if !s.RemoveFault(endless.ID()) || s.RemoveFault(endless.ID()) || len(s.Faults()) != 0 {
		t.Error("RemoveFault ends a fault once")
	}
	var fired []string
	for _, e := range s.Events(0) {
		if e.Kind == EventFault {
			fired = append(fired, string(e.Fault)+" "+e.Text)
		}
	}
	if diff := cmp.Diff([]string{"refuse sendMessage"}, fired); diff != "" {
		t.Errorf("fault events (-want +got):\n%s", diff)
	}
}

func TestUpdatesTwice(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	s.Fault(Fault{Kind: DuplicateUpdates, Method: "message", Contains: "again", Times: 1})
	for _, text := range []string{"once", "again", "again"} {
		ann.Text(text)
	}
	var heard []string
	offset := int64(0)
	for range 4 {
		for _, u := range pollOnce(t, s, params{"offset": offset}) {
			heard = append(heard, u.Message.Text)
			offset = u.UpdateID + 1
		}
	}
	if diff := cmp.Diff([]string{"/start", "once", "again", "again", "again"}, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

func TestWebhookTwice(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	h := &hook{}
	newHook(t, s, h)
	s.Fault(Fault{Kind: DuplicateUpdates, Times: 1})
	ann := s.Person(PersonConfig{})
	ann.Text("a")
	first, second := next(t, h), next(t, h)
	if first.UpdateID != second.UpdateID {
		t.Errorf("updates %d and %d, want the same twice", first.UpdateID, second.UpdateID)
	}
	ann.Text("b")
	if u := next(t, h); u.Message.Text != "b" {
		t.Errorf("then came %+v", u.Message)
	}
}

func TestWebhooksOutOfOrder(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	h := &hook{}
	newHook(t, s, h)
	ann := s.Person(PersonConfig{})
	s.Fault(Fault{Kind: ReorderWebhooks, ChatID: ann.ID(), Times: 1, Delay: 300 * time.Millisecond})
	ann.Text("first")
	ann.Text("second")
	for _, want := range []string{"second", "first"} {
		if u := next(t, h); u.Message.Text != want {
			t.Errorf("delivered %q, want %q", u.Message.Text, want)
		}
	}
}

func TestIDsJump(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	before := pollOnce(t, s, nil)[0].UpdateID
	h := s.Fault(Fault{Kind: JumpIDs, Times: 1})
	ann.Text("a")
	ann.Text("b")
	us := pollOnce(t, s, params{"offset": before + 1})
	if len(us) != 2 || us[0].UpdateID == before+1 || us[1].UpdateID != us[0].UpdateID+1 || h.Fired() != 1 {
		t.Errorf("after %d: %v", before, ids(us))
	}
}
