package storage

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/oklog/ulid/v2"
)

// The receipt of an erasure says when it was asked for, when it was done and how much was deleted, under the random number of the
// request: nothing about who. It is signed, so that it proves itself; nothing is kept for that but the request.

// erasureForm is the first byte of such a receipt.
const erasureForm = 2

const erasurePurpose = "erasure"

// Erasure is what the receipt of one says.
type Erasure struct {
	ID    string    `json:"id"` // of the request
	Asked time.Time `json:"asked"`
	Gone
}

// ErasureReceipt makes the receipt of an erasure that has deleted everything.
func (s *Store) ErasureReceipt(ctx context.Context, r Right) (token string, gone Gone, err error) {
	if gone, err = s.Gone(ctx, r.ID); err != nil {
		return "", gone, err
	}
	id, err := ulid.ParseStrict(r.ID)
	if err != nil {
		return "", gone, err
	}
	said := append([]byte{erasureForm}, id[:]...)
	for _, n := range []int64{r.Created.Unix(), gone.Erased.Unix(), gone.Rows, gone.Objects} {
		said = binary.AppendVarint(said, n)
	}
	return base64.RawURLEncoding.EncodeToString(append(said, s.keys.Sign(erasurePurpose, said)...)), gone, nil
}

// CheckErasure reads a receipt of an erasure: ErrForged for one that is not genuine, or of something else.
func (s *Store) CheckErasure(token string) (e Erasure, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	const head = 1 + len(ulid.ULID{})
	if err != nil || len(raw) < head+signatureSize {
		return e, ErrForged
	}
	said, signature := raw[:len(raw)-signatureSize], raw[len(raw)-signatureSize:]
	if said[0] != erasureForm || !s.keys.Signed(erasurePurpose, said, signature) {
		return e, ErrForged
	}
	e.ID = ulid.ULID(said[1:head]).String()
	var seconds [2]int64
	rest := said[head:]
	for _, n := range []*int64{&seconds[0], &seconds[1], &e.Rows, &e.Objects} {
		v, read := binary.Varint(rest)
		if read <= 0 {
			return e, ErrForged
		}
		*n, rest = v, rest[read:]
	}
	e.Asked, e.Erased = time.Unix(seconds[0], 0), time.Unix(seconds[1], 0)
	return e, nil
}
