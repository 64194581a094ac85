package storage_test

import (
	"context"
	"database/sql"
	"errors"
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
		if _, err := raw.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO users (id, kind, created_at) VALUES (%d,'person',1)`, id+1)); err != nil {
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

// rush lets all enter at once and look for a partner, and returns how long each look took.
func (c crowd) rush(n int) (took []time.Duration) {
	var all sync.WaitGroup
	took = make([]time.Duration, n)
	for i := range n {
		all.Go(func() {
			if err := c.enter(storage.Search{User: int64(i + 1)}); err != nil {
				c.Error(err)
			}
			start := time.Now()
			if _, err := c.match(int64(i + 1)); err != nil && !errors.Is(err, storage.ErrNotFound) {
				c.Error(err)
			}
			took[i] = time.Since(start)
		})
	}
	all.Wait()
	return took
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

func TestEverybodyIsMatchedOnce(t *testing.T) {
	t.Parallel()
	eachRaw(t, func(t *testing.T, s *storage.Store, raw *sql.DB) {
		const n = 201
		c := gather(t, s, raw, n)
		c.rush(n)
		c.settle(n)
		alone, partner := 0, make(map[int64]int64)
		for user := range int64(n) {
			v, err := s.Conversation(t.Context(), user+1)
			if errors.Is(err, storage.ErrNotFound) {
				alone++
				continue
			}
			c.must(err)
			partner[v.User] = v.Partner
		}
		for one, other := range partner {
			if one == other || partner[other] != one {
				t.Errorf("%d talks with %d, who talks with %d", one, other, partner[other])
			}
		}
		if alone != 1 {
			t.Errorf("%d of %d are alone", alone, n)
		}
		counts, err := s.ChatCounts(t.Context())
		if err != nil || counts != (storage.ChatCounts{People: n, Lobby: 1, Live: n / 2, Ever: n / 2}) {
			t.Errorf("%+v, %v", counts, err)
		}
		c.verify()
	})
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
		_, err := s.Bar(t.Context(), storage.Effect{}, 1, 2)
		c.must(err)
		if meet(true, true) {
			t.Error("somebody met whom they keep out")
		}
		v, err := s.ChatStanding(t.Context(), 1)
		if err != nil || v.Met != 3 {
			t.Errorf("%+v, %v", v, err)
		}
		c.verify()
	})
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

// BenchmarkLobby is how long one of a thousand people who enter at once waits for the look for a partner: p99, and how many
// transactions that only insert a row fit into the same time.
func BenchmarkLobby(b *testing.B) {
	const n = 1000
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		b.Run(engine, func(b *testing.B) {
			for b.Loop() {
				url := storagetest.Migrated(b, engine)
				c := gather(b, storagetest.Open(b, url, nil), openRaw(b, engine, url), n)
				var bare []time.Duration
				for i := range 100 {
					start := time.Now()
					_, err := c.s.Record(b.Context(), storage.Effect{Update: fmt.Sprint("bare", i), Body: "x"})
					c.must(err)
					bare = append(bare, time.Since(start))
				}
				var took []time.Duration
				for i := range n {
					c.must(c.enter(storage.Search{User: int64(i + 1)}))
					start := time.Now()
					if _, err := c.match(int64(i + 1)); err != nil && !errors.Is(err, storage.ErrNotFound) {
						b.Fatal(err)
					}
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				slices.Sort(bare)
				p99 := took[n*99/100]
				b.ReportMetric(float64(p99)/float64(time.Millisecond), "p99-ms")
				b.ReportMetric(float64(p99)/float64(bare[len(bare)/2]), "x_bare")
			}
		})
	}
}
