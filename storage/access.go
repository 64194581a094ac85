package storage

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/imagika/imagika/storage/keys"
)

// Access: what is held about a person is read by the inventory, table by table and row by row, so that a table that is in the
// inventory is in every answer and every export too.

// Categories lists the categories with data about people, in the order in which people are told of them.
func Categories() []Category {
	return []Category{
		CategoryAccount, CategoryConsents, CategoryGenerations, CategoryWritings, CategoryCredits, CategoryPayments, CategoryConversations,
		CategoryMessages, CategoryHelp, CategoryModeration, CategoryRights,
	}
}

// Shown are the columns a person gets to see, those that are sealed last; none for a table that only keeps track.
func (t Table) Shown() []string {
	names := strings.Fields(t.Show)
	for _, s := range t.opened() {
		names = append(names, s.Name)
	}
	return names
}

// opened are the sealed columns a person gets to see.
func (t Table) opened() []Sealed {
	return slices.DeleteFunc(slices.Clone(t.Sealed), func(s Sealed) bool { return s.Form == FormBytes })
}

// ShownTables are the tables of a category that have something a person gets to see.
func ShownTables(c Category) []Table {
	return slices.DeleteFunc(Inventory(), func(t Table) bool { return t.Category != c || t.Of == "" || len(t.Shown()) == 0 })
}

// DossierRow is a row about a person, as they get to see it.
type DossierRow struct {
	Values []any // as Table.Shown names them: nil, bool, int64, float64, string, time.Time or json.RawMessage
	// Unreadable are the columns that could not be opened: their key was destroyed. Their values are nil.
	Unreadable []string
}

// Dossier goes through the rows of a table that are about a person, as they get to see them. Rows come as they are read, so that it
// takes no more memory for many. An error ends it.
func (s *Store) Dossier(ctx context.Context, user int64, t Table) iter.Seq2[DossierRow, error] {
	return func(yield func(DossierRow, error) bool) {
		if err := s.dossier(ctx, user, t, func(e DossierRow) bool { return yield(e, nil) }); err != nil {
			yield(DossierRow{}, fmt.Errorf("read %s: %w", t.Name, err))
		}
	}
}

func (s *Store) dossier(ctx context.Context, user int64, t Table, yield func(DossierRow) bool) error {
	columns := strings.Fields(t.Show)
	for _, one := range t.opened() {
		columns = append(columns, one.Name, one.Row)
	}
	rows, err := s.r.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+t.Name+` WHERE `+t.Of+` ORDER BY 1`, user)
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	cells, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range cells {
			if n, ok := v.(int64); ok && types[i].DatabaseTypeName() == "BOOLEAN" { // SQLite's are numbers
				cells[i] = n != 0
			}
		}
		if row, err := s.dossierRow(ctx, user, t, cells); err != nil || !yield(row) {
			return err
		}
	}
	return rows.Err()
}

// dossierRow makes what people read of the cells of a row: the plain columns, then each sealed one and what it is bound to.
func (s *Store) dossierRow(ctx context.Context, user int64, t Table, cells []any) (row DossierRow, err error) {
	plain := strings.Fields(t.Show)
	for i, name := range plain {
		row.Values = append(row.Values, readable(name, cells[i]))
	}
	for i, one := range t.opened() {
		at := len(plain) + 2*i
		v, err := s.reveal(ctx, user, t.Name, one, cells[at], cells[at+1])
		if unreadable(err) {
			row.Unreadable = append(row.Unreadable, one.Name)
		} else if err != nil {
			return row, err
		}
		row.Values = append(row.Values, v)
	}
	return row, nil
}

// unreadable reports whether a value is lost for good, which is no reason to keep the others back.
func unreadable(err error) bool {
	return errors.Is(err, keys.ErrDestroyed) || errors.Is(err, keys.ErrOpen)
}

// reveal opens a sealed value of a row.
func (s *Store) reveal(ctx context.Context, user int64, table string, one Sealed, value, row any) (any, error) {
	sealed, ok := value.([]byte)
	if !ok {
		return nil, nil
	}
	place := fmt.Sprint(row)
	if raw, ok := row.([]byte); ok {
		place = hex.EncodeToString(raw)
	}
	if one.Nobodys {
		user = nobody
	}
	opened, err := s.openBytes(ctx, user, table+"|"+one.Name, place, sealed)
	switch {
	case err != nil:
		return nil, err
	case one.Form == FormJSON && json.Valid(opened):
		return json.RawMessage(opened), nil
	}
	return string(opened), nil
}

// readable is a value as people read it.
func readable(column string, v any) any {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case int64:
		switch {
		case column == "day":
			return time.Unix(v*24*60*60, 0).UTC().Format(time.DateOnly)
		case isTime(column):
			return time.UnixMicro(v).UTC()
		}
	case string:
		if column == "params" && json.Valid([]byte(v)) {
			return json.RawMessage(v)
		}
	}
	return v
}

// isTime reports whether a column holds moments; names say so, as in every migration.
func isTime(column string) bool {
	return column == "since" || strings.HasSuffix(column, "_at") || strings.HasSuffix(column, "_until")
}

// Holding is how much there is about a person.
type Holding struct {
	Category Category
	Rows     int64
}

// Holdings counts what there is about a person, by category. Categories without anything are left out.
func (s *Store) Holdings(ctx context.Context, user int64) (all []Holding, err error) {
	for _, c := range Categories() {
		h := Holding{Category: c}
		var counts []string
		for _, t := range ShownTables(c) {
			counts = append(counts, `(SELECT COUNT(*) FROM `+t.Name+` WHERE `+t.Of+`)`)
		}
		if err := s.r.QueryRowContext(ctx, `SELECT `+strings.Join(counts, " + "), user).Scan(&h.Rows); err != nil {
			return nil, fmt.Errorf("count %s: %w", c, err)
		}
		if h.Rows > 0 {
			all = append(all, h)
		}
	}
	return all, nil
}

// Cursor is a place in the list of a person's pictures. The zero value is before the first.
type Cursor struct {
	At         int64  `json:"at"`
	Generation string `json:"generation"`
	Role       string `json:"role"`
	N          int    `json:"n"`
}

// Before reports whether c comes before d.
func (c Cursor) Before(d Cursor) bool {
	return cmp.Or(cmp.Compare(c.At, d.At), strings.Compare(c.Generation, d.Generation), strings.Compare(c.Role, d.Role), cmp.Compare(c.N, d.N)) < 0
}

// HeldImage is a picture of a person in the object store: one they sent, or a result.
type HeldImage struct {
	Image
	Cursor
}

// HeldImages returns the next pictures of a person behind a place, oldest first.
func (s *Store) HeldImages(ctx context.Context, user int64, after Cursor, limit int) ([]HeldImage, error) {
	return collect(ctx, s.r, func(row scanner) (h HeldImage, err error) {
		h.User = user
		err = row.Scan(&h.At, &h.Cursor.Generation, &h.Role, &h.Cursor.N, &h.Key, &h.SHA256, &h.Bytes, &h.Width, &h.Height, &h.MediaType)
		h.Image.Generation, h.Image.N = h.Cursor.Generation, h.Cursor.N
		return h, err
	}, `SELECT created_at, generation_id, role, n, object_key, sha256, bytes, width, height, media_type FROM images
		WHERE user_id = $1 AND (created_at, generation_id, role, n) > ($2, $3, $4, $5) ORDER BY created_at, generation_id, role, n LIMIT $6`,
		user, after.At, after.Generation, after.Role, after.N, limit)
}

// AdvanceRight notes a step whose effect is outside the database, what a request has come to, and what the person is told.
func (s *Store) AdvanceRight(ctx context.Context, r Right, step string, body json.RawMessage, sends []Send) (Outbox, error) {
	r.Body = body
	sealed, err := s.sealRight(ctx, r)
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, Effect{User: r.User, Sends: sends}, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE rights SET step = $3, body = $4, updated_at = $5 WHERE id = $1 AND fence = $2 AND status = 'running'
			AND EXISTS (SELECT 1 FROM users u WHERE u.id = rights.user_id AND u.erasing_at IS NULL)`, r.ID, r.Fence, step, sealed, t.now)
	})
}

// LinkNonce begins what uses up a link to an export, which is kept for as long as [LinksKept] says.
const LinkNonce = "export:"

// UseUp uses up what works once, such as a link, or returns ErrConsumed. PutBack makes it work again: it did not.
func (s *Store) UseUp(ctx context.Context, user int64, nonce string) error {
	return s.write(ctx, func(t tx) error { return t.see(ctx, Effect{User: user, Nonce: nonce}) })
}

// PutBack reverses UseUp.
func (s *Store) PutBack(ctx context.Context, user int64, nonce string) error {
	return s.write(ctx, func(t tx) error {
		_, err := t.exec(ctx, `DELETE FROM consumed_actions WHERE nonce = $1 AND user_id = $2`, nonce, user)
		return err
	})
}
