package storage

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// A receipt is a signed digest of a transfer, with what its person would want to prove: how many credits came or went, and
// when. Whoever sees it can ask whether it is genuine; if the books were changed since, that shows.

// Receipt is what a receipt says.
type Receipt struct {
	Movement Movement
	User     int64 // whose it is
	// Intact says that the books still have what the receipt was made of.
	Intact bool
}

// ErrForged says that a receipt was not made here, or was changed.
var ErrForged = errors.New("storage: no receipt of ours")

const (
	receiptPurpose = "receipt"
	receiptForm    = 1  // first byte of a receipt: the order of what follows
	digestSize     = 16 // bytes of the transfer's digest
	signatureSize  = 64
)

// MakeReceipt returns the receipt of a person's transfer, or ErrNotFound. The same transfer always has the same one.
func (s *Store) MakeReceipt(ctx context.Context, user int64, transferID string) (string, error) {
	e, at, err := readTransfer(ctx, s.r, transferID)
	if err == nil && e.user != user {
		err = ErrNotFound
	}
	if err != nil {
		return "", err
	}
	digest := e.digest(at)
	err = s.write(ctx, func(t tx) error {
		_, err := t.exec(ctx, `INSERT INTO receipts (digest, transfer_id, created_at) VALUES ($1,$2,$3) ON CONFLICT (digest) DO NOTHING`,
			digest, transferID, t.now)
		return err
	})
	if err != nil {
		return "", err
	}
	said := append([]byte{receiptForm}, digest...)
	said = binary.AppendVarint(said, e.posted-e.held)
	said = binary.AppendVarint(said, at)
	return base64.RawURLEncoding.EncodeToString(append(said, s.keys.Sign(receiptPurpose, said)...)), nil
}

// CheckReceipt reads a receipt: ErrForged for one that is not genuine.
func (s *Store) CheckReceipt(ctx context.Context, token string) (r Receipt, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= 1+digestSize+signatureSize {
		return r, ErrForged
	}
	said, signature := raw[:len(raw)-signatureSize], raw[len(raw)-signatureSize:]
	if said[0] != receiptForm || !s.keys.Signed(receiptPurpose, said, signature) {
		return r, ErrForged
	}
	digest, rest := said[1:1+digestSize], said[1+digestSize:]
	credits, n := binary.Varint(rest)
	at, _ := binary.Varint(rest[max(n, 0):])
	r.Movement = Movement{Credits: credits, At: time.UnixMicro(at)}
	if err := s.r.QueryRowContext(ctx, `SELECT transfer_id FROM receipts WHERE digest = $1`, digest).Scan(&r.Movement.ID); err != nil {
		return r, ignore(notFound(err), ErrNotFound)
	}
	return r, s.compare(ctx, &r, digest)
}

// compare holds a receipt against the books.
func (s *Store) compare(ctx context.Context, r *Receipt, digest []byte) error {
	e, at, err := readTransfer(ctx, s.r, r.Movement.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.User, r.Intact = e.user, string(e.digest(at)) == string(digest)
	m, err := s.Movement(ctx, e.user, e.id)
	if err == nil && r.Intact {
		r.Movement = m
	}
	return err
}

// digest is of everything a transfer says.
func (e transfer) digest(at int64) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q %d %d %d %q %d", e.id, e.kind, e.user, e.counter, e.amount, e.posted, e.held, e.ref, at))
	return sum[:digestSize]
}

func readTransfer(ctx context.Context, q querier, id string) (e transfer, at int64, err error) {
	e.id = id
	err = q.QueryRowContext(ctx, `SELECT kind, user_id, counter, amount, posted, held, ref, created_at FROM transfers WHERE id = $1`, id).
		Scan(&e.kind, &e.user, &e.counter, &e.amount, &e.posted, &e.held, &e.ref, &at)
	return e, at, notFound(err)
}
