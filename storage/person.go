package storage

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"
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
	Objected    bool // to whatever is not needed to serve them
	Unreachable bool
	NoNews      bool // wants no announcements
	Ban         Ban
	Debt        int64 // credits owed; while there are any, nothing is painted for them
	Searching   bool  // in the lobby
	Talking     bool  // in a conversation
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

// Settings are what a person set for themselves.
type Settings struct {
	Choice
	// Without are providers that shall not get the person's prompts and pictures.
	Without []string `json:"without,omitempty"`
	// AskAbove is the most credits that are spent without asking; nil is the operator's default.
	AskAbove *int64 `json:"ask_above,omitempty"`
	// Cap is the most credits to be spent in a calendar month, UTC; zero is no limit.
	Cap     int64    `json:"cap,omitempty"`
	Presets []Preset `json:"presets,omitempty"`
	// Reference is the image that waits for the next prompt, nil for none.
	Reference *Reference `json:"reference,omitempty"`
	// Long is when a message that was too long came, Unix seconds: what comes with it is the rest of it.
	Long int64 `json:"long,omitempty"`
	// Chat is how the person wants to meet others.
	Chat ChatSettings `json:"chat,omitzero"`
}

// Reference is an image of one's own that the next prompt is to change.
type Reference struct {
	Generation string `json:"generation"`
	N          int    `json:"n"`
	Until      int64  `json:"until"` // Unix seconds; forgotten then
	Nonce      string `json:"nonce"` // used up by the prompt that takes it
}

// Preset is a choice under a name of the person's own.
type Preset struct {
	Name string `json:"name"`
	Choice
}

// Choice is how to paint. What is empty is left open.
type Choice struct {
	Model    string `json:"model,omitempty"` // by the catalogue's name
	Ratio    string `json:"ratio,omitempty"` // width to height: "16:9"
	Quality  string `json:"quality,omitempty"`
	Style    string `json:"style,omitempty"`
	Count    int    `json:"count,omitempty"`
	Seed     *int64 `json:"seed,omitempty"`
	Negative string `json:"negative,omitempty"` // what must not be in the picture
}

// Over is c, and where that leaves something open, base.
func (c Choice) Over(base Choice) Choice {
	if c.Seed == nil {
		c.Seed = base.Seed
	}
	c.Model, c.Ratio, c.Quality = cmp.Or(c.Model, base.Model), cmp.Or(c.Ratio, base.Ratio), cmp.Or(c.Quality, base.Quality)
	c.Style, c.Count, c.Negative = cmp.Or(c.Style, base.Style), cmp.Or(c.Count, base.Count), cmp.Or(c.Negative, base.Negative)
	return c
}

// profile is the sealed part of a user's row.
type profile struct {
	TelegramID int64  `json:"telegram_id,omitempty"`
	Operator   string `json:"operator,omitempty"`
}

// PersonByTelegram returns the person with that Telegram id and makes one at first contact, with that language. Later the
// language is the person's own: what their app speaks then does not change it.
func (s *Store) PersonByTelegram(ctx context.Context, telegramID int64, lang string) (Person, error) {
	lookup := s.keys.Index("telegram", strconv.FormatInt(telegramID, 10))
	return s.person(ctx, lookup, "person", profile{TelegramID: telegramID}, lang)
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
		n, err := t.exec(ctx, `INSERT INTO users (id, kind, lookup, profile, lang, created_at) VALUES ($1,$2,$3,$4,$5,$6)
			ON CONFLICT (lookup) DO NOTHING`, id, kind, lookup, sealed, lang, t.now)
		if err != nil || n == 0 {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO accounts (user_id) VALUES ($1)`, id)
		return err
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

func (s *Store) personBy(ctx context.Context, where string, arg any) (Person, error) {
	var p Person
	var kind string
	var sealed, settings []byte
	var unreachable, restricted, objected, erasing, silent, banned sql.NullInt64
	err := s.r.QueryRowContext(ctx, `SELECT id, kind, profile, settings, lang, tier, unreachable_at, restricted_at, objected_at, erasing_at, no_news_at, ban_until,
		COALESCE(ban_case, ''), debt, EXISTS (SELECT 1 FROM lobby l WHERE l.user_id = users.id), EXISTS (SELECT 1 FROM conversation_members m WHERE m.user_id = users.id)
		FROM users WHERE `+where, arg).Scan(&p.ID, &kind, &sealed, &settings, &p.Lang, &p.Tier, &unreachable, &restricted, &objected, &erasing, &silent, &banned,
		&p.Ban.Case, &p.Debt, &p.Searching, &p.Talking)
	if err != nil {
		return p, notFound(err)
	}
	p.Operator = kind == "operator"
	p.Unreachable, p.Restricted, p.Objected, p.Erasing, p.NoNews = unreachable.Valid, restricted.Valid, objected.Valid, erasing.Valid, silent.Valid
	p.Ban.Until = fromMicros(banned)
	var pr profile
	err = s.unseal(ctx, p.ID, "users|profile", strconv.FormatInt(p.ID, 10), sealed, &pr)
	p.TelegramID = pr.TelegramID
	if err != nil || settings == nil {
		return p, err
	}
	err = s.unseal(ctx, p.ID, "users|settings", strconv.FormatInt(p.ID, 10), settings, &p.Settings)
	return p, err
}

// SetSettings keeps what a person set. Nothing is kept of somebody who is being erased.
func (s *Store) SetSettings(ctx context.Context, e Effect, user int64, settings Settings) (Outbox, error) {
	keep, err := s.settingsKeeper(ctx, user, settings)
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, keep)
}

// settingsKeeper seals settings and returns what keeps them.
func (s *Store) settingsKeeper(ctx context.Context, user int64, settings Settings) (func(tx) error, error) {
	sealed, err := s.seal(ctx, user, "users|settings", strconv.FormatInt(user, 10), settings)
	return func(t tx) error {
		_, err := t.exec(ctx, `UPDATE users SET settings = $2 WHERE id = $1 AND erasing_at IS NULL`, user, sealed)
		return err
	}, err
}

// SetLang keeps the language a person chose. Nothing is kept of somebody who is being erased.
func (s *Store) SetLang(ctx context.Context, e Effect, user int64, lang string) (Outbox, error) {
	return s.effect(ctx, e, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE users SET lang = $2 WHERE id = $1 AND erasing_at IS NULL`, user, lang)
		return err
	})
}

// Consent is what a person agreed to.
type Consent struct {
	User     int64
	Version  string // of the documents that were shown
	Locale   string
	Grant    int64 // welcome credits, given once per person; zero for none
	Document []string
}

// Agree stores a consent and, the first time, gives the welcome credits. It reports whether it gave them.
func (s *Store) Agree(ctx context.Context, e Effect, c Consent) (granted bool, out Outbox, err error) {
	out, err = s.effect(ctx, e, func(t tx) error {
		for _, doc := range c.Document {
			id, err := s.ids.next(time.UnixMicro(t.now))
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO consents (id, user_id, document, version, locale, granted, update_key, created_at)
				VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`, id, c.User, doc, c.Version, c.Locale, true, e.Update, t.now); err != nil {
				return err
			}
		}
		if c.Grant == 0 {
			return nil
		}
		granted, err = t.give(ctx, Given{User: c.User, Key: "welcome:" + strconv.FormatInt(c.User, 10), Source: SourceWelcome, Credits: c.Grant})
		return err
	})
	return granted, out, err
}

// Agreed reports whether the person's newest answer to each of the documents is yes, for this version.
func (s *Store) Agreed(ctx context.Context, user int64, version string, documents []string) (bool, error) {
	type answer struct {
		document, version string
		granted           bool
	}
	answers, err := collect(ctx, s.r, func(row scanner) (a answer, err error) {
		err = row.Scan(&a.document, &a.version, &a.granted)
		return a, err
	}, `SELECT document, version, granted FROM consents WHERE user_id = $1 ORDER BY created_at, id`, user)
	if err != nil {
		return false, err
	}
	newest := make(map[string]answer)
	for _, a := range answers {
		newest[a.document] = a
	}
	for _, doc := range documents {
		if a := newest[doc]; !a.granted || a.version != version {
			return false, nil
		}
	}
	return true, nil
}
