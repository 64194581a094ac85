package storage_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// TestLobbyMachine lets six people do random things about meeting each other, bars, erases and restricts them at random moments,
// and after each compares where everybody is with a model. Anything may crash between two statements, and is done again then;
// all six may act at once. The nightly run sets -rapid.checks and -rapid.steps.
func TestLobbyMachine(t *testing.T) {
	t.Parallel()
	sizeMachine(t)
	for _, engine := range []string{storagetest.OnSQLite, storagetest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := &clock{now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC), step: time.Millisecond}
			url := storagetest.Migrated(t, engine)
			s := storagetest.Open(t, url, c.tick)
			m := &lobbyMachine{crowd: gather(t, s, openRaw(t, engine, url), 6), raw: openRaw(t, engine, url)}
			rapid.Check(t, func(rt *rapid.T) {
				m.reset()
				actions := map[string]func(*rapid.T){"": m.check, "all at once": m.rush}
				for _, kind := range lobbyKinds() {
					actions[kind] = func(rt *rapid.T) { m.one(rt, m.draw(rt, kind)) }
				}
				rt.Repeat(actions)
			})
		})
	}
}

// lobbyMachine is six people, where they are, and who does not meet whom.
type lobbyMachine struct {
	crowd
	raw          *sql.DB
	people       []*seeker
	blocked, met map[[2]int64]bool
	entered      int64
}

// seeker is one of them, as a model.
type seeker struct {
	storage.Search
	order   int64 // in which they came into the lobby; zero is not there
	partner int64 // whom they talk with; zero for nobody
	out     map[string]bool
}

// lobbyDeed is something that somebody does, or that is done to them.
type lobbyDeed struct {
	kind  string
	who   *seeker
	other int64
	q     storage.Search
	why   string
}

func lobbyKinds() []string {
	return []string{"enter", "enter again", "leave", "match", "match again", "end", "next", "block", "bar", "lift", "sweep"}
}

// outWhy is why somebody may not be in the lobby, and the statements that make it so and undo it.
var outWhy = map[string][2]string{
	"banned":     {`UPDATE users SET ban_until = 9000000000000000 WHERE id = %d`, `UPDATE users SET ban_until = 1 WHERE id = %d`},
	"restricted": {`UPDATE users SET restricted_at = 1 WHERE id = %d`, `UPDATE users SET restricted_at = NULL WHERE id = %d`},
	"erasing": {
		`UPDATE users SET erasing_at = 1 WHERE id = %[1]d; INSERT INTO rights (id, user_id, kind, origin, status, due_at, created_at, updated_at)
			VALUES ('erasure of %[1]d', %[1]d, 'erase', 'chat', 'running', 9000000000000000, 1, 1) ON CONFLICT DO NOTHING`,
		`UPDATE users SET erasing_at = NULL WHERE id = %[1]d; DELETE FROM rights WHERE user_id = %[1]d`,
	},
	"unreachable": {`UPDATE users SET unreachable_at = 1 WHERE id = %d`, `UPDATE users SET unreachable_at = NULL WHERE id = %d`},
	"paused": {
		`INSERT INTO chat_people (user_id, paused_until) VALUES (%d, 9000000000000000) ON CONFLICT (user_id) DO UPDATE SET paused_until = excluded.paused_until`,
		`UPDATE chat_people SET paused_until = 1 WHERE user_id = %d`,
	},
}

func (m *lobbyMachine) exec(query string, args ...any) {
	m.Helper()
	for one := range strings.SplitSeq(fmt.Sprintf(query, args...), ";") {
		_, err := m.raw.ExecContext(context.WithoutCancel(m.Context()), one)
		m.must(err)
	}
}

// reset makes six people whom nothing has happened to.
func (m *lobbyMachine) reset() {
	for _, table := range []string{"conversation_members", "conversations", "lobby", "chat_people", "pair_bars", "rights"} {
		m.exec(`DELETE FROM %s`, table)
	}
	m.exec(`UPDATE users SET ban_until = NULL, restricted_at = NULL, unreachable_at = NULL, erasing_at = NULL`)
	m.exec(`INSERT INTO rights (id, user_id, kind, origin, status, due_at, created_at, updated_at)
		SELECT 'erasure-' || CAST(id AS TEXT), id, 'erase', 'chat', 'asked', 9000000000000000, 1, 1 FROM users WHERE 1 = 1 ON CONFLICT (id) DO NOTHING`) // for who is being erased
	m.people, m.blocked, m.met, m.entered = nil, map[[2]int64]bool{}, map[[2]int64]bool{}, 0
	for id := range 6 {
		m.people = append(m.people, &seeker{Search: storage.Search{User: int64(id + 1)}, out: map[string]bool{}})
	}
}

func (m *lobbyMachine) draw(rt *rapid.T, kind string) lobbyDeed {
	return m.drawFor(rt, kind, pick(rt, m.people))
}

func (m *lobbyMachine) drawFor(rt *rapid.T, kind string, who *seeker) lobbyDeed {
	d := lobbyDeed{kind: kind, who: who}
	d.q = storage.Search{
		User: who.User, Lang: pick(rt, []string{"en", "en", "de"}), Wish: pick(rt, []string{"", "", "art", "games"}),
		Wide: rapid.Bool().Draw(rt, "wide"), Again: rapid.Bool().Draw(rt, "again"),
	}
	if d.other = pick(rt, m.people).User; kind == "block" && d.other == who.User {
		d.other = d.other%6 + 1
	}
	d.why = pick(rt, []string{"banned", "restricted", "erasing", "unreachable", "paused"})
	return d
}

// one does it: perhaps it crashes first.
func (m *lobbyMachine) one(rt *rapid.T, d lobbyDeed) {
	if after := rapid.IntRange(-1, 7).Draw(rt, "crash after"); after >= 0 && !slices.Contains([]string{"next", "block", "bar", "lift", "sweep"}, d.kind) {
		m.s.Crash(after)
		_, err := m.do(d)
		m.s.Crash(-1)
		if err != nil && !refusal(err) {
			m.check(rt)
		} else {
			m.compare(rt, d, m.expect(d), err)
			return
		}
	}
	want := m.expect(d)
	_, err := m.do(d)
	m.compare(rt, d, want, err)
}

func (m *lobbyMachine) compare(rt *rapid.T, d lobbyDeed, want, err error) {
	if !errors.Is(err, want) || want == nil && err != nil {
		rt.Fatalf("%s by %d: %v, want %v", d.kind, d.who.User, err, want)
	}
}

// refusal reports whether the storage says no, which changes nothing.
func refusal(err error) bool {
	return slices.ContainsFunc([]error{storage.ErrNotFound, storage.ErrTalking, storage.ErrRestricted, storage.ErrPaused}, func(e error) bool { return errors.Is(err, e) })
}

// do does it in the database. A match returns its two.
func (m *lobbyMachine) do(d lobbyDeed) (c storage.Conversation, err error) {
	ctx, user := m.Context(), d.who.User
	switch d.kind {
	case "enter", "enter again":
		return c, m.enter(d.q)
	case "leave":
		_, err = m.s.Leave(ctx, storage.Effect{}, user)
		return c, err
	case "match", "match again":
		return m.match(user)
	case "end":
		_, err = m.end(user)
		return c, err
	case "next":
		if _, err = m.end(user); err == nil {
			err = m.enter(d.q)
		}
		return c, err
	case "block":
		return c, m.block(user, d.other)
	case "bar":
		m.exec(outWhy[d.why][0], user)
	case "lift":
		m.exec(outWhy[d.why][1], user)
	case "sweep":
		return c, m.sweep()
	}
	return c, nil
}

// block is what a press on the button does.
func (m *lobbyMachine) block(user, other int64) error {
	if _, err := m.s.Bar(m.Context(), storage.Effect{}, user, other); err != nil {
		return err
	}
	c, err := m.s.Conversation(m.Context(), user)
	if err == nil && c.Partner == other {
		_, err = m.end(user)
	}
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}

// sweep is what the sweeper does about those who may not be where they are.
func (m *lobbyMachine) sweep() error {
	if _, err := m.s.SweepLobby(m.Context(), 100); err != nil {
		return err
	}
	unfit, _, err := m.s.Stale(m.Context(), time.Unix(0, 0), 100)
	for _, c := range unfit {
		if _, err := m.end(c.User); err != nil {
			return err
		}
	}
	return err
}

// expect does it in the model, and returns what is said about it.
func (m *lobbyMachine) expect(d lobbyDeed) error {
	p := d.who
	switch d.kind {
	case "enter", "enter again":
		return m.admit(p, d.q)
	case "leave":
		if p.order == 0 {
			return storage.ErrNotFound
		}
		p.order = 0
	case "match", "match again":
		return m.bring(p)
	case "end":
		m.part(p)
	case "next":
		m.part(p)
		return m.admit(p, d.q)
	case "block":
		m.blocked[pairOf(p.User, d.other)] = true
		if p.partner == d.other {
			m.part(p)
		}
	case "bar":
		p.out[d.why] = true
	case "lift":
		delete(p.out, d.why)
	case "sweep":
		for _, one := range m.people {
			if len(one.out) > 0 {
				m.part(one)
				one.order = 0
			}
		}
	}
	return nil
}

func (m *lobbyMachine) admit(p *seeker, q storage.Search) error {
	switch {
	case p.out["paused"]:
		return storage.ErrPaused
	case len(p.out) > 0:
		return storage.ErrRestricted
	case p.partner != 0:
		return storage.ErrTalking
	}
	p.Search = q
	if p.order == 0 {
		m.entered++
		p.order = m.entered
	}
	return nil
}

// bring finds the one they meet: of those who fit, one of their language, who came first.
func (m *lobbyMachine) bring(p *seeker) error {
	var all []*seeker
	for _, o := range m.people {
		if m.fit(p, o) {
			all = append(all, o)
		}
	}
	if len(all) == 0 {
		return storage.ErrNotFound
	}
	other := slices.MinFunc(all, func(a, b *seeker) int {
		if (a.Lang == p.Lang) != (b.Lang == p.Lang) {
			return cmp.Compare(b2i(b.Lang == p.Lang), b2i(a.Lang == p.Lang))
		}
		return cmp.Compare(a.order, b.order)
	})
	m.pair(p, other)
	return nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (m *lobbyMachine) fit(a, b *seeker) bool {
	pair := pairOf(a.User, b.User)
	return a != b && a.order > 0 && b.order > 0 && len(a.out)+len(b.out) == 0 && (a.Lang == b.Lang || a.Wide && b.Wide) &&
		(a.Wish == "" || b.Wish == "" || a.Wish == b.Wish) && !m.blocked[pair] && (!m.met[pair] || a.Again && b.Again)
}

func (m *lobbyMachine) pair(a, b *seeker) {
	m.met[pairOf(a.User, b.User)] = true
	a.order, b.order, a.partner, b.partner = 0, 0, b.User, a.User
}

func pairOf(a, b int64) [2]int64 { return [2]int64{min(a, b), max(a, b)} }

func (m *lobbyMachine) part(p *seeker) {
	if p.partner != 0 {
		m.people[p.partner-1].partner, p.partner = 0, 0
	}
}

// rush lets all six act at once, each one thing after the other. What came of it is read back.
func (m *lobbyMachine) rush(rt *rapid.T) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, p := range m.people {
		var deeds []lobbyDeed
		for range 4 {
			kind := pick(rt, lobbyKinds())
			if kind == "sweep" && p != m.people[0] { // one process of all sweeps
				kind = "match"
			}
			deeds = append(deeds, m.drawFor(rt, kind, p))
		}
		all.Go(func() {
			for _, d := range deeds {
				c, err := m.do(d)
				mu.Lock()
				if err != nil && !refusal(err) {
					m.Errorf("%s: %v", d.kind, err)
				}
				m.learn(d, c, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	m.must(m.sweep())
	m.reload(rt)
}

// learn notes what of a deed lasts, whatever else went on.
func (m *lobbyMachine) learn(d lobbyDeed, c storage.Conversation, err error) {
	switch d.kind {
	case "block":
		m.blocked[pairOf(d.who.User, d.other)] = true
	case "bar":
		d.who.out[d.why] = true
	case "lift":
		delete(d.who.out, d.why)
	}
	if c.User != 0 && err == nil {
		m.met[pairOf(c.User, c.Partner)] = true
	}
}

// reload believes the database about where people are, and checks that they may be there.
func (m *lobbyMachine) reload(rt *rapid.T) {
	var waiting []*seeker
	for _, p := range m.people {
		p.order, p.partner = 0, 0
		q, err := m.s.Searching(m.Context(), p.User)
		if err == nil {
			p.Search = q
			waiting = append(waiting, p)
		}
		if err == nil && len(p.out) > 0 {
			rt.Fatalf("%d waits, kept out: %v", p.User, p.out)
		}
		c, err := m.s.Conversation(m.Context(), p.User)
		if err != nil {
			continue
		}
		if p.partner = c.Partner; m.blocked[pairOf(p.User, c.Partner)] || len(p.out) > 0 {
			rt.Fatalf("%d talks with %d, kept out: %v", p.User, c.Partner, p.out)
		}
	}
	slices.SortFunc(waiting, func(a, b *seeker) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.User, b.User)) })
	for _, p := range waiting {
		m.entered++
		p.order = m.entered
	}
}

// check compares the database with the model, and with its invariants.
func (m *lobbyMachine) check(rt *rapid.T) {
	for _, p := range m.people {
		_, err := m.s.Searching(m.Context(), p.User)
		if found := err == nil; found != (p.order > 0) || err != nil && !errors.Is(err, storage.ErrNotFound) {
			rt.Fatalf("%d is in the lobby: %v, %v", p.User, found, err)
		}
		c, err := m.s.Conversation(m.Context(), p.User)
		if c.Partner != p.partner || c.Partner == p.User || err != nil && !errors.Is(err, storage.ErrNotFound) {
			rt.Fatalf("%d talks with %d, want %d, %v", p.User, c.Partner, p.partner, err)
		}
	}
	bad, err := m.s.Verify(m.Context())
	if err != nil || len(bad) > 0 {
		rt.Fatalf("verify: %v, %v", bad, err)
	}
}
