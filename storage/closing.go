package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// The law demands books for a number of years, and no longer. What is left of somebody who was erased, the journal, the payments and
// the mark that they were here, is deleted when that time is over for all of it. It takes whole people: what somebody got
// and gave comes to nothing at their erasure, so what stays still balances. What it came to per account of the house goes
// into a signed entry, and of each transfer the digest stays at its place in its checkpoint, so that what else the
// checkpoint has can be proved as before. The database refuses to delete anything of the books that is not of such a person.

// BookYears is for how many years books are kept by default, counted from the end of the year: as long as any law that we know of
// demands it.
const BookYears = 10

// BookYears is for how many years this store keeps them.
func (s *Store) BookYears() int { return s.bookYears }

// closeAtOnce is how many people's books are deleted in a transaction.
const closeAtOnce = 10

// closeable are the people, rows of users, whose books nobody needs any more: nothing was booked since $1, nothing is left or owed,
// and what they asked about their data is forgotten too.
const closeable = `erased_at IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = users.id AND (a.posted <> 0 OR a.held <> 0))
	AND NOT EXISTS (SELECT 1 FROM transfers t WHERE t.user_id = users.id AND t.created_at >= $1)
	AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.user_id = users.id AND (p.updated_at >= $1 OR p.paid_at >= $1))
	AND NOT EXISTS (SELECT 1 FROM refunds f WHERE f.user_id = users.id AND f.updated_at >= $1)
	AND NOT EXISTS (SELECT 1 FROM rights r WHERE r.user_id = users.id)`

// Closing is an entry of the chain.
type Closing struct {
	N         int64            `json:"n"`
	People    int64            `json:"people"`
	Transfers int64            `json:"transfers"`
	Sums      map[string]int64 `json:"sums"` // by account of the house, what it gave less what it took
	Until     time.Time        `json:"until"`
	Signature []byte           `json:"signature"`
	Made      time.Time        `json:"made"`

	sums         string
	digest, prev []byte
}

// message is what is signed.
func (c Closing) message() []byte {
	m := []byte("imagika closing 1\n")
	for _, n := range []int64{c.N, c.People, c.Transfers, c.Until.UnixMicro(), c.Made.UnixMicro(), int64(len(c.sums))} {
		m = binary.BigEndian.AppendUint64(m, uint64(n))
	}
	return slices.Concat(m, []byte(c.sums), c.digest, c.prev)
}

const closingPurpose = "closing"

// closeBooks deletes books that were kept long enough, of a few people at a time. It returns how many.
func (s *Store) closeBooks(ctx context.Context, rule RetentionRule) (n int64, err error) {
	err = s.write(ctx, func(t tx) error {
		n, err = s.closing(ctx, t, rule)
		return err
	})
	return n, err
}

func (s *Store) closing(ctx context.Context, t tx, rule RetentionRule) (n int64, err error) {
	// Neither a checkpoint nor another closing meanwhile.
	if _, err := t.exec(ctx, `INSERT INTO leases (name) VALUES ('checkpoint') ON CONFLICT (name) DO UPDATE SET holder = ''`); err != nil {
		return 0, err
	}
	until := rule.before(time.UnixMicro(t.now))
	n, err = t.exec(ctx, `INSERT INTO closing_people (person) SELECT id FROM users WHERE erased_at < $1 AND `+closeable+
		` ORDER BY erased_at LIMIT `+strconv.Itoa(closeAtOnce), until.UnixMicro())
	if err != nil || n == 0 {
		return 0, err
	}
	last, err := scanClosing(t.QueryRowContext(ctx, `SELECT `+closingColumns+` ORDER BY n DESC LIMIT 1`))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	c := Closing{N: last.N + 1, People: n, Until: until, Made: time.UnixMicro(t.now), prev: append([]byte{}, last.Signature...)}
	if err := t.sumUpClosing(ctx, &c); err != nil {
		return 0, err
	}
	if c.digest, err = t.closeMarks(ctx, c.N); err != nil {
		return 0, err
	}
	c.Signature = s.keys.Sign(closingPurpose, c.message())
	if _, err := t.exec(ctx, `INSERT INTO closings (n, people, transfers, sums, until_at, digest, prev, signature, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
		c.N, c.People, c.Transfers, c.sums, c.Until.UnixMicro(), c.digest, c.prev, c.Signature, t.now); err != nil {
		return 0, err
	}
	return n, t.deleteBooks(ctx)
}

// sumUpClosing adds up what is about to go.
func (t tx) sumUpClosing(ctx context.Context, c *Closing) error {
	c.Sums = make(map[string]int64)
	_, err := collect(ctx, t, func(row scanner) (_ struct{}, err error) {
		var counter string
		var transfers, posted int64
		err = row.Scan(&counter, &transfers, &posted)
		c.Sums[counter] = posted
		c.Transfers += transfers
		return struct{}{}, err
	}, `SELECT counter, COUNT(*), CAST(SUM(posted) AS BIGINT) FROM transfers WHERE user_id IN (SELECT person FROM closing_people) GROUP BY counter`)
	if err != nil {
		return err
	}
	text, err := json.Marshal(c.Sums)
	if err != nil {
		return fmt.Errorf("encode sums: %w", err)
	}
	c.sums = string(text)
	return nil
}

// closedMark is what is left of a transfer.
type closedMark struct {
	n, place int64
	digest   []byte
}

// closeMarks leaves the digests of what is about to go at their places, and returns that of all of them.
func (t tx) closeMarks(ctx context.Context, closing int64) ([]byte, error) {
	checkpoints, err := collect(ctx, t, func(row scanner) (n int64, err error) { return n, row.Scan(&n) }, `SELECT DISTINCT m.n FROM checkpoint_marks m
		JOIN transfers t ON t.id = m.transfer_id WHERE t.user_id IN (SELECT person FROM closing_people) ORDER BY m.n`)
	if err != nil {
		return nil, err
	}
	var all []closedMark
	for _, n := range checkpoints {
		marks, err := t.placesOf(ctx, n)
		if err != nil {
			return nil, err
		}
		for _, m := range marks {
			if _, err := t.exec(ctx, `INSERT INTO closed_marks (n, place, closing, digest) VALUES ($1,$2,$3,$4)`, m.n, m.place, closing, m.digest); err != nil {
				return nil, err
			}
		}
		all = append(all, marks...)
	}
	return digestOfClosed(all), nil
}

// placesOf are the marks of a checkpoint that are about to go, each with its place among all it was signed for.
func (t tx) placesOf(ctx context.Context, n int64) (gone []closedMark, err error) {
	taken, err := closedOf(ctx, t, n)
	if err != nil {
		return nil, err
	}
	type mine struct {
		mark
		goes bool
	}
	marks, err := collect(ctx, t, func(row scanner) (m mine, err error) { return m, row.Scan(&m.id, &m.digest, &m.goes) },
		`SELECT m.transfer_id, m.digest, EXISTS (SELECT 1 FROM transfers t JOIN closing_people c ON c.person = t.user_id WHERE t.id = m.transfer_id)
		FROM checkpoint_marks m WHERE m.n = $1`, n)
	slices.SortFunc(marks, func(a, b mine) int { return byID(a.mark, b.mark) })
	place := int64(0)
	for _, m := range marks {
		for taken[place] != nil {
			place++
		}
		if m.goes {
			gone = append(gone, closedMark{n, place, m.digest})
		}
		place++
	}
	return gone, err
}

// closedOf are the digests of what is gone from a checkpoint, by their places.
func closedOf(ctx context.Context, q querier, n int64) (map[int64][]byte, error) {
	all := make(map[int64][]byte)
	_, err := collect(ctx, q, func(row scanner) (_ struct{}, err error) {
		var m closedMark
		err = row.Scan(&m.place, &m.digest)
		all[m.place] = m.digest
		return struct{}{}, err
	}, `SELECT place, digest FROM closed_marks WHERE n = $1`, n)
	return all, err
}

// digestOfClosed is that of a closing: of marks in order of checkpoint and place.
func digestOfClosed(marks []closedMark) []byte {
	h := sha256.New()
	for _, m := range marks {
		h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(m.n)), uint64(m.place)))
		h.Write(m.digest)
	}
	return h.Sum(nil)
}

// otherSide is the transfer of the other side of a gift, t being one.
const otherSide = `CASE WHEN t.ref LIKE '%:out' THEN substr(t.id, 1, length(t.id) - 4) || ':in' ELSE substr(t.id, 1, length(t.id) - 3) || ':out' END`

// deleteBooks deletes everything of those whose books are closed, down to the mark that they were here.
func (t tx) deleteBooks(ctx context.Context) error {
	const theirs = ` IN (SELECT person FROM closing_people)`
	for _, q := range []string{
		`DELETE FROM closed_gifts WHERE transfer_id IN (SELECT ` + otherSide + ` FROM transfers t WHERE t.kind = 'gift' AND t.user_id` + theirs + `)`,
		`INSERT INTO closed_gifts (transfer_id) SELECT t.id FROM transfers t JOIN transfers o ON o.id = ` + otherSide + `
			WHERE t.kind = 'gift' AND t.user_id` + theirs + ` AND o.user_id NOT` + theirs,
		`UPDATE promos SET closed = closed + (SELECT COUNT(*) FROM transfers g WHERE g.user_id` + theirs + ` AND g.kind = 'grant'
			AND substr(g.ref, 1, length(promos.id) + 7) = 'promo:' || promos.id || ':')`,
		`DELETE FROM receipts WHERE transfer_id IN (SELECT id FROM transfers WHERE user_id` + theirs + `)`,
		`DELETE FROM checkpoint_marks WHERE transfer_id IN (SELECT id FROM transfers WHERE user_id` + theirs + `)`,
		`DELETE FROM lot_uses WHERE lot_id IN (SELECT id FROM lots WHERE user_id` + theirs + `)`,
		`DELETE FROM lots WHERE user_id` + theirs,
		`DELETE FROM refunds WHERE charge_id IN (SELECT charge_id FROM payments WHERE user_id` + theirs + `)`,
		`DELETE FROM payments WHERE user_id` + theirs,
		`UPDATE payments SET order_id = NULL WHERE order_id IN (SELECT id FROM orders WHERE user_id` + theirs + `)`, // somebody else paid it
		`DELETE FROM orders WHERE user_id` + theirs,
		`DELETE FROM transfers WHERE user_id` + theirs,
		`DELETE FROM accounts WHERE user_id` + theirs,
		`DELETE FROM users WHERE id` + theirs,
		`DELETE FROM closing_people`,
	} {
		if _, err := t.exec(ctx, q); err != nil {
			return fmt.Errorf("close books: %w", err)
		}
	}
	return nil
}

const closingColumns = `n, people, transfers, sums, until_at, digest, prev, signature, created_at FROM closings`

func scanClosing(row scanner) (c Closing, err error) {
	var until, made sql.NullInt64
	if err := row.Scan(&c.N, &c.People, &c.Transfers, &c.sums, &until, &c.digest, &c.prev, &c.Signature, &made); err != nil {
		return c, notFound(err)
	}
	c.Until, c.Made = fromMicros(until), fromMicros(made)
	if err := json.Unmarshal([]byte(c.sums), &c.Sums); err != nil {
		return c, fmt.Errorf("decode sums: %w", err)
	}
	return c, nil
}

// closings are all of them, oldest first.
func (s *Store) closings(ctx context.Context) ([]Closing, error) {
	return collect(ctx, s.r, scanClosing, `SELECT `+closingColumns+` ORDER BY n`)
}

// What a look at the chain says.
const (
	chainClosings = "closings are a chain"
	closingSigned = "a closing is signed"
	closingWhole  = "a closing has what it was signed for, and comes to nothing"
)

// verifyClosings follows the chain.
func (s *Store) verifyClosings(ctx context.Context) (bad []Violation, err error) {
	all, err := s.closings(ctx)
	if err != nil {
		return nil, err
	}
	var last Closing
	for _, c := range all {
		name := "closing " + strconv.FormatInt(c.N, 10)
		if c.N != last.N+1 || !bytes.Equal(c.prev, last.Signature) {
			bad = append(bad, Violation{chainClosings, name})
		}
		if !s.keys.Signed(closingPurpose, c.message(), c.Signature) {
			bad = append(bad, Violation{closingSigned, name})
		}
		marks, err := collect(ctx, s.r, func(row scanner) (m closedMark, err error) { return m, row.Scan(&m.n, &m.place, &m.digest) },
			`SELECT n, place, digest FROM closed_marks WHERE closing = $1 ORDER BY n, place`, c.N)
		if err != nil {
			return nil, err
		}
		var sum int64
		for _, posted := range c.Sums {
			sum += posted
		}
		if sum != 0 || !bytes.Equal(digestOfClosed(marks), c.digest) {
			bad = append(bad, Violation{closingWhole, name})
		}
		last = c
	}
	return bad, nil
}
