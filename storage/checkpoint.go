package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Checkpoints make a change by hand visible, even one that every sum agrees with. Each signs the transfers that no earlier
// one has, with the lots they gave and used, and the signature before it, with a key that is not in this database. What is
// not covered a day after it says to have been made was added later. The end of the chain alone can be cut off unseen: who
// keeps the newest signature elsewhere, as the log does, sees that too.

const (
	// checkpointDelay leaves transfers alone until nobody can commit them any more.
	checkpointDelay = time.Minute
	// checkpointLate is how far back a checkpoint looks for what was committed late after all.
	checkpointLate = 24 * time.Hour
	// checkpointSize bounds the transfers of one, and with that the time for which others wait.
	checkpointSize = 2000
	// checkpointPurpose is what the signing key is for.
	checkpointPurpose = "checkpoint"
)

// Checkpoint is a link of the chain.
type Checkpoint struct {
	N         int64     `json:"n"`
	Until     time.Time `json:"covers_until"`
	Transfers int64     `json:"transfers"`
	Signature []byte    `json:"signature"`
	Made      time.Time `json:"made"`

	digest, prev []byte
}

// message is what is signed.
func (c Checkpoint) message() []byte {
	m := []byte("imagika checkpoint 1\n")
	for _, n := range []int64{c.N, c.Until.UnixMicro(), c.Transfers, c.Made.UnixMicro()} {
		m = binary.BigEndian.AppendUint64(m, uint64(n))
	}
	return slices.Concat(m, c.digest, c.prev)
}

// Checkpoint covers every transfer older than a minute that is not covered yet, and returns the newest link.
func (s *Store) Checkpoint(ctx context.Context) (c Checkpoint, err error) {
	until := time.UnixMicro(s.now().Add(-checkpointDelay).UnixMicro())
	for full := true; full; {
		err := s.write(ctx, func(t tx) error {
			c, full, err = s.link(ctx, t, until)
			return err
		})
		if err != nil {
			return c, fmt.Errorf("make a checkpoint: %w", err)
		}
		s.log.InfoContext(ctx, "ledger checkpoint", "n", c.N, "transfers", c.Transfers, "signature", hex.EncodeToString(c.Signature))
	}
	return c, nil
}

// link makes one checkpoint, and reports whether there is enough for another.
func (s *Store) link(ctx context.Context, t tx, until time.Time) (c Checkpoint, full bool, err error) {
	// One at a time: the next waits here for the end of this transaction.
	if _, err := t.exec(ctx, `INSERT INTO leases (name) VALUES ('checkpoint') ON CONFLICT (name) DO UPDATE SET holder = ''`); err != nil {
		return c, false, err
	}
	last, err := lastCheckpoint(ctx, t)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return c, false, err
	}
	from := last.Until.Add(-checkpointLate)
	if last.N == 0 {
		from = time.UnixMicro(0)
	}
	marks, err := collect(ctx, t, scanMark, `SELECT `+markColumns+` WHERE t.created_at >= $1 AND t.created_at < $2
		AND NOT EXISTS (SELECT 1 FROM checkpoint_marks m WHERE m.transfer_id = t.id) ORDER BY t.created_at, t.id LIMIT $3`,
		from.UnixMicro(), until.UnixMicro(), checkpointSize)
	if err != nil {
		return c, false, err
	}
	if full = len(marks) == checkpointSize; full {
		until = marks[len(marks)-1].made
	}
	if until.Before(last.Until) {
		until = last.Until
	}
	c = Checkpoint{N: last.N + 1, Until: until, Transfers: int64(len(marks)), Made: time.UnixMicro(t.now), digest: digestOf(marks, nil), prev: last.Signature}
	if c.prev == nil {
		c.prev = []byte{}
	}
	c.Signature = s.keys.Sign(checkpointPurpose, c.message())
	if _, err := t.exec(ctx, `INSERT INTO checkpoints (n, covers_until, transfers, digest, prev, signature, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7)`,
		c.N, c.Until.UnixMicro(), c.Transfers, c.digest, c.prev, c.Signature, t.now); err != nil {
		return c, false, err
	}
	return c, full, t.mark(ctx, c.N, marks)
}

const checkpointColumns = `n, covers_until, transfers, digest, prev, signature, created_at FROM checkpoints`

func lastCheckpoint(ctx context.Context, q querier) (Checkpoint, error) {
	return scanCheckpoint(q.QueryRowContext(ctx, `SELECT `+checkpointColumns+` ORDER BY n DESC LIMIT 1`))
}

func scanCheckpoint(row scanner) (c Checkpoint, err error) {
	var until, made sql.NullInt64
	err = row.Scan(&c.N, &until, &c.Transfers, &c.digest, &c.prev, &c.Signature, &made)
	c.Until, c.Made = fromMicros(until), fromMicros(made)
	return c, notFound(err)
}

// mark is a transfer in a checkpoint.
type mark struct {
	id     string
	made   time.Time
	digest []byte
}

// markColumns are all that a transfer says and does: its row, the lot it gave, the lots it used.
const markColumns = `t.id, t.kind, t.user_id, t.counter, t.amount, t.posted, t.held, t.ref, t.created_at,
	COALESCE(l.user_id, 0), COALESCE(l.source, ''), COALESCE(l.charge_id, ''), COALESCE(l.credits, 0), COALESCE(l.expires_at, 0), COALESCE(l.created_at, 0),
	COALESCE((SELECT string_agg(u.lot_id || ' ' || CAST(u.credits AS TEXT), '|') FROM lot_uses u WHERE u.transfer_id = t.id), '')
	FROM transfers t LEFT JOIN lots l ON l.id = t.id`

func scanMark(row scanner) (m mark, err error) {
	var e transfer
	var made int64
	var owner, credits, expires, since int64
	var source, charge, uses string
	err = row.Scan(&e.id, &e.kind, &e.user, &e.counter, &e.amount, &e.posted, &e.held, &e.ref, &made,
		&owner, &source, &charge, &credits, &expires, &since, &uses)
	used := strings.Split(uses, "|")
	slices.Sort(used)
	return mark{e.id, time.UnixMicro(made), digest(
		e.id, e.kind, e.user, e.counter, e.amount, e.posted, e.held, e.ref, made, owner, source, charge, credits, expires, since, strings.Join(used, "|"),
	)}, err
}

// digest is the SHA-256 of fields, each with its length before it.
func digest(fields ...any) []byte {
	var b []byte
	for _, f := range fields {
		text := fmt.Sprint(f)
		b = append(append(strconv.AppendInt(b, int64(len(text)), 10), ':'), text...)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// digestOf is that of a checkpoint: of its transfers in order of id, with those that are closed at their places.
func digestOf(marks []mark, closed map[int64][]byte) []byte {
	slices.SortFunc(marks, byID)
	h := sha256.New()
	for place, n := int64(0), len(marks)+len(closed); place < int64(n); place++ {
		if gone := closed[place]; gone != nil {
			h.Write(gone)
		} else if len(marks) > 0 {
			h.Write(marks[0].digest)
			marks = marks[1:]
		}
	}
	return h.Sum(nil)
}

func byID(a, b mark) int { return strings.Compare(a.id, b.id) }

// mark keeps which transfers a checkpoint has. A text for every number of rows would be remembered by the engines, so there
// are two.
func (t tx) mark(ctx context.Context, n int64, marks []mark) error {
	for some := range slices.Chunk(marks, marksAtOnce) {
		size := marksAtOnce
		if len(some) < marksAtOnce {
			size = 1
		}
		for rows := range slices.Chunk(some, size) {
			args := []any{n}
			for _, m := range rows {
				args = append(args, m.id, m.digest)
			}
			if _, err := t.exec(ctx, insertMarks(size), args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// marksAtOnce is how many marks a statement inserts.
const marksAtOnce = 100

func insertMarks(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf("($%d, $1, $%d)", 2*i+2, 2*i+3)
	}
	return `INSERT INTO checkpoint_marks (transfer_id, n, digest) VALUES ` + strings.Join(rows, ",")
}

// What a look at the chain says.
const (
	chainCheckpoints = "checkpoints are a chain"
	checkpointSigned = "a checkpoint is signed"
	checkpointWhole  = "a checkpoint has the transfers it was signed for"
	transferSigned   = "a transfer is as it was signed"
)

// verifyCheckpoints follows the chain.
func (s *Store) verifyCheckpoints(ctx context.Context) ([]Violation, error) {
	var all []Violation
	var last Checkpoint
	for {
		c, err := scanCheckpoint(s.r.QueryRowContext(ctx, `SELECT `+checkpointColumns+` WHERE n > $1 ORDER BY n LIMIT 1`, last.N))
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		bad, err := s.verifyCheckpoint(ctx, last, c)
		if err != nil {
			return nil, err
		}
		all, last = append(all, bad...), c
	}
	return all, nil
}

func (s *Store) verifyCheckpoint(ctx context.Context, last, c Checkpoint) (bad []Violation, err error) {
	name := "checkpoint " + strconv.FormatInt(c.N, 10)
	if c.N != last.N+1 || !bytes.Equal(c.prev, last.Signature) {
		bad = append(bad, Violation{chainCheckpoints, name})
	}
	if !s.keys.Signed(checkpointPurpose, c.message(), c.Signature) {
		bad = append(bad, Violation{checkpointSigned, name})
	}
	was := map[string][]byte{}
	_, err = collect(ctx, s.r, func(row scanner) (_ struct{}, err error) {
		var id string
		var d []byte
		err = row.Scan(&id, &d)
		was[id] = d
		return struct{}{}, err
	}, `SELECT transfer_id, digest FROM checkpoint_marks WHERE n = $1`, c.N)
	if err != nil {
		return nil, err
	}
	marks, err := collect(ctx, s.r, scanMark, `SELECT `+markColumns+` JOIN checkpoint_marks m ON m.transfer_id = t.id WHERE m.n = $1`, c.N)
	if err != nil {
		return nil, err
	}
	closed, err := closedOf(ctx, s.r, c.N)
	if err != nil {
		return nil, err
	}
	if int64(len(marks)+len(closed)) != c.Transfers || !bytes.Equal(digestOf(marks, closed), c.digest) {
		bad = append(bad, Violation{checkpointWhole, name})
	}
	for _, m := range marks {
		if !bytes.Equal(was[m.id], m.digest) {
			bad = append(bad, Violation{transferSigned, m.id})
		}
	}
	return bad, nil
}
