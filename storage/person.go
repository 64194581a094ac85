package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/imagika/imagika/storage/keys"
)

// Person is somebody who uses the bot, or a named account of the operator.
type Person struct {
	ID          int64 // ours; never Telegram's
	TelegramID  int64 // zero for operators
	Operator    bool
	Lang        string // IETF tag, may be empty: Telegram's at first contact, until the person chooses
	Tier        Tier
	Restricted  bool
	Erasing     bool
	Unreachable bool
	NoNews      bool // wants no announcements
	NoReminders bool // wants no reminders
	NoCount     bool // is not counted in statistics
	Ban         Ban
	Debt        int64     // credits owed; while there are any, nothing is painted for them
	Seen        time.Time // the day they last used the bot, UTC
	Searching   bool      // in the lobby
	Talking     bool      // in a conversation
	Settings    Settings
}

// ChatState is where a person is with conversations. It follows from the rows, so that it cannot get out of step.
type ChatState string

// The states.
const (
	ChatIdle         ChatState = "idle"
	ChatLobby        ChatState = "lobby"        // entered by Enter; left by Leave, Match, or when the wait is over
	ChatConversation ChatState = "conversation" // entered by Match, left by End
)

// Chat is where the person is with conversations.
func (p Person) Chat() ChatState {
	switch {
	case p.Talking:
		return ChatConversation
	case p.Searching:
		return ChatLobby
	}
	return ChatIdle
}

// Tier is what a person may have at once, by what they pay.
type Tier string

// The tiers.
const (
	TierFree Tier = "free" // everybody at first
	TierPaid Tier = "paid" // who bought credits
)

// profile is the sealed part of a user's row.
type profile struct {
	TelegramID int64  `json:"telegram_id,omitempty"`
	Operator   string `json:"operator,omitempty"`
}

// PersonByTelegram returns the person with that Telegram id and makes one at first contact, with that language. Later the
// language is the person's own: what their app speaks then does not change it.
func (s *Store) PersonByTelegram(ctx context.Context, telegramID int64, lang string) (Person, error) {
	lookup := s.keys.Index("telegram", strconv.FormatInt(telegramID, 10))
	p, err := s.person(ctx, lookup, "person", profile{TelegramID: telegramID}, lang)
	if err == nil {
		err = s.noteUse(ctx, &p)
	}
	return p, err
}

// KnownPerson returns the person with that Telegram id, or ErrNotFound: it makes nobody.
func (s *Store) KnownPerson(ctx context.Context, telegramID int64) (Person, error) {
	return s.personBy(ctx, "lookup = $1", s.keys.Index("telegram", strconv.FormatInt(telegramID, 10)))
}

// Operator returns the operator's account of that name and makes one at first use.
func (s *Store) Operator(ctx context.Context, name string) (Person, error) {
	return s.person(ctx, s.keys.Index("operator", name), "operator", profile{Operator: name}, "en")
}

func (s *Store) person(ctx context.Context, lookup []byte, kind string, pr profile, lang string) (Person, error) {
	p, err := s.personBy(ctx, "lookup = $1", lookup)
	if !errors.Is(err, ErrNotFound) {
		return p, err
	}
	id := newUserID()
	sealed, err := s.seal(ctx, id, "users|profile", strconv.FormatInt(id, 10), pr)
	if err != nil {
		return p, err
	}
	err = s.write(ctx, func(t tx) error {
		n, err := t.exec(ctx, `INSERT INTO users (id, kind, lookup, profile, lang, seen_at, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7)
			ON CONFLICT (lookup) DO NOTHING`, id, kind, lookup, sealed, lang, s.today().UnixMicro(), t.now)
		if err != nil || n == 0 {
			return err
		}
		if _, err = t.exec(ctx, `INSERT INTO accounts (user_id) VALUES ($1)`, id); err != nil || pr.TelegramID == 0 {
			return err
		}
		return t.recall(ctx, id, s.rememberedKey(pr.TelegramID))
	})
	if err != nil {
		return p, fmt.Errorf("make person: %w", err)
	}
	return s.personBy(ctx, "lookup = $1", lookup)
}

// PersonByID returns a person by our id.
func (s *Store) PersonByID(ctx context.Context, id int64) (Person, error) {
	return s.personBy(ctx, "id = $1", id)
}

const personColumns = `users.id, users.kind, users.profile, users.settings, users.lang, users.tier, users.unreachable_at, users.restricted_at,
	users.objected_at, users.erasing_at, users.no_news_at, users.no_reminders_at, users.ban_until, COALESCE(users.ban_case, ''), users.debt, users.seen_at, EXISTS (SELECT 1 FROM lobby l WHERE l.user_id = users.id), EXISTS (SELECT 1 FROM conversation_members m WHERE m.user_id = users.id)`

func (s *Store) personBy(ctx context.Context, where string, arg any) (Person, error) {
	p, err := first(ctx, s, func(row scanner) (sealedPerson, error) { return scanPerson(row) }, `SELECT `+personColumns+` FROM users WHERE `+where, arg)
	if err != nil {
		return Person{}, err
	}
	return s.openPerson(ctx, p)
}

// sealedPerson is a person whose profile and settings are still to be opened.
type sealedPerson struct {
	Person
	profile, settings []byte
}

// scanPerson reads the columns of a person, and those that follow them.
func scanPerson(row scanner, more ...any) (p sealedPerson, err error) {
	var kind string
	var unreachable, restricted, objected, erasing, silent, quiet, banned, seen sql.NullInt64
	err = row.Scan(append([]any{
		&p.ID, &kind, &p.profile, &p.settings, &p.Lang, &p.Tier, &unreachable, &restricted, &objected, &erasing, &silent, &quiet, &banned,
		&p.Ban.Case, &p.Debt, &seen, &p.Searching, &p.Talking,
	}, more...)...)
	p.Operator = kind == "operator"
	p.Unreachable, p.Restricted, p.Erasing = unreachable.Valid, restricted.Valid, erasing.Valid
	p.NoNews, p.NoReminders, p.NoCount = silent.Valid, quiet.Valid, objected.Valid
	p.Ban.Until, p.Seen = fromMicros(banned), fromMicros(seen)
	return p, err
}

func (s *Store) openPerson(ctx context.Context, sealed sealedPerson) (Person, error) {
	p := sealed.Person
	var pr profile
	err := s.unseal(ctx, p.ID, "users|profile", strconv.FormatInt(p.ID, 10), sealed.profile, &pr)
	p.TelegramID = pr.TelegramID
	if errors.Is(err, keys.ErrDestroyed) { // a backup of before they were erased, which is about to be done again
		p.Erasing = true
		return p, nil
	}
	if err != nil || sealed.settings == nil {
		return p, err
	}
	err = s.unseal(ctx, p.ID, settingsColumn, strconv.FormatInt(p.ID, 10), sealed.settings, &p.Settings)
	return p, err
}

// Greeting is what is known when an update comes.
type Greeting struct {
	Person Person
	// Seen says that the update was handled, Same that it was with the same bytes.
	Seen, Same bool
	// Look is how the lane looks of what they say, empty outside of a conversation.
	Look RelayLook
}

const greetQuery = `SELECT ` + personColumns + `, COALESCE((SELECT body_sha256 FROM seen_updates WHERE update_key = $2), ''),
	COALESCE(own.conversation_id, ''), COALESCE(own.side, 0), COALESCE(own.epoch, 0), COALESCE(own.last_seq, 0), COALESCE(own.fence, 0),
	COALESCE(partner.id, 0), COALESCE(partner.lang, ''), partner.profile, COALESCE(c.active_at, 0)
	FROM users LEFT JOIN conversation_members own ON own.user_id = users.id
	LEFT JOIN conversation_members other ON other.conversation_id = own.conversation_id AND other.side = 1 - own.side
	LEFT JOIN users partner ON partner.id = other.user_id LEFT JOIN conversations c ON c.id = own.conversation_id
	WHERE users.lookup = $1`

// Greet is KnownPerson and Seen at one look, which is what most updates need.
func (s *Store) Greet(ctx context.Context, update, body string, telegramID int64) (g Greeting, err error) {
	var was string
	var l RelayLook
	var own, partner member
	p, err := first(ctx, s, func(row scanner) (sealedPerson, error) {
		return scanPerson(row, &was, &l.Conversation, &l.Side, &l.Epoch, &l.Seq, &l.Fence, &partner.user, &partner.lang, &partner.sealed, &own.active)
	}, greetQuery, s.keys.Index("telegram", strconv.FormatInt(telegramID, 10)), update)
	if err == nil {
		g.Person, err = s.openPerson(ctx, p)
	}
	if err == nil {
		err = s.noteUse(ctx, &g.Person)
	}
	own.side, own.user, own.lang, own.chat = l.Side, g.Person.ID, g.Person.Lang, g.Person.TelegramID
	partner.side, partner.active = 1-l.Side, own.active
	l.two[own.side], l.two[partner.side] = own, partner
	g.Look = l
	g.Seen, g.Same = was != "", was == body
	return g, err
}

// SetLang keeps the language a person chose. Nothing is kept of somebody who is being erased.
func (s *Store) SetLang(ctx context.Context, e Effect, user int64, lang string) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE users SET lang = $2 WHERE id = $1 AND erasing_at IS NULL`, user, lang)
		return err
	})
}
