package storage

import (
	"context"
	"database/sql"
	"strconv"
	"time"
)

// Ban keeps a person from having anything made. The zero value is none.
type Ban struct {
	Case  string
	Until time.Time
}

// Forever is when a ban ends that an operator has to lift.
var Forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Active reports whether the ban holds at that time.
func (b Ban) Active(now time.Time) bool { return now.Before(b.Until) }

// CaseKind is what a case is about.
type CaseKind string

// The kinds.
const (
	CasePrompt CaseKind = "prompt" // words that were refused
	CaseBan    CaseKind = "ban"
)

// CaseStatus is where a case stands:
//
//	open ──► appealed ──► accepted | rejected
type CaseStatus string

// The statuses.
const (
	CaseOpen     CaseStatus = "open"     // entered when it is decided against the person; left by their appeal
	CaseAppealed CaseStatus = "appealed" // waits for an operator
	CaseAccepted CaseStatus = "accepted" // it was a mistake: the strike is lifted, the ban too
	CaseRejected CaseStatus = "rejected"
)

// Case is something that was decided against a person and that they can appeal once.
type Case struct {
	ID       string
	User     int64
	Kind     CaseKind
	Cause    string // of a prompt the rule; of a ban a BanCause
	Category string
	Absolute bool // a prompt that cannot be appealed
	Status   CaseStatus
	CaseBody
	Created, Appealed time.Time
}

// CaseBody is the sealed part of a case.
type CaseBody struct {
	Prompt   string `json:"prompt,omitempty"`
	Negative string `json:"negative,omitempty"`
	Note     string `json:"note,omitempty"` // an operator's words to the person
	Chat     int64  `json:"chat,omitempty"`
}

// Causes of bans. A closed set: they are text keys.
const (
	BanAbsolute = "absolute" // an absolute refusal
	BanStrikes  = "strikes"  // too many strikes
	BanOperator = "operator"
	// BanConversation keeps somebody out of conversations alone: what they did there was reported.
	BanConversation = "conversation"
)

// StrikeCause says what a strike is for.
type StrikeCause string

// The causes.
const (
	StrikeRule     StrikeCause = "rule"     // refused by a rule
	StrikeAbsolute StrikeCause = "absolute" // refused by an absolute one
	StrikeProvider StrikeCause = "provider" // refused by who paints
)

// StrikeDecay is how long an ordinary strike counts.
const StrikeDecay = 24 * time.Hour

// Strike counts against a person for a while.
type Strike struct {
	ID               string
	Cause            StrikeCause
	Weight           int64
	Created, Expires time.Time
}

// Refusal is everything that follows from refusing a prompt.
type Refusal struct {
	Case   Case
	Strike Strike // its ID is the case's
	Ban    *Case  // nil for none
	Until  time.Time
}

// Refuse commits a refusal with what the person is told.
func (s *Store) Refuse(ctx context.Context, e Effect, r Refusal) (Outbox, error) {
	insert, err := s.caseInserter(ctx, r.Case)
	if err != nil {
		return nil, err
	}
	ban := func(tx) error { return nil }
	if r.Ban != nil {
		if ban, err = s.banner(ctx, *r.Ban, r.Until); err != nil {
			return nil, err
		}
	}
	return s.effect(ctx, e, func(t tx) error {
		if err := insert(t); err != nil {
			return err
		}
		r.Strike.ID = r.Case.ID
		if err := t.strike(ctx, r.Case.User, r.Strike); err != nil {
			return err
		}
		return ban(t)
	})
}

// caseInserter seals a case and returns what inserts it.
func (s *Store) caseInserter(ctx context.Context, c Case) (func(tx) error, error) {
	sealed, err := s.seal(ctx, c.User, "cases|body", c.ID, c.CaseBody)
	if err != nil {
		return nil, err
	}
	var key []byte
	if c.Kind == CasePrompt {
		key = s.promptKey(c.User, c.Prompt)
	}
	return func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO cases (id, user_id, kind, cause, category, absolute, status, prompt_key, body, created_at)
			VALUES ($1,$2,$3,$4,$5,$6,'open',$7,$8,$9)`, c.ID, c.User, string(c.Kind), c.Cause, c.Category, c.Absolute, key, sealed, t.now)
		return err
	}, nil
}

// banner is caseInserter for a ban that holds from then on. A ban that holds longer stays.
func (s *Store) banner(ctx context.Context, c Case, until time.Time) (func(tx) error, error) {
	insert, err := s.caseInserter(ctx, c)
	return func(t tx) error {
		if err := insert(t); err != nil {
			return err
		}
		_, err := t.exec(ctx, `UPDATE users SET ban_until = $2, ban_case = $3 WHERE id = $1 AND erasing_at IS NULL
			AND COALESCE(ban_until, 0) < $2`, c.User, until.UnixMicro(), c.ID)
		return err
	}, err
}

func (s *Store) promptKey(user int64, prompt string) []byte {
	return s.keys.Index("refused prompt", strconv.FormatInt(user, 10), prompt)
}

// strike counts once against a person. Operators are not counted.
func (t tx) strike(ctx context.Context, user int64, k Strike) error {
	var person bool
	err := t.QueryRowContext(ctx, `SELECT kind = 'person' FROM users WHERE id = $1`, user).Scan(&person)
	if err != nil || !person {
		return notFound(err)
	}
	_, err = t.exec(ctx, `INSERT INTO strikes (id, user_id, cause, weight, created_at, expires_at) VALUES ($1,$2,$3,$4,$5,$6)
		ON CONFLICT (id) DO NOTHING`, k.ID, user, string(k.Cause), k.Weight, t.now, k.Expires.UnixMicro())
	return err
}

// strikeRefused is the strike for a generation that its painter refused.
func (t tx) strikeRefused(ctx context.Context, g Generation) error {
	return t.strike(ctx, g.User, Strike{
		ID: "generation:" + g.ID, Cause: StrikeProvider, Weight: 1, Expires: time.UnixMicro(t.now).Add(StrikeDecay),
	})
}

// Strikes returns what counts against a person now, oldest first.
func (s *Store) Strikes(ctx context.Context, user int64) ([]Strike, error) {
	return lookup(ctx, s, func(row scanner) (k Strike, err error) {
		var created, expires sql.NullInt64
		err = row.Scan(&k.ID, &k.Cause, &k.Weight, &created, &expires)
		k.Created, k.Expires = fromMicros(created), fromMicros(expires)
		return k, err
	}, `SELECT id, cause, weight, created_at, expires_at FROM strikes WHERE user_id = $1 AND expires_at > $2 ORDER BY created_at, id`,
		user, s.now().UnixMicro())
}

// Pardoned reports whether an operator found that these words had been refused by mistake.
func (s *Store) Pardoned(ctx context.Context, user int64, prompt string) (ok bool, err error) {
	err = s.r.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM cases WHERE user_id = $1 AND prompt_key = $2 AND status = 'accepted')`,
		user, s.promptKey(user, prompt)).Scan(&ok)
	return ok, err
}

const caseColumns = `id, user_id, kind, cause, category, absolute, status, body, created_at, appealed_at`

// Case returns a case, or ErrNotFound.
func (s *Store) Case(ctx context.Context, id string) (Case, error) {
	all, err := s.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = $1`, id)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Case{}, err
	}
	return all[0], nil
}

// Appeals lists the cases that wait for an operator, the longest waiting first.
func (s *Store) Appeals(ctx context.Context, limit int) ([]Case, error) {
	return s.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE status = 'appealed' ORDER BY appealed_at, id LIMIT $1`, limit)
}

func (s *Store) cases(ctx context.Context, query string, args ...any) ([]Case, error) {
	type row struct {
		Case
		sealed []byte
	}
	rows, err := collect(ctx, s.r, func(sc scanner) (r row, err error) {
		var created, appealed sql.NullInt64
		err = sc.Scan(&r.ID, &r.User, &r.Kind, &r.Cause, &r.Category, &r.Absolute, &r.Status, &r.sealed, &created, &appealed)
		r.Created, r.Appealed = fromMicros(created), fromMicros(appealed)
		return r, err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	all := make([]Case, 0, len(rows))
	for _, r := range rows { // unsealed after the rows are closed: it may need a connection of the key store
		if err := s.unseal(ctx, r.User, "cases|body", r.ID, r.sealed, &r.CaseBody); err != nil {
			return nil, err
		}
		all = append(all, r.Case)
	}
	return all, nil
}

// Appeal is a person's wish to have a case looked at: once per case, and never for a prompt that is absolute. ErrNotFound
// says that there is no such case.
func (s *Store) Appeal(ctx context.Context, e Effect, user int64, id string) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE cases SET status = 'appealed', appealed_at = $3
			WHERE id = $1 AND user_id = $2 AND status = 'open' AND NOT absolute`, id, user, t.now)
	})
}
