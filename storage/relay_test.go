package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// talk is a conversation of two.
type talk struct {
	*testing.T
	s   *storage.Store
	c   storage.Conversation
	n   int
	two [2]int64
	// looks says that who passes something on has looked at the lane before.
	looks bool
}

func newTalk(t *testing.T, s *storage.Store) *talk {
	t.Helper()
	k := &talk{T: t, s: s}
	for i := range k.two {
		p, err := s.PersonByTelegram(t.Context(), int64(5000+i), "en")
		if err != nil {
			t.Fatal(err)
		}
		k.two[i] = p.ID
		if _, err := s.Enter(t.Context(), storage.Effect{User: p.ID}, storage.Search{ID: fmt.Sprint("s", i), User: p.ID, Lang: "en"}, 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	c, _, err := s.Match(t.Context(), k.two[0], func(context.Context, storage.Conversation, [2]storage.Search) ([]storage.Send, error) {
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	k.c = c
	k.two = [2]int64{c.User, c.Partner}
	return k
}

func (k *talk) key() string { k.n++; return fmt.Sprintf("u%d", k.n) }

// says appends a message of the first of the two.
func (k *talk) says(r storage.NewRelay) storage.RelayLane {
	k.Helper()
	r.User = k.two[0]
	if r.Key == "" {
		r.Key = k.key()
	}
	if r.Kind == "" {
		r.Kind = storage.RelayCopy
	}
	lane, _, err := k.s.AppendRelay(k.Context(), storage.Effect{Update: r.Key, Body: "b", User: r.User}, r)
	if err != nil {
		k.Fatal(err)
	}
	return lane
}

func (k *talk) claim() (storage.RelayClaim, storage.RelayTurn) {
	k.Helper()
	c, next, err := k.s.ClaimRelay(k.Context(), k.c.ID, 0)
	if err != nil {
		k.Fatal(err)
	}
	return c, next
}

// next ends a turn, as sent unless said otherwise.
func (k *talk) next(c storage.RelayClaim, r storage.Relay, end storage.RelayEnd) storage.RelayTurn {
	k.Helper()
	if end.Status == "" {
		end.Status = storage.RelaySent
	}
	next, _, err := k.s.NextRelay(k.Context(), c, r, end)
	if err != nil {
		k.Fatal(err)
	}
	return next
}

func TestRelayLane(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, testRelayLane)
}

// testRelayLane: messages leave in order, each once, and a lane that closes takes tasks of the next epoch.
func testRelayLane(t *testing.T, s *storage.Store) {
	k := newTalk(t, s)
	k.says(storage.NewRelay{Sources: []int64{11}})
	k.says(storage.NewRelay{Sources: []int64{12}, ReplyTo: 11})
	c, first := k.claim()
	if first.Relay == nil || first.Sources[0] != 11 || first.Reply != 0 || c.From.Chat+c.To.Chat != 10001 || c.From.User != k.two[0] {
		t.Fatalf("first turn: %+v of %+v", first, c)
	}
	if _, _, err := s.ClaimRelay(t.Context(), k.c.ID, 0); !errors.Is(err, storage.ErrFenced) {
		t.Errorf("a second claim: %v", err)
	}
	second := k.next(c, *first.Relay, storage.RelayEnd{Targets: []int64{71}})
	if second.Relay == nil || second.Sources[0] != 12 || second.Reply != 71 {
		t.Fatalf("second turn: %+v", second)
	}
	end := k.next(c, *second.Relay, storage.RelayEnd{Targets: []int64{72}})
	if end.Relay != nil || end.More || end.Epoch != 1 {
		t.Fatalf("the end of the lane: %+v", end)
	}
	if lane := k.says(storage.NewRelay{Sources: []int64{13}}); lane.Epoch != 1 || lane.Side != 0 {
		t.Errorf("after the end: %+v", lane)
	}
	if _, _, err := s.NextRelay(t.Context(), c, *second.Relay, storage.RelayEnd{Status: storage.RelaySent}); !errors.Is(err, storage.ErrFenced) && err == nil {
		t.Error("a lane that was given back was worked on")
	}
}

func TestRelayInterrupted(t *testing.T) {
	t.Parallel()
	eachRaw(t, testRelayInterrupted)
}

// testRelayInterrupted: what a claim finds half done is said to be so, and can be sent again by a word of the person, once.
func testRelayInterrupted(t *testing.T, s *storage.Store, raw *sql.DB) {
	k := newTalk(t, s)
	k.says(storage.NewRelay{Sources: []int64{11}})
	k.says(storage.NewRelay{Sources: []int64{12}})
	c, first := k.claim()
	epoch, err := s.PostponeRelay(t.Context(), c, *first.Relay, 0)
	if err != nil || epoch != 1 {
		t.Fatal(epoch, err)
	}
	c, first = k.claim()
	if first.Interrupted {
		t.Error("what was put back counts as interrupted")
	}
	if _, err := raw.ExecContext(t.Context(), `UPDATE conversation_members SET lease_until = 1`); err != nil { // the process died
		t.Fatal(err)
	}
	again, turn := k.claim()
	if turn.Relay == nil || !turn.Interrupted || turn.Sources[0] != 11 {
		t.Fatalf("after a crash: %+v", turn)
	}
	if _, _, err := s.NextRelay(t.Context(), c, *first.Relay, storage.RelayEnd{Status: storage.RelaySent}); !errors.Is(err, storage.ErrFenced) {
		t.Errorf("the claim that was lost: %v", err)
	}
	turn = k.next(again, *turn.Relay, storage.RelayEnd{Status: storage.RelayUncertain})
	if turn.Sources[0] != 12 {
		t.Fatalf("after the uncertain one: %+v", turn)
	}
	k.next(again, *turn.Relay, storage.RelayEnd{Targets: []int64{72}})
	for want := range 2 {
		_, _, err := s.SendRelay(t.Context(), storage.Effect{Update: k.key(), Body: "b", User: k.two[0]}, k.two[0], "u1")
		if want == 0 && err != nil || want == 1 && !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("asked for %d times: %v", want+1, err)
		}
	}
	if _, turn = k.claim(); turn.Sources[0] != 11 || turn.Interrupted {
		t.Errorf("sent again: %+v", turn)
	}
}

func TestRelayAlbum(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, testRelayAlbum)
}

// testRelayAlbum: items are one message, which something else ends at once, and a late one stands alone.
func testRelayAlbum(t *testing.T, s *storage.Store) {
	k := newTalk(t, s)
	item := func(id int64) storage.RelayLane {
		return k.says(storage.NewRelay{Kind: storage.RelayAlbum, Album: "a", Sources: []int64{id}})
	}
	item(11)
	item(12)
	_, turn := k.claim()
	if turn.Relay != nil || !turn.More || turn.Wait <= 0 || turn.Wait > storage.AlbumPause {
		t.Fatalf("an album of which more may come: %+v", turn)
	}
	if lane := k.says(storage.NewRelay{Sources: []int64{13}}); lane.Epoch != turn.Epoch+1 {
		t.Errorf("a message behind an album is enqueued for epoch %d, the waiting task is of %d", lane.Epoch, turn.Epoch)
	}
	key := k.key()
	late := storage.NewRelay{User: k.two[0], Key: key, Kind: storage.RelayAlbum, Album: "a", Sources: []int64{14}}
	if _, _, err := s.AppendRelay(t.Context(), storage.Effect{Update: key, Body: "b", User: k.two[0]}, late); !errors.Is(err, storage.ErrMoved) {
		t.Errorf("a late item: %v", err)
	}
	k.says(storage.NewRelay{Key: key, Sources: []int64{14}})
	c, turn := k.claim()
	var got [][]int64
	for turn.Relay != nil {
		got = append(got, turn.Sources)
		turn = k.next(c, *turn.Relay, storage.RelayEnd{})
	}
	if diff := cmp.Diff([][]int64{{11, 12}, {13}, {14}}, got); diff != "" {
		t.Error(diff)
	}
}

// TestRelayPartly: of what became fewer messages than it was, all are known to be taken back, and none of them is of one message.
func TestRelayPartly(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		k := newTalk(t, s)
		targets := func(kind storage.RelayKind, sources ...int64) []int64 {
			t.Helper()
			k.says(storage.NewRelay{Kind: kind, Sources: sources})
			c, turn := k.claim()
			k.next(c, *turn.Relay, storage.RelayEnd{})
			return turn.Targets
		}
		for _, sends := range [][]storage.Send{nil, {{User: k.two[0], Kind: storage.SendMessage}}} { // in one trip, and in several
			k.says(storage.NewRelay{Sources: []int64{11, 12, 13}})
			c, turn := k.claim()
			k.next(c, *turn.Relay, storage.RelayEnd{Targets: []int64{71, 72}, Sends: sends})
			if got := targets(storage.RelayEdit, 11); got[0] != 0 {
				t.Errorf("an edit finds %v", got)
			}
			if diff := cmp.Diff([]int64{71, 72, 0}, targets(storage.RelayUnsend, 11, 12, 13)); diff != "" {
				t.Error(diff)
			}
			if r, err := s.Relayed(t.Context(), k.two[0], 12); err != nil || !r.Taken {
				t.Errorf("%+v, %v", r, err)
			}
			if got := targets(storage.RelayUnsend, 11, 12, 13); !cmp.Equal(got, []int64{0, 0, 0}) {
				t.Errorf("once more: %v", got)
			}
		}
	})
}

func TestRelayAsked(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, testRelayAsked)
}

// testRelayAsked: what waits for a word is passed by, leaves when it is given, and never when the conversation is over.
func testRelayAsked(t *testing.T, s *storage.Store) {
	k := newTalk(t, s)
	k.says(storage.NewRelay{Sources: []int64{11}, Asked: true})
	k.says(storage.NewRelay{Sources: []int64{12}, Asked: true})
	k.says(storage.NewRelay{Sources: []int64{13}})
	c, turn := k.claim()
	if turn.Sources[0] != 13 {
		t.Fatalf("first out: %+v", turn)
	}
	if err := s.HoldsRelay(t.Context(), c); err != nil {
		t.Error(err)
	}
	effect := func() storage.Effect { return storage.Effect{Update: k.key(), Body: "b", User: k.two[0]} }
	if _, err := s.TakeRelay(t.Context(), effect(), k.two[0], "u2"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SendRelay(t.Context(), effect(), k.two[1], "u1"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the partner sends it: %v", err)
	}
	if _, _, err := s.SendRelay(t.Context(), effect(), k.two[0], "u2"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("what was declined is sent: %v", err)
	}
	if _, err := s.HoldRelay(t.Context(), effect(), k.two[0], "u3"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("what is on its way is held: %v", err)
	}
	if _, _, err := s.SendRelay(t.Context(), effect(), k.two[0], "u1"); err != nil {
		t.Fatal(err)
	}
	if turn = k.next(c, *turn.Relay, storage.RelayEnd{Targets: []int64{73}}); turn.Sources[0] != 11 {
		t.Fatalf("then: %+v", turn)
	}
	held := k.key()
	k.says(storage.NewRelay{Key: held, Sources: []int64{14}})
	if _, err := s.HoldRelay(t.Context(), effect(), k.two[0], held); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Relayed(t.Context(), k.two[0], 14); err != nil || r.Status != storage.RelayAsked {
		t.Errorf("held: %+v, %v", r, err)
	}
	var dropped [2]int
	if _, err := s.End(t.Context(), storage.Effect{}, k.c, storage.EndLeft, func(d [2]int) []storage.Send { dropped = d; return nil }); err != nil || dropped != [2]int{2, 0} { // one of them is on its way
		t.Fatalf("dropped %v, %v", dropped, err)
	}
	if err := s.HoldsRelay(t.Context(), c); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the lane after the end: %v", err)
	}
	if _, _, err := s.NextRelay(t.Context(), c, *turn.Relay, storage.RelayEnd{Status: storage.RelaySent}); !errors.Is(err, storage.ErrFenced) {
		t.Errorf("passed on after the end: %v", err)
	}
	if _, _, err := s.AppendRelay(t.Context(), effect(), storage.NewRelay{User: k.two[0], Key: "late", Kind: storage.RelayCopy}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("said after the end: %v", err)
	}
}

func TestRelayEdits(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, testRelayEdits)
}

// testRelayEdits: only the newest edit is passed on; reactions reach the right message from either side; what was taken back is
// not known any more.
func testRelayEdits(t *testing.T, s *storage.Store) {
	k := newTalk(t, s)
	k.says(storage.NewRelay{Sources: []int64{11}})
	c, turn := k.claim()
	k.says(storage.NewRelay{Kind: storage.RelayEdit, Sources: []int64{11}})
	k.says(storage.NewRelay{Kind: storage.RelayEdit, Sources: []int64{11}})
	if turn = k.next(c, *turn.Relay, storage.RelayEnd{Targets: []int64{71}}); turn.Key != "u3" || turn.Targets[0] != 71 {
		t.Fatalf("the edit: %+v", turn)
	}
	if last, err := s.LastRelayed(t.Context(), k.two[0]); err != nil || last.Key != "u1" || last.Status != storage.RelaySent {
		t.Errorf("last: %+v, %v", last, err)
	}
	k.says(storage.NewRelay{Kind: storage.RelayUnsend, Sources: []int64{11}})
	if _, err := s.LastRelayed(t.Context(), k.two[0]); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("taken back, and still the last: %v", err)
	}
	if _, err := s.Relayed(t.Context(), k.two[1], 11); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the partner said it: %v", err)
	}
	if lane, _, err := s.AppendRelay(t.Context(), storage.Effect{}, storage.NewRelay{User: k.two[1], Key: "r", Kind: storage.RelayReact, Sources: []int64{71}}); err != nil || lane.Side != 1 {
		t.Fatal(lane, err)
	}
	if _, other, err := s.ClaimRelay(t.Context(), k.c.ID, 1); err != nil || other.Targets[0] != 11 {
		t.Errorf("a reaction to a copy: %+v, %v", other, err)
	}
	turn = k.next(c, *turn.Relay, storage.RelayEnd{})
	if turn = k.next(c, *turn.Relay, storage.RelayEnd{}); turn.Relay != nil {
		t.Errorf("more: %+v", turn)
	}
	k.says(storage.NewRelay{Sources: []int64{15}, ReplyTo: 11})
	if _, turn = k.claim(); turn.Reply != 0 {
		t.Errorf("a reply to what was taken back: %+v", turn)
	}
}

func TestSweepRelays(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, testSweepRelays)
}

func testSweepRelays(t *testing.T, s *storage.Store) {
	k := newTalk(t, s)
	k.says(storage.NewRelay{Sources: []int64{11}})
	for _, now := range []bool{false, true} {
		lanes, err := s.SweepRelays(t.Context(), 10, now)
		want := []storage.RelayLane{{Conversation: k.c.ID, Epoch: 1}}
		if !now {
			want = nil
		}
		if diff := cmp.Diff(want, lanes); err != nil || diff != "" {
			t.Errorf("swept, now %v: %v %s", now, err, diff)
		}
	}
}

// TestRelayRetention: which message became which is not known for longer than something can be done about it.
func TestRelayRetention(t *testing.T) {
	t.Parallel()
	eachTimed(t, func(t *testing.T, s *storage.Store, pass func(time.Duration)) {
		k := newTalk(t, s)
		k.says(storage.NewRelay{Sources: []int64{11}})
		c, turn := k.claim()
		k.next(c, *turn.Relay, storage.RelayEnd{Targets: []int64{71}})
		for _, gone := range []bool{false, true} {
			pass(storage.Retention/2 + time.Minute)
			if _, err := s.Retain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Relayed(t.Context(), k.two[0], 11); errors.Is(err, storage.ErrNotFound) != gone {
				t.Errorf("gone %v: %v", gone, err)
			}
		}
		k.says(storage.NewRelay{Sources: []int64{12}, ReplyTo: 11})
		if _, turn = k.claim(); turn.Reply != 0 {
			t.Errorf("still replies to %d", turn.Reply)
		}
	})
}

func TestPassRelay(t *testing.T) {
	t.Parallel()
	for _, looks := range []bool{false, true} {
		t.Run(fmt.Sprint("looks ", looks), func(t *testing.T) {
			t.Parallel()
			eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) { testPassRelay(t, s, raw, looks) })
		})
	}
}

func TestPassRelayBreaks(t *testing.T) {
	t.Parallel()
	for _, looks := range []bool{false, true} {
		t.Run(fmt.Sprint("looks ", looks), func(t *testing.T) {
			t.Parallel()
			eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) { testPassRelayBreaks(t, s, raw, looks) })
		})
	}
}

// testPassRelay: who takes in what somebody says has the lane if nobody else does, and then hands on all there is, in order.
func testPassRelay(t *testing.T, s *storage.Store, raw *sql.DB, looks bool) {
	k := newTalk(t, s)
	k.looks = looks
	c, turn := k.passes(storage.NewRelay{Sources: []int64{11}})
	if turn.Relay == nil || turn.Sources[0] != 11 || turn.Interrupted || c.From.User != k.two[0] || c.To.User != k.two[1] || c.From.Chat+c.To.Chat != 10001 {
		t.Fatalf("into an idle lane: %+v of %+v", turn, c)
	}
	if _, held := k.passes(storage.NewRelay{Sources: []int64{12}, ReplyTo: 11}); held.Relay != nil || held.More {
		t.Errorf("into a lane that is worked on: %+v", held)
	}
	if lane := k.says(storage.NewRelay{Sources: []int64{13}}); !lane.Held {
		t.Errorf("a lane that is worked on is not held: %+v", lane)
	}
	for want := range 3 {
		if turn.Relay == nil || turn.Sources[0] != int64(11+want) || want == 1 && turn.Reply != 71 {
			t.Fatalf("turn %d: %+v", want, turn)
		}
		turn = k.next(c, *turn.Relay, storage.RelayEnd{Targets: []int64{int64(71 + want)}})
	}
	if turn.Relay != nil || turn.More || turn.Epoch != 1 {
		t.Errorf("the end of the lane: %+v", turn)
	}
	k.says(storage.NewRelay{Kind: storage.RelayAlbum, Album: "a", Sources: []int64{14}})
	k.says(storage.NewRelay{Sources: []int64{15}, Asked: true})
	if c, turn = k.passes(storage.NewRelay{Sources: []int64{16}}); turn.Relay == nil || turn.Sources[0] != 14 {
		t.Fatalf("behind an album: %+v", turn)
	}
	if turn = k.next(c, *turn.Relay, storage.RelayEnd{}); turn.Relay == nil || turn.Sources[0] != 16 {
		t.Fatalf("after the album: %+v", turn)
	}
	if _, err := s.PostponeRelay(t.Context(), c, *turn.Relay, time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, late := k.passes(storage.NewRelay{Sources: []int64{17}}); late.Relay != nil || late.More {
		t.Errorf("into a lane that is told to wait: %+v", late)
	}
	if _, err := raw.ExecContext(t.Context(), `UPDATE conversation_members SET not_before = 0`); err != nil {
		t.Fatal(err)
	}
	if _, turn = k.passes(storage.NewRelay{Sources: []int64{18}}); turn.Relay == nil || turn.Sources[0] != 16 {
		t.Errorf("after the wait: %+v", turn)
	}
}

// chat is that of the first of the two.
func (k *talk) chat() int64 {
	k.Helper()
	p, err := k.s.PersonByID(k.Context(), k.two[0])
	if err != nil {
		k.Fatal(err)
	}
	return p.TelegramID
}

// passes is says by who passes it on.
func (k *talk) passes(r storage.NewRelay) (storage.RelayClaim, storage.RelayTurn) {
	k.Helper()
	r.User, r.Key, r.Kind = k.two[0], k.key(), storage.RelayCopy
	var g storage.Greeting
	if k.looks {
		var err error
		if g, err = k.s.Greet(k.Context(), r.Key, "b", k.chat()); err != nil || g.Person.ID != r.User || g.Look.Conversation != k.c.ID {
			k.Fatal(g, err)
		}
	}
	c, next, _, err := k.s.PassRelay(k.Context(), storage.Effect{Update: r.Key, Body: "b", User: r.User}, r, g.Look)
	if err != nil {
		k.Fatal(err)
	}
	return c, next
}

// testPassRelayBreaks: of what was on its way when its process died nobody knows whether it arrived, and it is not sent again;
// an update that comes again, and one of a conversation that is over, change nothing.
func testPassRelayBreaks(t *testing.T, s *storage.Store, raw *sql.DB, looks bool) {
	k := newTalk(t, s)
	k.looks = looks
	c, turn := k.passes(storage.NewRelay{Sources: []int64{11}})
	r := storage.NewRelay{User: k.two[0], Key: "u1", Kind: storage.RelayCopy, Sources: []int64{11}}
	if _, _, _, err := s.PassRelay(t.Context(), storage.Effect{Update: "u1", Body: "b", User: r.User}, r, storage.RelayLook{}); !errors.Is(err, storage.ErrSeen) {
		t.Errorf("the same update again: %v", err)
	}
	if looks {
		if g, err := s.Greet(t.Context(), "u1", "b", k.chat()); err != nil || !g.Seen || !g.Same || g.Look.Seq != 1 || g.Look.Fence != 1 {
			t.Errorf("a look at what was seen: %+v, %v", g, err)
		}
		old := storage.RelayLook{RelayLane: storage.RelayLane{Conversation: k.c.ID}} // of before u1
		r := storage.NewRelay{User: r.User, Key: "u0", Kind: storage.RelayCopy, Sources: []int64{10}}
		if _, next, _, err := s.PassRelay(t.Context(), storage.Effect{Update: "u0", Body: "b", User: r.User}, r, old); err != nil || next.Relay != nil || next.More {
			t.Errorf("by an old look: %+v, %v", next, err)
		}
		if _, err := s.TakeRelay(t.Context(), storage.Effect{Update: k.key(), Body: "b", User: r.User}, r.User, "u0"); err != nil {
			t.Error(err)
		}
	}
	if _, err := raw.ExecContext(t.Context(), `UPDATE conversation_members SET lease_until = 1`); err != nil { // the process died
		t.Fatal(err)
	}
	again, found := k.passes(storage.NewRelay{Sources: []int64{12}})
	if found.Relay == nil || found.Sources[0] != 11 || !found.Interrupted {
		t.Fatalf("after a crash: %+v", found)
	}
	if _, _, err := s.NextRelay(t.Context(), c, *turn.Relay, storage.RelayEnd{Status: storage.RelaySent}); !errors.Is(err, storage.ErrFenced) {
		t.Errorf("the claim that was lost: %v", err)
	}
	if found = k.next(again, *found.Relay, storage.RelayEnd{Status: storage.RelayUncertain}); found.Relay == nil || found.Sources[0] != 12 {
		t.Fatalf("after the uncertain one: %+v", found)
	}
	look := storage.RelayLook{}
	if looks {
		look = storage.RelayLook{RelayLane: again.RelayLane, Seq: 2, Fence: again.Fence}
	}
	if _, err := s.End(t.Context(), storage.Effect{}, k.c, storage.EndLeft, func([2]int) []storage.Send { return nil }); err != nil {
		t.Fatal(err)
	}
	r.Key = "late"
	if _, _, _, err := s.PassRelay(t.Context(), storage.Effect{Update: "late", Body: "b", User: r.User}, r, look); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("said after the end: %v", err)
	}
	if seen, _, err := s.Seen(t.Context(), "late", "b"); err != nil || seen {
		t.Errorf("an update that changed nothing counts as seen: %v", err)
	}
}

func TestFindTargets(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, testFindTargets)
}

// testFindTargets: a reply may come before it is noted which message the one it replies to became.
func testFindTargets(t *testing.T, s *storage.Store) {
	k := newTalk(t, s)
	k.looks = true
	c, said := k.passes(storage.NewRelay{Sources: []int64{11}})
	other := &talk{T: t, s: s, c: k.c, n: 100, two: [2]int64{k.two[1], k.two[0]}}
	answers, answer := other.passes(storage.NewRelay{Sources: []int64{91}, ReplyTo: 71})
	if answer.Relay == nil || !answer.Unfound() {
		t.Fatalf("a reply to what is not noted: %+v", answer)
	}
	if under, err := s.FindTargets(t.Context(), answers, answer.Relay); err != nil || !under || !answer.Unfound() {
		t.Errorf("while it is on its way: %v, %v, %+v", under, err, answer.Relay)
	}
	k.next(c, *said.Relay, storage.RelayEnd{Targets: []int64{71}})
	if under, err := s.FindTargets(t.Context(), answers, answer.Relay); err != nil || under || answer.Unfound() || answer.Reply != 11 {
		t.Errorf("when it is noted: %v, %v, %+v", under, err, answer.Relay)
	}
}

func TestPassRelayUnready(t *testing.T) {
	t.Parallel()
	eachRaw(t, testPassRelayUnready)
}

// testPassRelayUnready: what cannot be passed on by who took it in, because nobody can be told from the rows who the partner is,
// is not lost and not uncertain: it waits for the task.
func testPassRelayUnready(t *testing.T, s *storage.Store, raw *sql.DB) {
	k := newTalk(t, s)
	k.looks = true
	var profile []byte
	if err := raw.QueryRowContext(t.Context(), `SELECT profile FROM users WHERE id = $1`, k.two[1]).Scan(&profile); err != nil {
		t.Fatal(err)
	}
	set := func(b []byte) {
		if _, err := raw.ExecContext(t.Context(), `UPDATE users SET profile = $1 WHERE id = $2`, b, k.two[1]); err != nil {
			t.Fatal(err)
		}
	}
	set([]byte("sealed by nobody"))
	if _, turn := k.passes(storage.NewRelay{Sources: []int64{11}}); turn.Relay != nil || !turn.More {
		t.Errorf("to nobody knows whom: %+v", turn)
	}
	set(profile)
	if _, turn := k.claim(); turn.Relay == nil || turn.Sources[0] != 11 || turn.Interrupted {
		t.Errorf("by the task: %+v", turn)
	}
}

func TestNextRelayOfManyKinds(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		k := newTalk(t, s)
		k.looks = true
		c, turn := k.passes(storage.NewRelay{Sources: []int64{11}})
		k.says(storage.NewRelay{Kind: storage.RelayAlbum, Album: "a", Sources: []int64{12}})
		if turn = k.next(c, *turn.Relay, storage.RelayEnd{Targets: []int64{71}}); turn.Relay != nil || !turn.More || turn.Wait <= 0 {
			t.Fatalf("before an album of which more may come: %+v", turn)
		}
		c, turn = k.passes(storage.NewRelay{Sources: []int64{13}}) // which ends it
		if _, _, err := s.ClaimRelay(t.Context(), k.c.ID, 0); !errors.Is(err, storage.ErrFenced) {
			t.Errorf("a lane that is worked on: %v", err)
		}
		k.says(storage.NewRelay{Kind: storage.RelayReact, Sources: []int64{11}})
		var kinds []storage.RelayKind
		for turn.Relay != nil {
			kinds = append(kinds, turn.Kind)
			turn = k.next(c, *turn.Relay, storage.RelayEnd{Last: len(kinds) == 2})
			if len(kinds) == 2 && (turn.Relay != nil || !turn.More) {
				t.Fatalf("after the last: %+v", turn)
			}
		}
		if c, turn = k.claim(); turn.Relay == nil || turn.Kind != storage.RelayReact || turn.Targets[0] != 71 {
			t.Errorf("by the next worker: %+v of %+v", turn, c)
		}
		if diff := cmp.Diff([]storage.RelayKind{storage.RelayAlbum, storage.RelayCopy}, kinds); diff != "" {
			t.Error(diff)
		}
	})
}
