package storage

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
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
	// Start is what somebody came with who has not agreed yet; it is opened then.
	Start string `json:"start,omitempty"`
	// Long is when a message came that was too long, Unix seconds, and LongUnits its length in UTF-16 units, if an app may have cut
	// it off there: what comes with it may be the rest of it.
	Long      int64 `json:"long,omitempty"`
	LongUnits int   `json:"long_units,omitempty"`
	// Chat is how the person wants to meet others.
	Chat ChatSettings `json:"chat,omitzero"`

	read []byte // what was kept when they were read; what differs from it is what was set
}

// UnmarshalJSON reads what was kept, and remembers it.
func (s *Settings) UnmarshalJSON(text []byte) error {
	type plain Settings
	s.read = bytes.Clone(text)
	return json.Unmarshal(text, (*plain)(s))
}

// Reset returns them with nothing set of how to paint and what to spend. Presets, who may not get the prompts, and how to meet
// others stay.
func (s Settings) Reset() Settings {
	return Settings{Without: s.Without, Presets: s.Presets, Chat: s.Chat, read: s.read}
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

// SetSettings keeps what a person set: all that differs from what was read. Nothing is kept of somebody who is being erased.
func (s *Store) SetSettings(ctx context.Context, e Effect, user int64, settings Settings) (Outbox, error) {
	keep, err := s.settingsKeeper(ctx, user, settings)
	if err != nil {
		return nil, err
	}
	return s.effect(ctx, e, keep)
}

const settingsColumn = "users|settings"

// settingsKeeper returns what keeps settings. They are one value in the table, and two changes may be on their way at a time, one
// from the chat and one from the Mini App: what differs from what was read is set, the rest stays as it is by now. So it is inside
// of what holds several things that are set one by one.
func (s *Store) settingsKeeper(ctx context.Context, user int64, settings Settings) (func(tx) error, error) {
	k, err := s.keys.Person(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", settingsColumn, err)
	}
	read, err := settings.before()
	if err != nil {
		return nil, err
	}
	was, wasErr := read.fields()
	become, err := settings.fields()
	if err := errors.Join(wasErr, err); err != nil {
		return nil, err
	}
	name := settingsColumn + "|" + strconv.FormatInt(user, 10)
	return func(t tx) error {
		var sealed []byte
		err := t.QueryRowContext(ctx, `UPDATE users SET settings = settings WHERE id = $1 AND erasing_at IS NULL RETURNING settings`, user).Scan(&sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		now := fields{}
		if sealed != nil {
			plain, err := k.Open(name, sealed)
			if err == nil {
				err = json.Unmarshal(plain, &now)
			}
			if err != nil {
				return fmt.Errorf("unseal %s: %w", settingsColumn, err)
			}
		}
		if err := now.change(was, become); err != nil {
			return err
		}
		plain, err := json.Marshal(now)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE users SET settings = $2 WHERE id = $1`, user, k.Seal(name, plain))
		return err
	}, nil
}

// before are the settings that were read, as this release writes them.
func (s Settings) before() (read Settings, err error) {
	if s.read != nil {
		err = json.Unmarshal(s.read, &read)
	}
	return read, err
}

// fields are settings by their names.
type fields map[string]json.RawMessage

func (s Settings) fields() (f fields, err error) {
	plain, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(plain, &f)
	}
	return f, err
}

// change sets what differs between two, and leaves what is in neither: another release may know it.
func (f fields) change(was, become fields) error {
	both := maps.Clone(was)
	maps.Copy(both, become)
	for name := range both {
		value := become[name]
		if bytes.Equal(value, was[name]) {
			continue
		}
		var err error
		switch name {
		case "chat":
			value, err = changeFields(f[name], was[name], value)
		case "without", "presets":
			value, err = changeList(f[name], was[name], value)
		}
		if err != nil {
			return err
		}
		if f[name] = value; value == nil {
			delete(f, name)
		}
	}
	return nil
}

// changeFields is change for fields that are one field of others.
func changeFields(now, was, become json.RawMessage) (json.RawMessage, error) {
	all := [3]fields{{}, {}, {}}
	if err := unmarshalAll(&all, now, was, become); err != nil {
		return nil, err
	}
	if err := all[0].change(all[1], all[2]); err != nil || len(all[0]) == 0 {
		return nil, err
	}
	return json.Marshal(all[0])
}

// changeList adds to a list what was added, takes from it what was taken away, and replaces what became different.
func changeList(now, was, become json.RawMessage) (json.RawMessage, error) {
	var all [3][]json.RawMessage
	if err := unmarshalAll(&all, now, was, become); err != nil {
		return nil, err
	}
	at := func(list []json.RawMessage, one json.RawMessage) int {
		return slices.IndexFunc(list, func(other json.RawMessage) bool { return entry(other) == entry(one) })
	}
	list := slices.DeleteFunc(all[0], func(one json.RawMessage) bool { return at(all[1], one) >= 0 && at(all[2], one) < 0 })
	for _, one := range all[2] {
		if i := at(all[1], one); i >= 0 && bytes.Equal(all[1][i], one) {
			continue
		}
		if i := at(list, one); i >= 0 {
			list[i] = one
		} else {
			list = append(list, one)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return json.Marshal(list)
}

// entry is what one of a list is known by: its name, or if it has none, all of it.
func entry(one json.RawMessage) string {
	var named struct{ Name string }
	if json.Unmarshal(one, &named) == nil {
		return named.Name
	}
	return string(one)
}

// unmarshalAll reads the texts that are there.
func unmarshalAll[T any](all *[3]T, texts ...json.RawMessage) error {
	for i, text := range texts {
		if text == nil {
			continue
		}
		if err := json.Unmarshal(text, &all[i]); err != nil {
			return err
		}
	}
	return nil
}
