package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// TokensMost is how many tokens of the API a person can have.
const TokensMost = 10

// Token lets a program ask for pictures in a person's stead. The token itself is shown once and kept nowhere.
type Token struct {
	ID      string
	User    int64
	Prefix  string // how it begins
	Monthly int64  // credits it may spend in a calendar month, UTC; zero is no limit
	Used    time.Time
	Created time.Time
	Secret  []byte // that its webhooks are signed with
	TokenBody
}

// TokenBody is the sealed part of a token.
type TokenBody struct {
	Name string `json:"name"`
}

// ErrTokenCapped says that a token has spent what it may in this calendar month.
var ErrTokenCapped = errors.New("storage: the token's limit of the month is reached")

func (s *Store) tokenKey(token string) []byte { return s.keys.Index("api token", token) }

// AddToken keeps a token by its keyed hash. ErrTooMany says that the person has as many as they can, ErrRestricted that nothing is
// done with their data.
func (s *Store) AddToken(ctx context.Context, e Effect, one Token, token string) (Outbox, error) {
	sealed, err := s.seal(ctx, one.User, "api_tokens|body", one.ID, one.TokenBody)
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, func(t tx) error {
		if err := t.lock(ctx, one.User); err != nil {
			return err
		}
		var n int
		if err := t.QueryRowContext(ctx, `SELECT COUNT(*) FROM api_tokens WHERE user_id = $1`, one.User).Scan(&n); err != nil {
			return err
		}
		if n >= TokensMost {
			return ErrTooMany
		}
		return t.change(ctx, ErrRestricted, `INSERT INTO api_tokens (id, user_id, lookup, prefix, body, monthly, created_at)
			SELECT $1, id, $3, $4, $5, $6, $7 FROM users WHERE id = $2 AND erasing_at IS NULL AND restricted_at IS NULL`,
			one.ID, one.User, s.tokenKey(token), one.Prefix, sealed, one.Monthly, t.now)
	})
}

const tokenColumns = `id, user_id, prefix, monthly, used_at, created_at, body`

func scanToken(row scanner) (one Token, sealed []byte, err error) {
	var used, created sql.NullInt64
	err = row.Scan(&one.ID, &one.User, &one.Prefix, &one.Monthly, &used, &created, &sealed)
	one.Used, one.Created = fromMicros(used), fromMicros(created)
	return one, sealed, notFound(err)
}

func (s *Store) openToken(ctx context.Context, one Token, sealed []byte) (Token, error) {
	one.Secret = s.TokenSecret(one.ID)
	return one, s.unseal(ctx, one.User, "api_tokens|body", one.ID, sealed, &one.TokenBody)
}

// TokenSecret is what the webhooks of a token are signed with.
func (s *Store) TokenSecret(id string) []byte { return s.keys.Index("webhook secret", id) }

// Tokens are a person's, the oldest first.
func (s *Store) Tokens(ctx context.Context, user int64) ([]Token, error) {
	type row struct {
		one    Token
		sealed []byte
	}
	rows, err := collect(ctx, s.r, func(sc scanner) (r row, err error) {
		r.one, r.sealed, err = scanToken(sc)
		return r, err
	}, `SELECT `+tokenColumns+` FROM api_tokens WHERE user_id = $1 ORDER BY created_at, id`, user)
	if err != nil {
		return nil, err
	}
	all := make([]Token, 0, len(rows))
	for _, r := range rows {
		one, err := s.openToken(ctx, r.one, r.sealed)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// OwnToken returns one of the person's, or ErrNotFound.
func (s *Store) OwnToken(ctx context.Context, user int64, id string) (Token, error) {
	one, sealed, err := scanToken(s.r.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM api_tokens WHERE id = $1 AND user_id = $2`, id, user))
	if err != nil {
		return one, err
	}
	return s.openToken(ctx, one, sealed)
}

// TokenBy returns the token and whose it is, or ErrNotFound. It notes the day.
func (s *Store) TokenBy(ctx context.Context, token string) (one Token, p Person, err error) {
	one, _, err = scanToken(s.r.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM api_tokens WHERE lookup = $1`, s.tokenKey(token)))
	if err != nil {
		return one, p, err
	}
	if p, err = s.PersonByID(ctx, one.User); err != nil || p.Erasing {
		return one, p, err
	}
	if today := s.today(); one.Used.Before(today) {
		err = s.alone(ctx, func(t tx) error {
			_, err := t.exec(ctx, `UPDATE api_tokens SET used_at = $2 WHERE id = $1`, one.ID, today.UnixMicro())
			return err
		})
	}
	if err == nil {
		err = s.noteUse(ctx, &p)
	}
	return one, p, err
}

// LimitToken sets what a token may spend in a month; zero is no limit. ErrNotFound says that the person has none of that id.
func (s *Store) LimitToken(ctx context.Context, e Effect, user int64, id string, monthly int64) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE api_tokens SET monthly = $3 WHERE id = $1 AND user_id = $2`, id, user, monthly)
	})
}

// RevokeToken ends a token at once. What was asked for with it goes on. ErrNotFound says that the person has none of that id.
func (s *Store) RevokeToken(ctx context.Context, e Effect, user int64, id string) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		return t.change(ctx, ErrNotFound, `DELETE FROM api_tokens WHERE id = $1 AND user_id = $2`, id, user)
	})
}

// tokenSpent is what was spent since $2 with a token, and what is set aside for what was asked for with it.
const tokenSpent = `SELECT CAST(COALESCE(SUM(CASE WHEN g.status IN ('held','generating') THEN g.price ELSE
	COALESCE((SELECT t.amount FROM transfers t WHERE t.id = 'settle:' || g.id AND t.kind = 'capture'), 0) END), 0) AS BIGINT)
	FROM generations g WHERE g.token_id = $1 AND g.created_at >= $2`

// TokenSpent is what a token has spent in this calendar month, UTC, with what is set aside.
func (s *Store) TokenSpent(ctx context.Context, id string) (n int64, err error) {
	err = s.r.QueryRowContext(ctx, tokenSpent, id, month(s.now().UnixMicro())).Scan(&n)
	return n, err
}

// underTokenCap refuses what would take a token beyond its limit of the month: ErrTokenCapped. The account is locked first, as in
// underCap. The generation itself is among those that are counted.
func (t tx) underTokenCap(ctx context.Context, n NewGeneration) error {
	if n.Token == "" || n.Price == 0 {
		return nil
	}
	if err := t.lock(ctx, n.User); err != nil {
		return err
	}
	var limit, spent int64
	err := t.QueryRowContext(ctx, `SELECT monthly FROM api_tokens WHERE id = $1 AND user_id = $2`, n.Token, n.User).Scan(&limit)
	if err = notFound(err); err != nil || limit == 0 {
		return err
	}
	if err := t.QueryRowContext(ctx, tokenSpent, n.Token, month(t.now)).Scan(&spent); err != nil {
		return err
	}
	if spent > limit {
		return ErrTokenCapped
	}
	return nil
}
