package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The lobby is where people look for a partner. Whoever enters is a row; a match takes two rows away and makes a conversation
// of them, in one transaction, so that nobody is matched twice. Redis has no part in it.
//
// Two people match if they want the same language, or if both take any, if their wishes do not contradict each other, if
// neither keeps the other out, and if they have not met within 30 days, unless both allow that.

// Sentinel errors of the lobby.
var (
	ErrTalking = errors.New("storage: in a conversation")
	ErrTooNew  = errors.New("storage: has not been here for long enough")
	ErrPaused  = errors.New("storage: kept out of conversations for a while")
)

// ChatSettings are how a person wants to meet others.
type ChatSettings struct {
	Lang  string `json:"lang,omitempty"`  // to talk in, ISO 639
	Wish  string `json:"wish,omitempty"`  // of a closed set; empty is whatever comes
	Wide  bool   `json:"wide,omitempty"`  // other languages too
	Again bool   `json:"again,omitempty"` // former partners too
	// Rules is the version of the rules that the person agreed to.
	Rules string `json:"rules,omitempty"`
	// Report is the report to which what the person sends until then (Unix seconds) is added.
	Report string `json:"report,omitempty"`
	Until  int64  `json:"until,omitempty"`
	// Open is about what the person is not asked before it leaves.
	Open ChatOpen `json:"open,omitzero"`
}

// ChatOpen are the kinds of secrets that somebody tells without being asked, in one conversation.
type ChatOpen struct {
	Conversation string `json:"conversation,omitempty"`
	Letters      string `json:"letters,omitempty"`
}

// Search is somebody's wish for a partner.
type Search struct {
	ID          string // of this time in the lobby
	User        int64
	Lang, Wish  string
	Wide, Again bool
	Since       time.Time
	Asked       time.Time // when they were asked about other languages; zero for not yet
}

// fit is what holds for users that may be in the lobby, as SQL over the alias u; now is a placeholder.
func fit(now string) string {
	return strings.ReplaceAll(`u.kind = 'person' AND u.erasing_at IS NULL AND u.restricted_at IS NULL AND u.unreachable_at IS NULL
		AND COALESCE(u.ban_until, 0) <= $now AND NOT EXISTS (SELECT 1 FROM chat_people p WHERE p.user_id = u.id AND p.paused_until > $now)`, "$now", now)
}

// Enter puts a person into the lobby, or changes what they look for if they are there, and keeps their settings, if there are
// any. ErrTalking, ErrTooNew (known for less than age), ErrPaused and ErrRestricted say why not.
func (s *Store) Enter(ctx context.Context, e Effect, q Search, age time.Duration, own *Settings) (Outbox, error) {
	keep := func(tx) error { return nil }
	if own != nil {
		var err error
		if keep, err = s.settingsKeeper(ctx, q.User, *own); err != nil {
			return nil, err
		}
	}
	return s.effect(ctx, e, func(t tx) error {
		if err := keep(t); err != nil {
			return err
		}
		return t.enter(ctx, q, age)
	})
}

func (t tx) enter(ctx context.Context, q Search, age time.Duration) error {
	n, err := t.exec(ctx, `INSERT INTO lobby (user_id, lang, wish, wide, again, search, since)
		SELECT u.id, $2, $3, $4, $5, $6, $7 FROM users u WHERE u.id = $1 AND u.created_at <= $8 AND `+fit("$7")+`
		ON CONFLICT (user_id) DO UPDATE SET lang = excluded.lang, wish = excluded.wish, wide = excluded.wide, again = excluded.again,
			search = excluded.search, shown = ''`,
		q.User, q.Lang, q.Wish, q.Wide, q.Again, q.ID, t.now, t.now-age.Microseconds())
	if err != nil {
		return err
	}
	if n == 0 {
		return t.unfit(ctx, q.User, age)
	}
	// Only now: a match that took the row away meanwhile has been waited for.
	var talking bool
	if err := t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM conversation_members WHERE user_id = $1)`, q.User).Scan(&talking); err != nil {
		return err
	}
	if talking {
		return ErrTalking
	}
	return nil
}

// unfit says why a person may not enter.
func (t tx) unfit(ctx context.Context, user int64, age time.Duration) error {
	var fresh, paused bool
	err := t.QueryRowContext(ctx, `SELECT u.created_at > $2, EXISTS (SELECT 1 FROM chat_people p WHERE p.user_id = u.id AND p.paused_until > $3)
		FROM users u WHERE u.id = $1`, user, t.now-age.Microseconds(), t.now).Scan(&fresh, &paused)
	switch {
	case err != nil:
		return notFound(err)
	case paused:
		return ErrPaused
	case fresh:
		return ErrTooNew
	}
	return ErrRestricted
}

// Leave takes a person out of the lobby. ErrNotFound says that they are not there.
func (s *Store) Leave(ctx context.Context, e Effect, user int64) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrNotFound, `DELETE FROM lobby WHERE user_id = $1`, user)
	})
}

const searchColumns = `search, user_id, lang, wish, wide, again, since, asked_at`

func scanSearch(row scanner) (q Search, err error) {
	var since, asked sql.NullInt64
	err = row.Scan(&q.ID, &q.User, &q.Lang, &q.Wish, &q.Wide, &q.Again, &since, &asked)
	q.Since, q.Asked = fromMicros(since), fromMicros(asked)
	return q, notFound(err)
}

// Searching returns what somebody in the lobby looks for, or ErrNotFound.
func (s *Store) Searching(ctx context.Context, user int64) (Search, error) {
	return scanSearch(s.r.QueryRowContext(ctx, `SELECT `+searchColumns+` FROM lobby WHERE user_id = $1`, user))
}

const (
	candidates  = 20 // looked at together
	matchRounds = 8  // of looking, where others took away whom it found
)

// errTaken says that whoever would fit was matched with somebody else, or left, and errHeld that the one who looks was, or is
// just being matched.
var (
	errTaken = errors.New("storage: taken")
	errHeld  = errors.New("storage: held")
)

// teller makes what two people are told who were matched, the one who came first as the first.
type teller func(ctx context.Context, c Conversation, both [2]Search) ([]Send, error)

// Match finds a partner for somebody in the lobby and opens their conversation; tell makes what both are told, and only reads.
// ErrNotFound says that there is nobody for them now, or that they are not in the lobby any more.
func (s *Store) Match(ctx context.Context, user int64, tell teller) (c Conversation, out Outbox, err error) {
	select {
	case s.matching <- struct{}{}:
		defer func() { <-s.matching }()
	case <-ctx.Done():
		return c, nil, ctx.Err()
	}
	for range matchRounds {
		me, err := s.Searching(ctx, user)
		if err != nil {
			return c, nil, err
		}
		all, err := s.candidates(ctx, me)
		if err != nil {
			return c, nil, err
		}
		if len(all) == 0 {
			return c, nil, ErrNotFound
		}
		c, out, err = s.join(ctx, me, all, tell)
		if errors.Is(err, errHeld) {
			err = s.awaitMatch(ctx, user)
		} else if !errors.Is(err, errTaken) {
			return c, out, err
		}
		if err != nil && !errors.Is(err, errTaken) {
			return c, nil, err
		}
	}
	return c, nil, ErrNotFound
}

// awaitMatch waits until somebody is not held by a match any more.
func (s *Store) awaitMatch(ctx context.Context, user int64) error {
	_, err := collect(ctx, s.w, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
		`SELECT user_id FROM lobby l WHERE user_id = $1`+s.dialect.awaitLocked, user)
	return err
}

// candidate is somebody who fits, and the key of the pair they would be.
type candidate struct {
	Search
	pair []byte
}

// candidates are those who would fit, those of the same language first, the longest waiting first.
func (s *Store) candidates(ctx context.Context, me Search) ([]candidate, error) {
	var fits []candidate
	for from := 0; len(fits) < candidates; from += candidates {
		page, err := collect(ctx, s.r, scanSearch, `SELECT `+searchColumns+` FROM lobby WHERE (lang = $1 OR ($2 AND wide))
			AND ($3 = '' OR wish = '' OR wish = $3) AND user_id <> $4
			ORDER BY CASE WHEN lang = $1 THEN 0 ELSE 1 END, since, user_id LIMIT $5 OFFSET $6`, me.Lang, me.Wide, me.Wish, me.User, candidates, from)
		if err != nil {
			return nil, err
		}
		free, err := s.unbarred(ctx, me, page)
		if err != nil {
			return nil, err
		}
		fits = append(fits, free...)
		if len(page) < candidates {
			break
		}
	}
	return fits, nil
}

// list adds values to the arguments of a statement and returns their placeholders.
func list[T any](args *[]any, values []T) string {
	places := make([]string, 0, len(values))
	for _, v := range values {
		*args = append(*args, v)
		places = append(places, "$"+strconv.Itoa(len(*args)))
	}
	return strings.Join(places, ",")
}

// unbarred leaves out those with whom the person does not meet.
func (s *Store) unbarred(ctx context.Context, me Search, page []Search) ([]candidate, error) {
	if len(page) == 0 {
		return nil, nil
	}
	all := make([]candidate, 0, len(page))
	keys := make([][]byte, 0, len(page))
	for _, q := range page {
		pair := s.pairKey(me.User, q.User)
		all, keys = append(all, candidate{q, pair}), append(keys, pair)
	}
	args := []any{s.now().UnixMicro()}
	type bar struct {
		pair []byte
		kind string
	}
	bars, err := collect(ctx, s.r, func(row scanner) (b bar, err error) { return b, row.Scan(&b.pair, &b.kind) },
		`SELECT pair, kind FROM pair_bars WHERE (until IS NULL OR until > $1) AND pair IN (`+list(&args, keys)+`)`, args...)
	if err != nil {
		return nil, err
	}
	kept := make(map[string]bool, len(bars))
	for _, b := range bars {
		kept[b.kind+string(b.pair)] = true
	}
	free := all[:0]
	for _, c := range all {
		if !kept[barBlock+string(c.pair)] && (me.Again && c.Again || !kept[barMet+string(c.pair)]) {
			free = append(free, c)
		}
	}
	return free, nil
}

// The kinds of pair_bars.
const (
	barMet   = "met"
	barBlock = "block"
)

// pairKey is what two people are known by who do not meet again: it names neither.
func (s *Store) pairKey(a, b int64) []byte {
	return s.keys.Index("pair", strconv.FormatInt(min(a, b), 10), strconv.FormatInt(max(a, b), 10))
}

// join takes somebody and the first free candidate out of the lobby and opens their conversation, or returns errTaken or errHeld.
func (s *Store) join(ctx context.Context, me Search, all []candidate, tell teller) (c Conversation, out Outbox, err error) {
	id, err := s.NewID()
	if err != nil {
		return c, nil, err
	}
	err = s.write(ctx, func(t tx) error {
		other, err := s.take(ctx, t, me, all)
		if err != nil {
			return err
		}
		a, b := me, other.Search
		if b.Since.Before(a.Since) {
			a, b = b, a
		}
		c = Conversation{ID: id, User: a.User, Partner: b.User, Opened: time.UnixMicro(t.now)}
		if a.Lang == b.Lang {
			c.Lang = a.Lang
		}
		if err := t.open(ctx, c, t.now-a.Since.UnixMicro(), other.pair); err != nil {
			return err
		}
		sends, err := tell(ctx, c, [2]Search{a, b})
		if err != nil {
			return err
		}
		out, err = s.oweInside(ctx, t, sends)
		return err
	})
	return c, out, err
}

// take claims two rows of the lobby in one statement: of the one who looks, and of the first candidate who is free. Somebody whom
// another match holds, who left or looks anew, or who may not be there any more, is not.
func (s *Store) take(ctx context.Context, t tx, me Search, all []candidate) (other candidate, err error) {
	args := []any{me.User, me.Lang, t.now, me.ID}
	var users []int64
	var searches []string
	for _, c := range all {
		users, searches = append(users, c.User), append(searches, c.ID)
	}
	taken, err := collect(ctx, t, func(row scanner) (id int64, err error) { return id, row.Scan(&id) }, `WITH two AS MATERIALIZED (
			SELECT l.user_id FROM lobby l WHERE l.user_id IN ($1,`+list(&args, users)+`) AND l.search IN ($4,`+list(&args, searches)+`)
			AND (SELECT `+fit("$3")+` FROM users u WHERE u.id = l.user_id)
			ORDER BY CASE WHEN l.user_id = $1 THEN 0 WHEN l.lang = $2 THEN 1 ELSE 2 END, l.since, l.user_id LIMIT 2`+s.dialect.skipLocked+`)
		DELETE FROM lobby WHERE user_id IN (SELECT user_id FROM two) RETURNING user_id`, args...)
	switch {
	case err != nil:
		return other, fmt.Errorf("take two: %w", err)
	case !slices.Contains(taken, me.User):
		return other, errHeld
	case len(taken) != 2:
		return other, errTaken
	}
	other = all[slices.IndexFunc(all, func(c candidate) bool { return c.User != me.User && slices.Contains(taken, c.User) })]
	var barred bool
	err = t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pair_bars WHERE pair = $1 AND (until IS NULL OR until > $2)
		AND (kind = 'block' OR NOT $3))`, other.pair, t.now, me.Again && other.Again).Scan(&barred)
	if err == nil && barred {
		err = errTaken
	}
	return other, err
}
