package storage

import (
	"context"
	"encoding/hex"
	"strconv"
	"time"
)

// About is what a message in a chat is about: what a reply to it, or a press under it, means. One of the fields is set,
// or Words beside one of them.
type About struct {
	// Generation is a result of the person, N its image.
	Generation string `json:"generation,omitempty"`
	N          int    `json:"n,omitempty"`
	// Album is one that the person sent.
	Album string `json:"album,omitempty"`
	// Pictures are what the person sent, still with Telegram.
	Pictures []Picture `json:"pictures,omitempty"`
	// Words are a prompt that has not been painted.
	Words string `json:"words,omitempty"`
	// Remix says that a reply is other words for what made the generation, and no change of its image.
	Remix bool `json:"remix,omitempty"`
	// Help says that a reply is for the operators: about Charge, a payment, where the person said so.
	Help   bool   `json:"help,omitempty"`
	Charge string `json:"charge,omitempty"`
	// Answer is a ticket that an operator's reply answers.
	Answer string `json:"answer,omitempty"`
	// Email is what a reply about an e-mail address is: one, or a code.
	Email *AskedEmail `json:"email,omitempty"`
	// Token says that a reply is the name of a new token.
	Token bool `json:"token,omitempty"`
	// Deed is what an operator is asked the reason for.
	Deed *Deed `json:"deed,omitempty"`
}

// AskedEmail is what a person was asked about e-mail.
type AskedEmail struct {
	Purpose CodePurpose `json:"purpose"`
	Code    string      `json:"code,omitempty"` // the id of the one that was asked for; empty: an address was
}

// Deed is what an operator is about to do in Telegram.
type Deed struct {
	What   string        `json:"what"`            // of a closed set
	Object string        `json:"object"`          // a hashed person, a charge, a queue, a provider, an incident
	Shown  string        `json:"shown,omitempty"` // the object as people read it
	For    time.Duration `json:"for,omitempty"`   // zero is until it is lifted
	Words  string        `json:"words,omitempty"` // that everybody is to read
}

// lasting reports whether a reply may come days later.
func (a About) lasting() bool { return a.Help || a.Answer != "" }

// Picture is one that somebody sent, as Telegram tells of it.
type Picture struct {
	ID     string `json:"id"`
	Bytes  int64  `json:"bytes,omitempty"`  // zero if it is not known
	Width  int    `json:"width,omitempty"`  // in pixels; zero if it is not known
	Height int    `json:"height,omitempty"` // likewise
}

// Note says what a message is about. Messages are found by their chat and id; neither is stored.
type Note struct {
	Chat, Message int64 // Telegram's
	About
}

// place is what a message's note is found by.
func (s *Store) place(chat, message int64) []byte {
	return s.keys.Index("message_notes", "place", strconv.FormatInt(chat, 10), strconv.FormatInt(message, 10))
}

// NoteOn returns what the person's message is about, or ErrNotFound. What is about another person's picture is not told.
func (s *Store) NoteOn(ctx context.Context, user, chat, message int64) (a About, err error) {
	place := s.place(chat, message)
	var sealed []byte
	err = s.r.QueryRowContext(ctx, `SELECT COALESCE(generation_id, ''), n, body FROM message_notes WHERE place = $1 AND user_id = $2`,
		place, user).Scan(&a.Generation, &a.N, &sealed)
	if err != nil {
		return a, notFound(err)
	}
	return a, s.unseal(ctx, user, "message_notes|body", hex.EncodeToString(place), sealed, &a)
}

// sealedNote is a row of message_notes before it is inserted.
type sealedNote struct {
	Note
	place, body []byte
}

func (s *Store) sealNotes(ctx context.Context, user int64, notes []Note) ([]sealedNote, error) {
	rows := make([]sealedNote, 0, len(notes))
	for _, n := range notes {
		row := sealedNote{Note: n, place: s.place(n.Chat, n.Message)}
		if n.Generation == "" || n.Words != "" || n.Remix {
			var err error
			if row.body, err = s.seal(ctx, user, "message_notes|body", hex.EncodeToString(row.place), n.About); err != nil {
				return nil, err
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// note writes notes down. A message that becomes another, as a status message becomes the result, gets the newer one.
func (t tx) note(ctx context.Context, user int64, rows []sealedNote) error {
	for _, r := range rows {
		if err := t.put(ctx, `INSERT INTO message_notes (place, user_id, generation_id, n, body, created_at, lasting) VALUES ($1,$2,$3,$4,$5,$6,$7)
			ON CONFLICT (place) DO UPDATE SET user_id = excluded.user_id, generation_id = excluded.generation_id, n = excluded.n, body = excluded.body,
			lasting = excluded.lasting`,
			r.place, user, nullString(r.Generation), r.N, r.body, t.now, r.lasting()); err != nil {
			return err
		}
	}
	return nil
}
