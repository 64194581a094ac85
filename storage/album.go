package storage

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"
)

// An album comes as one update for each of its pictures, and nothing says which is the last. Its items are rows; each
// puts off the moment at which it is closed, and one task for all of them then makes one request of it:
//
//	open ──────► used     a generation was made of it
//	  │ ▲          ▲
//	  ▼ │ words    │ words, a button
//	  asked ───────┘      the person was asked what to do with it, or told what is wrong
//
// An item that comes when the album is used cannot join it any more.

// AlbumStatus is where an album is in its life.
type AlbumStatus string

// The statuses.
const (
	AlbumOpen  AlbumStatus = "open"  // entered by AddToAlbum; left by the effect that closes it
	AlbumAsked AlbumStatus = "asked" // something was said about it, nothing is painted yet
	AlbumUsed  AlbumStatus = "used"  // for good
)

// ErrMoved says that an album is not as it was read: an item came, or its task was enqueued again.
var ErrMoved = errors.New("storage: album has moved on")

// Album is what somebody sent as one message of several pictures.
type Album struct {
	ID     string
	User   int64
	Status AlbumStatus
	Epoch  int64
	Closes time.Time
	AlbumWords
	Messages []int64   // of the items, in order
	Pictures []Picture // of the items, likewise
}

// AlbumWords is the sealed part of an album: where it stands and what was written under it.
type AlbumWords struct {
	Chat    int64  `json:"chat"`
	Group   bool   `json:"group,omitempty"` // not a private chat
	Thread  int64  `json:"thread,omitempty"`
	Message int64  `json:"message"` // the first, or the one with the words
	Words   string `json:"words,omitempty"`
}

// AlbumItem is one picture of an album.
type AlbumItem struct {
	AlbumWords
	Group   string // Telegram's id of the album
	Picture Picture
}

// AlbumEnd is what an effect does to an album: it was spoken about, or, if the effect reserves a generation, used.
type AlbumEnd struct {
	ID    string
	Epoch int64
	used  bool
}

// AddToAlbum commits an item as the effect of its update and puts off the closing until closes. The first item opens the
// album; words reopen one that was asked about. ErrMoved says that the item came too late: nothing is committed then.
func (s *Store) AddToAlbum(ctx context.Context, e Effect, i AlbumItem, closes time.Time) (a Album, out Outbox, err error) {
	if a, err = s.albumFor(ctx, e.User, i); err != nil {
		return a, nil, err
	}
	a.Closes = closes
	body, err := s.seal(ctx, a.User, "albums|body", a.ID, a.AlbumWords)
	if err != nil {
		return a, nil, err
	}
	file, err := s.seal(ctx, a.User, "album_items|body", itemRow(a.ID, i.Message), i.Picture)
	if err != nil {
		return a, nil, err
	}
	out, err = s.effect(ctx, e, func(t tx) error {
		err := t.QueryRowContext(ctx, `INSERT INTO albums (id, lookup, user_id, status, body, closes_at, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7)
			ON CONFLICT (lookup) DO UPDATE SET status = excluded.status, body = excluded.body, closes_at = excluded.closes_at, epoch = albums.epoch + 1
			WHERE albums.id = excluded.id AND albums.status <> 'used' RETURNING epoch`,
			a.ID, s.albumKey(i.Chat, i.Group), a.User, string(a.Status), body, closes.UnixMicro(), t.now).Scan(&a.Epoch)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrMoved
		}
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO album_items (album_id, message_id, body) VALUES ($1,$2,$3) ON CONFLICT (album_id, message_id) DO NOTHING`,
			a.ID, i.Message, file)
		return err
	})
	return a, out, err
}

// albumFor is the album as it is to be with the item.
func (s *Store) albumFor(ctx context.Context, user int64, i AlbumItem) (a Album, err error) {
	a, err = s.AlbumOf(ctx, user, i.Chat, i.Group)
	switch {
	case errors.Is(err, ErrNotFound):
		a = Album{User: user, Status: AlbumOpen, AlbumWords: i.AlbumWords}
		a.ID, err = s.NewID()
	case err == nil && i.Words != "":
		a.AlbumWords, a.Status = i.AlbumWords, AlbumOpen
	}
	return a, err
}

func itemRow(album string, message int64) string { return album + "|" + strconv.FormatInt(message, 10) }

func (s *Store) albumKey(chat int64, group string) []byte {
	return s.keys.Index("albums", "lookup", strconv.FormatInt(chat, 10), group)
}

// end closes the album of an effect.
func (t tx) end(ctx context.Context, a *AlbumEnd) error {
	if a == nil {
		return nil
	}
	status := AlbumAsked
	if a.used {
		status = AlbumUsed
	}
	return t.change(ctx, ErrMoved, `UPDATE albums SET status = $3 WHERE id = $1 AND epoch = $2 AND status <> 'used'`, a.ID, a.Epoch, string(status))
}

const albumColumns = `id, user_id, status, body, epoch, closes_at`

// Album returns an album with its items.
func (s *Store) Album(ctx context.Context, id string) (Album, error) {
	return s.readAlbum(ctx, s.r.QueryRowContext(ctx, `SELECT `+albumColumns+` FROM albums WHERE id = $1`, id))
}

// AlbumOf returns the album that a person sent to a chat under Telegram's id of it, or ErrNotFound.
func (s *Store) AlbumOf(ctx context.Context, user, chat int64, group string) (Album, error) {
	return s.readAlbum(ctx, s.r.QueryRowContext(ctx, `SELECT `+albumColumns+` FROM albums WHERE lookup = $1 AND user_id = $2`,
		s.albumKey(chat, group), user))
}

func (s *Store) readAlbum(ctx context.Context, row scanner) (a Album, err error) {
	var sealed []byte
	var closes sql.NullInt64
	if err := row.Scan(&a.ID, &a.User, &a.Status, &sealed, &a.Epoch, &closes); err != nil {
		return a, notFound(err)
	}
	a.Closes = fromMicros(closes)
	if err := s.unseal(ctx, a.User, "albums|body", a.ID, sealed, &a.AlbumWords); err != nil {
		return a, err
	}
	type item struct {
		message int64
		sealed  []byte
	}
	items, err := collect(ctx, s.r, func(row scanner) (i item, err error) { return i, row.Scan(&i.message, &i.sealed) },
		`SELECT message_id, body FROM album_items WHERE album_id = $1 ORDER BY message_id`, a.ID)
	if err != nil {
		return a, err
	}
	for _, i := range items {
		var f Picture
		if err := s.unseal(ctx, a.User, "album_items|body", itemRow(a.ID, i.message), i.sealed, &f); err != nil {
			return a, err
		}
		a.Messages, a.Pictures = append(a.Messages, i.message), append(a.Pictures, f)
	}
	return a, nil
}

// SweepAlbums finds albums that nobody closed, raises their epoch and puts off their closing: whatever lost the task may
// have held up an item too. Now asks for those too that a task may still be on its way to.
func (s *Store) SweepAlbums(ctx context.Context, limit int, now bool, putOff time.Duration) (refs []Ref, err error) {
	err = s.write(ctx, func(t tx) error {
		refs, err = collect(ctx, t, scanRef, `UPDATE albums SET epoch = epoch + 1, sweeps = sweeps + 1, swept_at = $1, closes_at = $5 WHERE id IN (
				SELECT id FROM albums WHERE status = 'open' AND ($2 OR (closes_at < $3 AND swept_at + `+backoff+` < $1))
				ORDER BY closes_at LIMIT $4)
			AND status = 'open' RETURNING id, epoch`, t.now, now, t.now-SweepAfter.Microseconds(), limit, t.now+putOff.Microseconds())
		return err
	})
	return refs, err
}
