package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// crowd is people who look for a partner.
type crowd struct {
	testing.TB
	s *storage.Store
}

// gather makes people with the ids 1 to n, past the program: they need no keys.
func gather(t testing.TB, s *storage.Store, raw *sql.DB, n int) crowd {
	t.Helper()
	for id := range n {
		if _, err := raw.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO users (id, kind, lookup, created_at) VALUES (%[1]d,'person','%[1]d',1)`, id+1)); err != nil {
			t.Fatal(err)
		}
	}
	return crowd{t, s}
}

func (c crowd) enter(q storage.Search) error {
	id, err := c.s.NewID()
	if err != nil {
		return err
	}
	q.ID = id
	if q.Lang == "" {
		q.Lang = "en"
	}
	_, err = c.s.Enter(c.Context(), storage.Effect{}, q, 0, nil)
	return err
}

func (c crowd) match(user int64) (storage.Conversation, error) {
	v, _, err := c.s.Match(c.Context(), user, func(context.Context, storage.Conversation, [2]storage.Search) ([]storage.Send, error) {
		return nil, nil
	})
	return v, err
}

// end ends the conversation of somebody and returns their partner, zero for none.
func (c crowd) end(user int64) (partner int64, err error) {
	v, err := c.s.Conversation(c.Context(), user)
	if err == nil {
		_, err = c.s.End(c.Context(), storage.Effect{}, v, storage.EndLeft, func([2]int) []storage.Send { return nil })
	}
	if errors.Is(err, storage.ErrNotFound) {
		return 0, nil
	}
	return v.Partner, err
}

func (c crowd) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c crowd) verify() {
	c.Helper()
	bad, err := c.s.Verify(context.WithoutCancel(c.Context()))
	c.must(err)
	for _, v := range bad {
		c.Errorf("invariant broken: %s: %s", v.Invariant, v.Row)
	}
}

// rush lets people enter, so many at once, and look for a partner, and returns how long each look took, sorted.
func (c crowd) rush(n, hands int) (took []time.Duration) {
	next := make(chan int64)
	times := make([]time.Duration, n)
	var all sync.WaitGroup
	for range hands {
		all.Go(func() {
			for user := range next {
				if err := c.enter(storage.Search{User: user}); err != nil {
					c.Error(err)
				}
				start := time.Now()
				if _, err := c.match(user); err != nil && !errors.Is(err, storage.ErrNotFound) {
					c.Error(err)
				}
				times[user-1] = time.Since(start)
			}
		})
	}
	for user := range int64(n) {
		next <- user + 1
	}
	close(next)
	all.Wait()
	slices.Sort(times)
	return times
}

// settle does what the sweeper does until it changes nothing.
func (c crowd) settle(n int) {
	for range 3 {
		for user := range n {
			_, err := c.s.Searching(c.Context(), int64(user+1))
			if err == nil {
				_, err = c.match(int64(user + 1))
			}
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				c.Error(err)
			}
		}
	}
}

var lobbyPeople = flag.Int64("lobby", 201, "people who enter the lobby at once in TestEverybodyIsMatchedOnce, an odd number")

func TestEverybodyIsMatchedOnce(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		n := *lobbyPeople
		c := gather(t, s, raw, int(n))
		c.rush(int(n), int(n))
		c.settle(int(n))
		c.paired(n)
		counts, err := s.ChatCounts(t.Context())
		if err != nil || counts != (storage.ChatCounts{People: n, Lobby: 1, Live: n / 2, Ever: n / 2}) {
			t.Errorf("%+v, %v", counts, err)
		}
		c.verify()
	})
}

// paired checks that everybody talks with somebody who talks with them, but for one of an odd number.
func (c crowd) paired(n int64) {
	c.Helper()
	alone, partner := int64(0), make(map[int64]int64)
	for user := range n {
		v, err := c.s.Conversation(c.Context(), user+1)
		if errors.Is(err, storage.ErrNotFound) {
			alone++
			continue
		}
		c.must(err)
		partner[v.User] = v.Partner
	}
	for one, other := range partner {
		if one == other || partner[other] != one {
			c.Errorf("%d talks with %d, who talks with %d", one, other, partner[other])
		}
	}
	if alone != n%2 {
		c.Errorf("%d of %d are alone", alone, n)
	}
}

func TestWhoFits(t *testing.T) {
	t.Parallel()
	type pair [2]storage.Search
	tests := map[string]struct {
		pair
		before string // done to the second, whose id is 2
		fits   bool
	}{
		"one language":             {pair{{Lang: "de"}, {Lang: "de"}}, "", true},
		"two languages":            {pair{{Lang: "de"}, {Lang: "tr"}}, "", false},
		"one takes any":            {pair{{Lang: "de", Wide: true}, {Lang: "tr"}}, "", false},
		"both take any":            {pair{{Lang: "de", Wide: true}, {Lang: "tr", Wide: true}}, "", true},
		"one wish":                 {pair{{Wish: "art"}, {Wish: "art"}}, "", true},
		"a wish and none":          {pair{{Wish: "art"}, {}}, "", true},
		"two wishes":               {pair{{Wish: "art"}, {Wish: "talk"}}, "", false},
		"a ban":                    {pair{{}, {}}, `UPDATE users SET ban_until = 9000000000000000 WHERE id = 2`, false},
		"a ban that is over":       {pair{{}, {}}, `UPDATE users SET ban_until = 1 WHERE id = 2`, true},
		"a restriction":            {pair{{}, {}}, `UPDATE users SET restricted_at = 1 WHERE id = 2`, false},
		"somebody who is away":     {pair{{}, {}}, `UPDATE users SET unreachable_at = 1 WHERE id = 2`, false},
		"somebody being erased":    {pair{{}, {}}, `UPDATE users SET erasing_at = 1 WHERE id = 2`, false},
		"somebody paused":          {pair{{}, {}}, `INSERT INTO chat_people (user_id, paused_until) VALUES (2, 9000000000000000)`, false},
		"a pause that is over":     {pair{{}, {}}, `INSERT INTO chat_people (user_id, paused_until) VALUES (2, 1)`, true},
		"somebody who left":        {pair{{}, {}}, `DELETE FROM lobby WHERE user_id = 2`, false},
		"a bar of others":          {pair{{}, {}}, `INSERT INTO pair_bars (pair, kind, created_at) VALUES ('x', 'block', 1)`, true},
		"somebody who talks":       {pair{{}, {}}, `INSERT INTO conversations (id, lang, opened_at, active_at) VALUES ('x', '', 1, 1); INSERT INTO conversation_members (conversation_id, side, user_id) SELECT id, 0, 2 FROM conversations`, false},
		"the one who came earlier": {pair{{}, {}}, `UPDATE lobby SET since = 1 WHERE user_id = 2`, true},
	}
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		c := gather(t, s, raw, 2)
		do := func(queries ...string) {
			t.Helper()
			for _, q := range queries {
				_, err := raw.ExecContext(t.Context(), q)
				c.must(err)
			}
		}
		for name, test := range tests {
			do(`DELETE FROM conversation_members`, `DELETE FROM conversations`, `DELETE FROM lobby`, `DELETE FROM chat_people`, `DELETE FROM pair_bars`,
				`UPDATE users SET ban_until = NULL, restricted_at = NULL, unreachable_at = NULL, erasing_at = NULL`)
			for i, q := range test.pair {
				q.User = int64(i + 1)
				c.must(c.enter(q))
			}
			do(test.before)
			_, err := c.match(1)
			if fits := err == nil; fits != test.fits || err != nil && !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestNotAgain(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		c := gather(t, s, raw, 2)
		meet := func(first, second bool) bool {
			c.must(c.enter(storage.Search{User: 1, Again: first}))
			c.must(c.enter(storage.Search{User: 2, Again: second}))
			_, err := c.match(2)
			met := err == nil
			if met {
				want(t, c.enter(storage.Search{User: 1}), storage.ErrTalking)
				partner, err := c.end(2)
				if err != nil || partner != 1 {
					t.Errorf("%d, %v", partner, err)
				}
			}
			return met
		}
		for i, test := range []struct{ first, second, want bool }{
			{false, false, true}, {false, false, false}, {true, false, false}, {false, true, false}, {true, true, true}, {true, true, true},
		} {
			if meet(test.first, test.second) != test.want {
				t.Errorf("meeting %d is %v", i+1, !test.want)
			}
		}
		for _, again := range []bool{true, false} { // it ends after 30 days, of which each time counts anew
			_, err := raw.ExecContext(t.Context(), `UPDATE pair_bars SET until = until - 2592000000000`)
			c.must(err)
			if !meet(again, again) || meet(false, false) {
				t.Errorf("after 30 days, again %v", again)
			}
		}
		_, err := s.Bar(t.Context(), storage.Effect{}, 1, 2)
		c.must(err)
		if meet(true, true) {
			t.Error("somebody met whom they keep out")
		}
		v, err := s.ChatStanding(t.Context(), 1)
		if err != nil || v.Met != 5 {
			t.Errorf("%+v, %v", v, err)
		}
		c.verify()
	})
}

// Who met under an older release may meet again too, who keeps somebody out does not.
func TestOldMeetingsEnd(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := storagetest.URL(t, engine)
			if err := storage.MigrateTo(t.Context(), url, 41); err != nil {
				t.Fatal(err)
			}
			raw := openRaw(t, engine, url)
			mustExec(t, raw, `INSERT INTO pair_bars (pair, kind, created_at) VALUES ('x', 'met', 5), ('x', 'block', 5)`)
			storagetest.Open(t, url, nil)
			var met, block sql.NullInt64
			err := raw.QueryRowContext(t.Context(), `SELECT (SELECT until FROM pair_bars WHERE kind = 'met'), (SELECT until FROM pair_bars WHERE kind = 'block')`).Scan(&met, &block)
			if err != nil || met.Int64 != 5+(30*24*time.Hour).Microseconds() || block.Valid {
				t.Errorf("met until %v, kept out until %v, %v", met, block, err)
			}
		})
	}
}

func TestEnter(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		c := gather(t, s, raw, 3)
		_, err := raw.ExecContext(t.Context(), fmt.Sprintf(`UPDATE users SET created_at = %d WHERE id = 1`, time.Now().UnixMicro()))
		c.must(err)
		_, err = raw.ExecContext(t.Context(), `INSERT INTO chat_people (user_id, paused_until) VALUES (2, 9000000000000000)`)
		c.must(err)
		_, err = raw.ExecContext(t.Context(), `UPDATE users SET erasing_at = 1 WHERE id = 3`)
		c.must(err)
		for user, target := range map[int64]error{1: storage.ErrTooNew, 2: storage.ErrPaused, 3: storage.ErrRestricted} {
			_, err := s.Enter(t.Context(), storage.Effect{}, storage.Search{ID: "x", User: user, Lang: "en"}, time.Hour, nil)
			want(t, err, target)
		}
		c.must(c.enter(storage.Search{User: 1}))
		c.must(c.enter(storage.Search{User: 1, Wide: true}))
		q, err := s.Searching(t.Context(), 1)
		if err != nil || !q.Wide || q.Lang != "en" {
			t.Errorf("%+v, %v", q, err)
		}
		if place, wait, err := s.Place(t.Context(), q); place != 1 || wait != 0 || err != nil {
			t.Errorf("%d, %v, %v", place, wait, err)
		}
		_, err = s.Leave(t.Context(), storage.Effect{}, 1)
		c.must(err)
		_, err = s.Leave(t.Context(), storage.Effect{}, 1)
		want(t, err, storage.ErrNotFound)
	})
}

// Whatever people do at once, and whatever happens to them meanwhile, the rows agree: nobody is in two places, and nobody
// talks for long who may not.
func TestLobbyRaces(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		const people, steps = 12, 25
		c := gather(t, s, raw, people)
		deeds := []func(user, other int64) error{
			func(user, _ int64) error { return c.enter(storage.Search{User: user, Again: true}) },
			func(user, _ int64) error {
				return c.enter(storage.Search{User: user, Again: true, Wide: true, Lang: "de"})
			},
			func(user, _ int64) error { _, err := c.match(user); return err },
			func(user, _ int64) error { _, err := c.match(user); return err },
			func(user, _ int64) error { _, err := s.Leave(t.Context(), storage.Effect{}, user); return err },
			func(user, _ int64) error { _, err := c.end(user); return err },
			func(user, other int64) error { _, err := s.Bar(t.Context(), storage.Effect{}, user, other); return err },
			func(user, _ int64) error {
				_, err := raw.ExecContext(t.Context(), fmt.Sprintf(`UPDATE users SET ban_until = %d WHERE id = %d`, time.Now().UnixMicro()+1000, user))
				return err
			},
		}
		var all sync.WaitGroup
		for i := range 8 {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			all.Go(func() {
				for range steps {
					user, other := r.Int64N(people)+1, r.Int64N(people)+1
					err := deeds[r.IntN(len(deeds))](user, other)
					if err != nil && !slices.ContainsFunc([]error{storage.ErrNotFound, storage.ErrTalking, storage.ErrRestricted}, func(e error) bool { return errors.Is(err, e) }) {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		c.verify()
		_, err := raw.ExecContext(t.Context(), `UPDATE users SET ban_until = 9000000000000000`)
		c.must(err)
		_, err = s.SweepLobby(t.Context(), 100)
		c.must(err)
		unfit, _, err := s.Stale(t.Context(), time.Now(), 100)
		c.must(err)
		for _, v := range unfit {
			_, err := c.end(v.User)
			c.must(err)
		}
		counts, err := s.ChatCounts(t.Context())
		if err != nil || counts.Live != 0 || counts.Lobby != 0 {
			t.Errorf("%+v, %v: banned people talk on", counts, err)
		}
		c.verify()
	})
}

// BenchmarkLobby is how long the look for a partner takes while a thousand people enter: one after the other, and as many at a
// time as the interactive pool has workers. The ratio is that of the aim, 50 ms, to what 99 of 100 looks take.
func BenchmarkLobby(b *testing.B) {
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		for _, workers := range []int{1, 32} {
			b.Run(fmt.Sprint(engine, "/", workers), func(b *testing.B) {
				for b.Loop() {
					rushed(b, engine, workers)
				}
			})
		}
	}
}

func rushed(b *testing.B, engine string, workers int) {
	b.Helper()
	const n = 1000
	url := storagetest.Migrated(b, engine)
	c := gather(b, storagetest.Open(b, url, nil), openRaw(b, engine, url), n)
	start := time.Now()
	took := c.rush(n, workers)
	rate := n / 2 / time.Since(start).Seconds()
	c.settle(n)
	c.paired(n)
	ms := func(percent int) float64 { return float64(took[n*percent/100]) / float64(time.Millisecond) }
	b.ReportMetric(ms(50), "p50-ms")
	b.ReportMetric(ms(99), "p99-ms")
	b.ReportMetric(rate, "matches/s")
	b.ReportMetric(50/ms(99), "ratio")
	b.ReportMetric(0, "ns/op")
}
