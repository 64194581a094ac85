package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// A conversation names its two people while it lives, and nobody after: at its end the pair is sealed to the operators
// (parting.go) or forgotten.

// Conversation is one, as one of the two sees it.
type Conversation struct {
	ID            string
	Lang          string // both talk it; empty where two languages met
	User, Partner int64
	Side          int // of the user: 0 or 1
	Opened        time.Time
	Active        time.Time // last message, to within minutes
}

// EndReason is why a conversation ended. A closed set: metric labels.
type EndReason string

// The reasons.
const (
	EndLeft    EndReason = "left"    // one of the two left
	EndNext    EndReason = "next"    // left for somebody else
	EndBlocked EndReason = "blocked" // one keeps the other out
	EndAway    EndReason = "away"    // one blocked the bot, or cannot be written to
	EndBarred  EndReason = "barred"  // one was banned, paused or is being erased
	EndIdle    EndReason = "idle"    // nobody wrote for days
	EndOff     EndReason = "off"     // conversations were switched off
)

// open makes a conversation of two people whom nothing holds any more. Waited is in µs.
func (t tx) open(ctx context.Context, c Conversation, waited int64, pair []byte) error {
	if _, err := t.exec(ctx, `INSERT INTO conversations (id, lang, waited, opened_at, active_at) VALUES ($1,$2,$3,$4,$4)`, c.ID, c.Lang, waited, t.now); err != nil {
		return err
	}
	n, err := t.exec(ctx, `INSERT INTO conversation_members (conversation_id, side, user_id) VALUES ($1, 0, $2), ($1, 1, $3) ON CONFLICT (user_id) DO NOTHING`,
		c.ID, c.User, c.Partner)
	if err == nil && n != 2 {
		err = errTaken
	}
	if err != nil {
		return err
	}
	// In one order, so that nobody waits for each other.
	if _, err := t.exec(ctx, `INSERT INTO chat_people (user_id, met) VALUES ($1, 1), ($2, 1) ON CONFLICT (user_id) DO UPDATE SET met = chat_people.met + 1`,
		min(c.User, c.Partner), max(c.User, c.Partner)); err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO pair_bars (pair, kind, until, created_at) VALUES ($1,$2,$3,$4) ON CONFLICT (pair, kind) DO UPDATE SET until = excluded.until`,
		pair, barMet, t.now+metKept.Microseconds(), t.now)
	return err
}

// metKept is how long two who met are kept from meeting again, counted from the last time.
const metKept = 30 * 24 * time.Hour

const liveConversation = `SELECT c.id, c.lang, m.user_id, o.user_id, m.side, c.opened_at, c.active_at FROM conversation_members m
	JOIN conversation_members o ON o.conversation_id = m.conversation_id AND o.side <> m.side JOIN conversations c ON c.id = m.conversation_id`

func scanConversation(row scanner) (c Conversation, err error) {
	var opened, active sql.NullInt64
	err = row.Scan(&c.ID, &c.Lang, &c.User, &c.Partner, &c.Side, &opened, &active)
	c.Opened, c.Active = fromMicros(opened), fromMicros(active)
	return c, notFound(err)
}

// Conversation returns the one that a person is in, or ErrNotFound.
func (s *Store) Conversation(ctx context.Context, user int64) (Conversation, error) {
	return scanConversation(s.r.QueryRowContext(ctx, liveConversation+` WHERE m.user_id = $1`, user))
}

// Stale returns conversations in which nobody wrote since a time, and those of which one may not be in them any more, as that
// one sees them. Nobody has written since a time to come.
func (s *Store) Stale(ctx context.Context, idle time.Time, limit int) (unfit, quiet []Conversation, err error) {
	now := s.now().UnixMicro()
	unfit, err = collect(ctx, s.r, scanConversation, liveConversation+` JOIN users u ON u.id = m.user_id WHERE NOT (`+fit("$1")+`) ORDER BY c.id LIMIT $2`, now, limit)
	if err != nil {
		return nil, nil, err
	}
	quiet, err = collect(ctx, s.r, scanConversation, liveConversation+` WHERE m.side = 0 AND c.closed_at IS NULL AND c.active_at < $1 ORDER BY c.id LIMIT $2`,
		idle.UnixMicro(), limit)
	return unfit, quiet, err
}

// End ends a conversation, once: whoever comes second gets ErrNotFound, and nothing of theirs is done. What was to be passed
// on and is not yet is dropped; tell gets how many messages of each side that were, and makes what both are told.
func (s *Store) End(ctx context.Context, e Effect, c Conversation, reason EndReason, tell func(dropped [2]int) []Send) (Outbox, error) {
	pair, err := s.sealPair(c)
	if err != nil {
		return nil, err
	}
	var more Outbox
	out, err := s.effect(ctx, e, func(t tx) error {
		dropped, err := t.part(ctx, c.ID, reason, pair, s.window)
		if err != nil {
			return err
		}
		more, err = s.oweInside(ctx, t, tell(dropped))
		return err
	})
	return append(out, more...), err
}

func (t tx) part(ctx context.Context, id string, reason EndReason, pair []byte, window time.Duration) (dropped [2]int, err error) {
	until := any(nil)
	if pair != nil {
		until = t.now + window.Microseconds()
	}
	if err := t.change(ctx, ErrNotFound, `UPDATE conversations SET closed_at = $2, reason = $3, pair = $4, pair_until = $5
		WHERE id = $1 AND closed_at IS NULL`, id, t.now, string(reason), pair, until); err != nil {
		return dropped, err
	}
	// Before what they wait for: whoever passes something on locks them first too.
	if err := t.change(ctx, ErrNotFound, `DELETE FROM conversation_members WHERE conversation_id = $1`, id); err != nil {
		return dropped, err
	}
	return t.dropRelays(ctx, id)
}

// dropRelays gives up what waits to be passed on, and says how many messages of each side that were. What is on its way is given
// up too: whoever passes it on finds the conversation over, and takes back what arrived all the same, unless the answer that says
// what it became is lost.
func (t tx) dropRelays(ctx context.Context, id string) (dropped [2]int, err error) {
	_, err = collect(ctx, t, func(row scanner) (side int, err error) {
		var kind RelayKind
		if err := row.Scan(&side, &kind); err == nil && !kind.Repeatable() {
			dropped[side]++
		}
		return side, err
	}, `UPDATE relays SET status = 'dropped', updated_at = $2 WHERE conversation_id = $1 AND status IN ('waiting','pending','sending','asked') RETURNING side, kind`, id, t.now)
	return dropped, err
}

// sealPair seals who talked with whom to the operators; it is nil where there are none.
func (s *Store) sealPair(c Conversation) ([]byte, error) {
	plain, err := json.Marshal([]int64{min(c.User, c.Partner), max(c.User, c.Partner)})
	if err != nil {
		return nil, err
	}
	return s.operators.Seal(pairPlace(c.ID), plain)
}

func pairPlace(conversation string) string { return "conversations|pair|" + conversation }

// Bar keeps two people apart for ever, one of whom wants that. Whoever looks for a partner just then is looked for anew.
func (s *Store) Bar(ctx context.Context, e Effect, user, partner int64) (Outbox, error) {
	pair := s.pairKey(user, partner)
	return s.effect(ctx, e, func(t tx) error {
		// A match that is under way ends first, or does not begin before this is known.
		if _, err := t.exec(ctx, `UPDATE lobby SET tried_at = 0 WHERE user_id = $1`, user); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO pair_bars (pair, kind, created_at) VALUES ($1,$2,$3) ON CONFLICT (pair, kind) DO NOTHING`, pair, barBlock, t.now)
		return err
	})
}

// ChatStanding is what conversations remember of a person.
type ChatStanding struct {
	Met    int64     // conversations so far
	Paused time.Time // kept out until then; zero or past is not
	Case   string    // why
	Pauses int64     // so far
	Remind string    // language in which they want to be reminded; empty for not at all
}

// ChatStanding returns a person's. It is zero for who never was in a conversation.
func (s *Store) ChatStanding(ctx context.Context, user int64) (v ChatStanding, err error) {
	var paused sql.NullInt64
	err = s.r.QueryRowContext(ctx, `SELECT met, paused_until, COALESCE(pause_case, ''), pauses, COALESCE(remind_lang, '') FROM chat_people WHERE user_id = $1`,
		user).Scan(&v.Met, &paused, &v.Case, &v.Pauses, &v.Remind)
	v.Paused = fromMicros(paused)
	if err = notFound(err); errors.Is(err, ErrNotFound) {
		err = nil
	}
	return v, err
}

// ChatCounts are how many there are.
type ChatCounts struct {
	People int64 // who were here
	Lobby  int64 // who look for a partner now
	Live   int64 // conversations now
	Ever   int64 // conversations so far
}

// ChatNow counts who is in the lobby, and the conversations that live.
func (s *Store) ChatNow(ctx context.Context) (lobby, live int64, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM lobby), (SELECT COUNT(*) FROM conversations WHERE closed_at IS NULL)`).Scan(&lobby, &live)
	return lobby, live, err
}

// ChatCounts counts.
func (s *Store) ChatCounts(ctx context.Context) (n ChatCounts, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM users WHERE kind = 'person' AND erased_at IS NULL AND restricted_at IS NULL AND objected_at IS NULL),
		(SELECT COUNT(*) FROM lobby WHERE `+counted("lobby.user_id")+`), (SELECT COUNT(*) FROM conversations WHERE closed_at IS NULL), (SELECT COUNT(*) FROM conversations)`).Scan(&n.People, &n.Lobby, &n.Live, &n.Ever)
	return n, err
}
