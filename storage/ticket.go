package storage

import (
	"context"
	"database/sql"
	"time"
)

// TicketStatus is where a person's request to the operators stands:
//
//	open ──► closed
type TicketStatus string

// The statuses.
const (
	TicketOpen   TicketStatus = "open"   // entered by the person's first words; a person has one at a time
	TicketClosed TicketStatus = "closed" // by an operator, or by the refund that it asked for; more words open another one
)

// Ticket is what a person asks the operators about a payment.
type Ticket struct {
	ID      string
	User    int64
	Charge  string // of the payment it is about, the last one they named; empty for none
	Status  TicketStatus
	Waiting time.Time // since when the person waits for an answer; zero if it is their turn
	Created time.Time
	Closed  time.Time
	Words   []TicketWords // oldest first; only where one ticket is read
}

// TicketWords are what somebody wrote.
type TicketWords struct {
	Operator bool // who: the person, or an operator
	Text     string
	At       time.Time
}

// MaxTicketWords is how often a person can write before they are answered.
const MaxTicketWords = 10

// TicketKept is how long a ticket is kept after it was closed.
const TicketKept = 180 * 24 * time.Hour

// Ask adds a person's words to their open ticket, or opens one about a payment, and returns it. ErrTooMany says that enough
// is waiting for an answer. tell makes what people are told of it.
func (s *Store) Ask(ctx context.Context, e Effect, user int64, charge, words string, tell func(t Ticket, fresh bool) ([]Send, error)) (ticket Ticket, out Outbox, err error) {
	id, err := s.NewID()
	if err != nil {
		return ticket, nil, err
	}
	row, err := s.sealWords(ctx, user, words, false)
	if err != nil {
		return ticket, nil, err
	}
	var more Outbox
	out, err = s.effect(ctx, e, func(t tx) error {
		n, err := t.exec(ctx, `INSERT INTO tickets (id, user_id, charge_id, status, waits_since, created_at)
			SELECT $1, id, $3, 'open', $4, $4 FROM users WHERE id = $2 AND erasing_at IS NULL
			ON CONFLICT (user_id) WHERE status = 'open' DO UPDATE SET waits_since = COALESCE(tickets.waits_since, excluded.waits_since),
				charge_id = COALESCE(excluded.charge_id, tickets.charge_id)`,
			id, user, nullString(charge), t.now)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrRestricted
		}
		if ticket, err = scanTicket(t.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE user_id = $1 AND status = 'open'`, user)); err != nil {
			return err
		}
		if err := t.patient(ctx, ticket); err != nil {
			return err
		}
		if err := t.addWords(ctx, ticket, row); err != nil {
			return err
		}
		sends, err := tell(ticket, ticket.ID == id)
		if err != nil {
			return err
		}
		more, err = s.oweInside(ctx, t, sends)
		return err
	})
	return ticket, append(out, more...), err
}

// patient refuses words of a person who wrote often since the last answer.
func (t tx) patient(ctx context.Context, k Ticket) error {
	var n int
	err := t.QueryRowContext(ctx, `SELECT COUNT(*) FROM ticket_words WHERE ticket_id = $1 AND NOT by_operator AND created_at >= $2`,
		k.ID, k.Waiting.UnixMicro()).Scan(&n)
	if err == nil && n >= MaxTicketWords {
		err = ErrTooMany
	}
	return err
}

// Answer adds an operator's words to an open ticket. ErrNotFound says that it is closed or that there is none.
func (s *Store) Answer(ctx context.Context, e Effect, a Act, k Ticket, words string) (Outbox, error) {
	row, err := s.sealWords(ctx, k.User, words, true)
	if err != nil {
		return nil, err
	}
	return s.acted(ctx, e, a, func(t tx) error {
		if err := t.change(ctx, ErrNotFound, `UPDATE tickets SET waits_since = NULL WHERE id = $1 AND status = 'open'`, k.ID); err != nil {
			return err
		}
		return t.addWords(ctx, k, row)
	})
}

// CloseTicket ends a ticket. ErrNotFound says that it is closed or that there is none.
func (s *Store) CloseTicket(ctx context.Context, e Effect, a Act, k Ticket) (Outbox, error) {
	return s.acted(ctx, e, a, func(t tx) error {
		return t.change(ctx, ErrNotFound, `UPDATE tickets SET status = 'closed', waits_since = NULL, closed_at = $2 WHERE id = $1 AND status = 'open'`,
			k.ID, t.now)
	})
}

const ticketColumns = `id, user_id, COALESCE(charge_id, ''), status, waits_since, created_at, closed_at`

func scanTicket(row scanner) (k Ticket, err error) {
	var waits, created, closed sql.NullInt64
	err = row.Scan(&k.ID, &k.User, &k.Charge, &k.Status, &waits, &created, &closed)
	k.Waiting, k.Created, k.Closed = fromMicros(waits), fromMicros(created), fromMicros(closed)
	return k, notFound(err)
}

// Ticket returns a ticket with all that was written, or ErrNotFound.
func (s *Store) Ticket(ctx context.Context, id string) (Ticket, error) {
	k, err := scanTicket(s.r.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE id = $1`, id))
	if err != nil {
		return k, err
	}
	k.Words, err = s.ticketWords(ctx, k)
	return k, err
}

// OpenTicket returns the open ticket of a person, or ErrNotFound.
func (s *Store) OpenTicket(ctx context.Context, user int64) (Ticket, error) {
	return scanTicket(s.r.QueryRowContext(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE user_id = $1 AND status = 'open'`, user))
}

// Tickets lists open tickets, the longest waiting first and those that wait for the person last; or all, the newest first.
func (s *Store) Tickets(ctx context.Context, all bool, limit int) ([]Ticket, error) {
	query := ` FROM tickets WHERE status = 'open' ORDER BY waits_since IS NULL, waits_since, id LIMIT $1`
	if all {
		query = ` FROM tickets ORDER BY id DESC LIMIT $1`
	}
	return collect(ctx, s.r, scanTicket, `SELECT `+ticketColumns+query, limit)
}

// sealedWords is a row of ticket_words before it is inserted.
type sealedWords struct {
	id       string
	operator bool
	body     []byte
}

func (s *Store) sealWords(ctx context.Context, user int64, words string, operator bool) (sealedWords, error) {
	id, err := s.NewID()
	if err != nil {
		return sealedWords{}, err
	}
	body, err := s.seal(ctx, user, "ticket_words|body", id, words)
	return sealedWords{id, operator, body}, err
}

func (t tx) addWords(ctx context.Context, k Ticket, w sealedWords) error {
	_, err := t.exec(ctx, `INSERT INTO ticket_words (id, ticket_id, user_id, by_operator, body, created_at) VALUES ($1,$2,$3,$4,$5,$6)`,
		w.id, k.ID, k.User, w.operator, w.body, t.now)
	return err
}

func (s *Store) ticketWords(ctx context.Context, k Ticket) ([]TicketWords, error) {
	type row struct {
		TicketWords
		id     string
		sealed []byte
	}
	rows, err := collect(ctx, s.r, func(sc scanner) (r row, err error) {
		var at sql.NullInt64
		err = sc.Scan(&r.id, &r.Operator, &r.sealed, &at)
		r.At = fromMicros(at)
		return r, err
	}, `SELECT id, by_operator, body, created_at FROM ticket_words WHERE ticket_id = $1 ORDER BY id`, k.ID)
	if err != nil {
		return nil, err
	}
	all := make([]TicketWords, 0, len(rows))
	for _, r := range rows { // unsealed after the rows are closed: it may need a connection of the key store
		if err := s.unseal(ctx, k.User, "ticket_words|body", r.id, r.sealed, &r.Text); err != nil {
			return nil, err
		}
		all = append(all, r.TicketWords)
	}
	return all, nil
}

// oweInside owes what only the transaction knows. It seals while rows are locked: for what happens rarely.
func (s *Store) oweInside(ctx context.Context, t tx, sends []Send) (Outbox, error) {
	rows, err := s.sealSends(ctx, sends)
	if err != nil {
		return nil, err
	}
	return t.owe(ctx, rows)
}
