package storage_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// bench is a person with credits, and what the tests of this package do with them.
type bench struct {
	*testing.T
	s      *storage.Store
	person storage.Person
	n      atomic.Int64
}

func setup(t *testing.T, s *storage.Store, credits int64) *bench {
	t.Helper()
	p, err := s.PersonByTelegram(t.Context(), 4242, "en")
	if err != nil {
		t.Fatal(err)
	}
	if credits > 0 {
		if _, err := s.Give(t.Context(), storage.Given{User: p.ID, Key: "test", Source: storage.SourcePromo, Credits: credits}); err != nil {
			t.Fatal(err)
		}
	}
	b := &bench{T: t, s: s, person: p}
	t.Cleanup(b.verify)
	return b
}

// verify runs at the end of every test: whatever happened, the books agree.
func (b *bench) verify() {
	bad, err := b.s.Verify(context.Background())
	if err != nil {
		b.Errorf("verify: %v", err)
	}
	for _, v := range storagetest.ByHand(bad) {
		b.Errorf("invariant broken: %s: %s", v.Invariant, v.Row)
	}
}

func (b *bench) request(price int64) storage.NewGeneration {
	b.Helper()
	id, err := b.s.NewID()
	if err != nil {
		b.Fatal(err)
	}
	return storage.NewGeneration{
		ID: id, User: b.person.ID, Origin: storage.OriginChat, RequestKey: fmt.Sprintf("r%d", b.n.Add(1)), Form: storage.FormChat, ParentN: -1,
		Model: "local", Operation: "generate", Request: storage.Request{Prompt: "a red fox", Chat: 4242, Message: 7},
		Params: storage.Params{Count: 2, Seed: 9, Width: 64, Height: 64}, Price: price, Parallel: 2, Waiting: 3,
	}
}

func (b *bench) reserve(price int64) storage.Generation {
	b.Helper()
	g, _, _, err := b.s.Reserve(b.Context(), storage.Effect{}, b.request(price))
	if err != nil {
		b.Fatal(err)
	}
	return g
}

func (b *bench) claim(id string) storage.Generation {
	b.Helper()
	g, err := b.s.Claim(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return g
}

func (b *bench) attempt(g storage.Generation) storage.Attempt {
	b.Helper()
	a, err := b.s.StartAttempt(b.Context(), g, storage.Attempt{Provider: "local", Model: "local", EstCost: 5})
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func (b *bench) images(g storage.Generation, a storage.Attempt, n int) []storage.Image {
	var all []storage.Image
	for i := range n {
		all = append(all, storage.Image{
			Generation: g.ID, N: i, Attempt: a.ID, User: g.User, Key: fmt.Sprintf("u/%d/%s/%s-%d.png", g.User, g.ID, a.ID, i),
			SHA256: "00", Bytes: 10, Width: 64, Height: 64, MediaType: "image/png",
		})
	}
	return all
}

func (b *bench) account(posted, held int64) {
	b.Helper()
	got, err := b.s.Account(b.Context(), b.person.ID)
	if err != nil {
		b.Fatal(err)
	}
	if want := (storage.Account{Posted: posted, Held: held}); got != want {
		b.Errorf("account is %+v, want %+v", got, want)
	}
}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("error is %v, want %v", err, target)
	}
}

func TestPersonIsMadeOnceAndSealed(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		t.Logf("engine: %s", s.Engine())
		b := setup(t, s, 0)
		again, err := s.PersonByTelegram(t.Context(), 4242, "ru")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.person, again, cmpopts.IgnoreUnexported(storage.Settings{})); diff != "" {
			t.Error(diff)
		}
		if again.TelegramID != 4242 || again.ID == 4242 {
			t.Errorf("ids: %+v", again)
		}
		op, err := s.Operator(t.Context(), "ops")
		if err != nil || !op.Operator || op.TelegramID != 0 {
			t.Errorf("operator: %+v, %v", op, err)
		}
	})
}

func TestLifeWithPartialCapture(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		g := b.reserve(4)
		b.account(10, 4)
		g = b.claim(g.ID)
		if g.Request.Prompt != "a red fox" || g.Status != storage.StatusGenerating || g.Fence != 1 {
			t.Fatalf("claimed %+v", g)
		}
		_, err := s.Claim(t.Context(), g.ID)
		want(t, err, storage.ErrFenced)
		a := b.attempt(g)
		out, err := s.Complete(t.Context(), g, a, 3, b.images(g, a, 1), []storage.Send{{Key: "result:" + g.ID, User: g.User, Generation: g.ID, Kind: storage.SendResult}})
		if err != nil || len(out) != 1 {
			t.Fatalf("complete: %v, %v", out, err)
		}
		b.account(8, 0) // one of two images was paid
		_, err = s.Complete(t.Context(), g, a, 3, b.images(g, a, 1), nil)
		want(t, err, storage.ErrFenced)
		d, err := s.ClaimDelivery(t.Context(), out[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Sent(t.Context(), d, storage.Shown{Messages: []int64{11, 12}}); err != nil {
			t.Fatal(err)
		}
		got, err := s.OwnGeneration(t.Context(), g.User, g.ID)
		if err != nil || got.Status != storage.StatusDelivered {
			t.Errorf("generation is %s, %v", got.Status, err)
		}
		_, err = s.OwnGeneration(t.Context(), g.User+1, g.ID)
		want(t, err, storage.ErrNotFound)
	})
}

func TestThousandHoldsOnOneCredit(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 1)
		var won, refused atomic.Int64
		var wg sync.WaitGroup
		gate := make(chan struct{}, 32)
		for range 1000 {
			n := b.request(1)
			n.Params.Count, n.Parallel, n.Waiting = 1, 2000, 2000
			gate <- struct{}{}
			wg.Go(func() {
				defer func() { <-gate }()
				switch _, _, _, err := s.Reserve(context.Background(), storage.Effect{}, n); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, storage.ErrInsufficient):
					refused.Add(1)
				default:
					t.Errorf("reserve: %v", err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || refused.Load() != 999 {
			t.Errorf("%d holds, %d refusals; want 1 and 999", won.Load(), refused.Load())
		}
		b.account(1, 1)
	})
}

func TestReserveIsOncePerKeyAndUpdate(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		n := b.request(2)
		g, ref, _, err := s.Reserve(t.Context(), storage.Effect{Update: "u1", Body: "x"}, n)
		if err != nil || ref == nil {
			t.Fatal(ref, err)
		}
		_, _, _, err = s.Reserve(t.Context(), storage.Effect{Update: "u1", Body: "x"}, n)
		want(t, err, storage.ErrSeen)
		other := n
		other.ID, _ = s.NewID()
		again, _, _, err := s.Reserve(t.Context(), storage.Effect{}, other)
		if err != nil || again.ID != g.ID {
			t.Errorf("same key made %s, %v; want %s", again.ID, err, g.ID)
		}
		b.account(10, 2)
	})
}

func TestFairnessWaitsAndPromotes(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 100)
		var ids []string
		for i := range 5 {
			g := b.reserve(2)
			if g.Promoted != (i < 2) {
				t.Errorf("generation %d promoted: %v", i, g.Promoted)
			}
			ids = append(ids, g.ID)
		}
		_, _, _, err := s.Reserve(t.Context(), storage.Effect{}, b.request(2))
		want(t, err, storage.ErrTooMany)
		b.account(100, 10) // the refused one holds nothing
		_, err = s.Claim(t.Context(), ids[2])
		want(t, err, storage.ErrFenced)
		g := b.claim(ids[0])
		if _, err := s.Finish(t.Context(), g, storage.StatusFailed, storage.ReasonProvider, "", storage.End{}, nil); err != nil {
			t.Fatal(err)
		}
		refs, _, err := s.Promote(t.Context(), b.person.ID, func(storage.Tier) int { return 2 })
		if err != nil || len(refs) != 1 || refs[0].ID != ids[2] {
			t.Errorf("promoted %v, %v; want %s", refs, err, ids[2])
		}
	})
}

func TestFenceHoldsAgainstASleeper(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		sleeper := b.claim(b.reserve(2).ID)
		a := b.attempt(sleeper)
		if err := s.Yield(t.Context(), sleeper.ID, sleeper.Fence, false, 0); err != nil { // as if the lease had run out
			t.Fatal(err)
		}
		second := b.claim(sleeper.ID)
		if second.Fence != 2 || second.Claims != 2 {
			t.Errorf("second claim: fence %d, claims %d", second.Fence, second.Claims)
		}
		_, err := s.Renew(t.Context(), sleeper.ID, sleeper.Fence)
		want(t, err, storage.ErrFenced)
		_, err = s.Complete(t.Context(), sleeper, a, 0, b.images(sleeper, a, 2), nil)
		want(t, err, storage.ErrFenced)
		_, err = s.StartAttempt(t.Context(), sleeper, storage.Attempt{Provider: "local", Model: "local"})
		want(t, err, storage.ErrFenced)
		_, err = s.Finish(t.Context(), sleeper, storage.StatusFailed, storage.ReasonProvider, a.ID, storage.End{State: storage.AttemptFailed, Billed: "no"}, nil)
		want(t, err, storage.ErrFenced)
		want(t, s.Yield(t.Context(), sleeper.ID, sleeper.Fence, true, 0), storage.ErrFenced)
		b.account(10, 2)
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		waiting, running := b.reserve(2), b.reserve(2)
		b.claim(running.ID)
		done, out, err := s.Cancel(t.Context(), b.person.ID, waiting.ID, []storage.Send{{User: b.person.ID, Kind: storage.SendResult, Generation: waiting.ID}})
		if err != nil || !done || len(out) != 1 {
			t.Fatalf("cancel waiting: %v %v %v", done, out, err)
		}
		b.account(10, 2)
		done, out, err = s.Cancel(t.Context(), b.person.ID, running.ID, nil)
		if err != nil || done || len(out) != 0 {
			t.Fatalf("cancel running: %v %v %v", done, out, err)
		}
		asked, err := s.Renew(t.Context(), running.ID, 1)
		if err != nil || !asked {
			t.Errorf("renewal tells of the cancel: %v, %v", asked, err)
		}
		_, _, err = s.Cancel(t.Context(), b.person.ID, waiting.ID, nil)
		want(t, err, storage.ErrNotFound)
		_, _, err = s.Cancel(t.Context(), b.person.ID+1, running.ID, nil)
		want(t, err, storage.ErrNotFound)
	})
}

func TestSweepFindsWhatTheQueueLost(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		g := b.reserve(2)
		if swept, err := s.SweepGenerations(t.Context(), 10, false); err != nil || len(swept) != 0 {
			t.Errorf("swept %v at once, %v", swept, err)
		}
		swept, err := s.SweepGenerations(t.Context(), 10, true)
		if err != nil || len(swept) != 1 || swept[0].ID != g.ID || swept[0].Epoch != 2 {
			t.Errorf("swept %v, %v", swept, err)
		}
		b.claim(g.ID)
		if swept, err := s.SweepGenerations(t.Context(), 10, true); err != nil || len(swept) != 0 {
			t.Errorf("swept %v while it is worked on, %v", swept, err)
		}
		out, err := s.Record(t.Context(), storage.Effect{Update: "u", Sends: []storage.Send{{User: b.person.ID, Kind: storage.SendMessage, Body: "hello"}}})
		if err != nil {
			t.Fatal(err)
		}
		refs, err := s.SweepDeliveries(t.Context(), 10, true)
		if diff := cmp.Diff([]storage.Ref{{ID: out[0].ID, Epoch: 2}}, refs); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestMessagesKeepOrderAndAreNeverRepeatedSilently(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		send := func(text string) storage.Send {
			return storage.Send{User: b.person.ID, Kind: storage.SendMessage, Body: text}
		}
		out, err := s.Record(t.Context(), storage.Effect{Update: "u", Sends: []storage.Send{send("one"), send("two")}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.ClaimDelivery(t.Context(), out[1].ID)
		want(t, err, storage.ErrFenced) // the first goes first
		d, err := s.ClaimDelivery(t.Context(), out[0].ID)
		var text string
		if err != nil || d.Decode(&text) != nil || text != "one" || d.Interrupted {
			t.Fatalf("claimed %+v %q, %v", d, text, err)
		}
		epoch, err := s.Postpone(t.Context(), d, -time.Second)
		if err != nil || epoch != 2 {
			t.Fatalf("postpone: %d, %v", epoch, err)
		}
		if d, err = s.ClaimDelivery(t.Context(), out[0].ID); err != nil || d.Interrupted {
			t.Fatalf("claim after postpone: %+v, %v", d, err)
		}
		next, notice, err := s.Uncertain(t.Context(), d, []storage.Send{send("may not have reached you")})
		if err != nil || next == nil || next.ID != out[1].ID || len(notice) != 1 {
			t.Fatalf("uncertain: %v %v %v", next, notice, err)
		}
		_, err = s.ClaimDelivery(t.Context(), out[0].ID)
		want(t, err, storage.ErrFenced)
		_, _, body, err := s.UncertainBody(t.Context(), b.person.ID, out[0].ID)
		if err != nil || string(body) != `"one"` {
			t.Errorf("body %q, %v", body, err)
		}
		_, _, _, err = s.UncertainBody(t.Context(), b.person.ID+1, out[0].ID)
		want(t, err, storage.ErrNotFound)
	})
}

func TestNonceWorksOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		press := storage.Effect{Update: "p1", Nonce: "n", User: b.person.ID}
		if _, _, _, err := s.Reserve(t.Context(), press, b.request(2)); err != nil {
			t.Fatal(err)
		}
		press.Update = "p2" // Telegram may bring the same press under a new id
		_, _, _, err := s.Reserve(t.Context(), press, b.request(2))
		want(t, err, storage.ErrConsumed)
		if seen, _, err := s.Seen(t.Context(), "p2", ""); err != nil || seen {
			t.Errorf("refused press is noted as seen: %v, %v", seen, err)
		}
		b.account(10, 2)
	})
}

func TestWelcomeIsGivenOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 0)
		c := storage.Consent{User: b.person.ID, Version: "1", Locale: "en", Grant: 20, Document: []string{"policy", "age"}}
		for i, wantGranted := range []bool{true, false} {
			granted, _, err := s.Agree(t.Context(), storage.Effect{Update: fmt.Sprint("u", i)}, c)
			if err != nil || granted != wantGranted {
				t.Errorf("agree %d: granted %v, %v", i, granted, err)
			}
		}
		b.account(20, 0)
		answers, err := s.Answers(t.Context(), b.person.ID)
		if a := answers["policy"]; err != nil || !a.Granted || a.Version != "1" || a.Locale != "en" || a.Given.IsZero() || len(answers) != 2 {
			t.Errorf("answers are %+v, %v", answers, err)
		}
	})
}

func TestLeaseHasOneHolder(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		for _, step := range []struct {
			holder string
			want   bool
		}{{"a", true}, {"b", false}, {"a", true}} {
			if got, err := s.Lease(t.Context(), "sweep", step.holder, time.Minute); err != nil || got != step.want {
				t.Errorf("lease for %s: %v, %v", step.holder, got, err)
			}
		}
	})
}

func TestDeleteResultBlanksAndKeepsTheBooks(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		b := setup(t, s, 10)
		n := b.request(4)
		n.Form = storage.FormPull
		if _, _, _, err := s.Reserve(t.Context(), storage.Effect{}, n); err != nil {
			t.Fatal(err)
		}
		g := b.claim(n.ID)
		a := b.attempt(g)
		if _, err := s.Complete(t.Context(), g, a, 0, b.images(g, a, 2), nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Pulled(t.Context(), g.User, g.ID); err != nil {
			t.Fatal(err)
		}
		keys, _, err := s.DeleteResults(t.Context(), storage.Effect{}, g.User, []string{g.ID})
		if err != nil || len(keys) != 2 {
			t.Fatalf("deleted %v, %v", keys, err)
		}
		if all, err := s.History(t.Context(), g.User, "", 10); err != nil || len(all) != 0 {
			t.Errorf("history still shows %v, %v", all, err)
		}
		b.account(6, 0)
	})
}

// What is to wait is left to its task until then: a provider that asked for quiet has it.
func TestSweepLeavesWaitsAlone(t *testing.T) {
	t.Parallel()
	for desc, wait := range map[string]func(s *storage.Store, g storage.Generation) error{
		"resumed": func(s *storage.Store, g storage.Generation) error {
			_, err := s.Resume(t.Context(), g.ID, g.Fence, time.Minute)
			return err
		},
		"yielded": func(s *storage.Store, g storage.Generation) error {
			return s.Yield(t.Context(), g.ID, g.Fence, true, time.Minute)
		},
	} {
		t.Run(desc, func(t *testing.T) {
			eachAt(t, func(t *testing.T, s *storage.Store, c *clock) {
				b := setup(t, s, 10)
				if err := wait(s, b.claim(b.reserve(2).ID)); err != nil {
					t.Fatal(err)
				}
				found := func(now bool) int {
					all, err := s.SweepGenerations(t.Context(), 10, now)
					if err != nil {
						t.Fatal(err)
					}
					return len(all)
				}
				c.skip(50 * time.Second)
				if n := found(false); n != 0 {
					t.Error("swept before the wait is over")
				}
				c.skip(10*time.Second + 2*storage.SweepAfter)
				if n := found(false); n != 1 {
					t.Error("not found after the wait, its task being lost")
				}
				if n := found(true); n != 1 {
					t.Error("not found when the queue lost everything")
				}
			})
		})
	}
}
