package storage

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// Books are the figures of a moment, and what is wrong with them.
type Books struct {
	At         time.Time   `json:"at"`
	Violations []Violation `json:"violations"`
	People     int64       `json:"people"` // accounts
	Posted     int64       `json:"posted"` // credits that people have
	Held       int64       `json:"held"`   // of them, set aside
	Lots       []Sum       `json:"lots"`   // what is left, by source
	House      []Sum       `json:"house"`  // accounts of the house; with Posted they come to zero
	Transfers  int64       `json:"transfers"`
	Closed     int64       `json:"closed_transfers"` // of people who were erased so long ago that their books are gone
	Off        []Sum       `json:"off"`              // by how much two ways to add up differ, by name; all zero where the books are right
	Checkpoint *Checkpoint `json:"checkpoint"`       // the newest

	// Verdict is what Violations are of.
	Verdict Verdict `json:"-"`
}

// Sum is credits under a name.
type Sum struct {
	Name    string `json:"name"`
	Credits int64  `json:"credits"`
}

// Audit makes a checkpoint, verifies everything, and adds up.
func (s *Store) Audit(ctx context.Context) (b Books, err error) {
	c, err := s.Checkpoint(ctx)
	if err != nil {
		return b, err
	}
	b.At, b.Checkpoint = s.now(), &c
	b.Verdict, err = s.Prove(ctx, ScopeAll)
	if b.Violations = b.Verdict.Violations(); err != nil {
		return b, err
	}
	if err := s.r.QueryRowContext(ctx, `SELECT COUNT(*), CAST(COALESCE(SUM(posted), 0) AS BIGINT), CAST(COALESCE(SUM(held), 0) AS BIGINT),
		(SELECT COUNT(*) FROM transfers) FROM accounts`).Scan(&b.People, &b.Posted, &b.Held, &b.Transfers); err != nil {
		return b, err
	}
	if b.Lots, err = s.sums(ctx, `SELECT source, CAST(SUM(left_) AS BIGINT) FROM lots GROUP BY source ORDER BY source`); err != nil {
		return b, err
	}
	if b.House, err = s.sums(ctx, `SELECT counter, CAST(-SUM(posted) AS BIGINT) FROM transfers GROUP BY counter ORDER BY counter`); err != nil {
		return b, err
	}
	if err := s.addClosed(ctx, &b); err != nil {
		return b, err
	}
	b.Off, err = s.sums(ctx, `
		SELECT 'house', CAST(COALESCE((SELECT SUM(posted) FROM accounts), 0) - COALESCE((SELECT SUM(posted) FROM transfers), 0) AS BIGINT)
		UNION ALL SELECT 'lots', CAST(COALESCE((SELECT SUM(posted) FROM accounts), 0) - COALESCE((SELECT SUM(left_) FROM lots), 0) AS BIGINT)
		UNION ALL SELECT 'holds', CAST(COALESCE((SELECT SUM(held) FROM accounts), 0) - COALESCE((SELECT SUM(amount) FROM open_holds), 0) AS BIGINT)
		UNION ALL SELECT 'payments', CAST(COALESCE((SELECT SUM(credits) FROM payments), 0) -
			COALESCE((SELECT SUM(amount) FROM transfers WHERE kind = 'purchase'), 0) AS BIGINT)`)
	return b, err
}

// addClosed adds to the accounts of the house what they did with people whose books are gone.
func (s *Store) addClosed(ctx context.Context, b *Books) error {
	all, err := s.closings(ctx)
	for _, c := range all {
		b.Closed += c.Transfers
		for _, name := range slices.Sorted(maps.Keys(c.Sums)) {
			i := slices.IndexFunc(b.House, func(h Sum) bool { return h.Name == name })
			if i < 0 {
				i = len(b.House)
				b.House = append(b.House, Sum{Name: name})
			}
			b.House[i].Credits -= c.Sums[name]
		}
	}
	slices.SortFunc(b.House, func(a, b Sum) int { return strings.Compare(a.Name, b.Name) })
	return err
}

// Checks names what Books.Off compares.
func Checks() []string { return []string{"house", "lots", "holds", "payments"} }

func (s *Store) sums(ctx context.Context, query string) ([]Sum, error) {
	return collect(ctx, s.r, func(row scanner) (one Sum, err error) { return one, row.Scan(&one.Name, &one.Credits) }, query)
}
