package workers

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Desk is where an operator answers appeals, bans people and reads what they reported. It needs the database only: what
// people are told goes through the outbox, and the sweeper of whoever works on it sends it.
type Desk struct {
	Store  *storage.Store
	Sealer *queue.Keys
	Texts  *texts.Catalog
	Alone  int64 // credits an operator may give or take without a second one
	// Operators is Telegram's id of their chat, zero for none.
	Operators int64
	// PolicyURL is that of the page of the privacy policy, empty for none.
	PolicyURL string
}

// Desk is the one over this process's collaborators.
func (w *Workers) Desk() *Desk {
	return &Desk{w.Store, w.Sealer, w.Texts, w.Settings.Given.Alone, w.Settings.Operators, w.Settings.PolicyURL}
}

// AppealView is a case that waits for an operator.
type AppealView struct {
	ID       string             `json:"id"`
	Person   string             `json:"person"` // hashed, as in logs
	Kind     storage.CaseKind   `json:"kind"`
	Cause    string             `json:"cause"` // of a prompt the rule
	Category string             `json:"category,omitempty"`
	Status   storage.CaseStatus `json:"status"`
	Prompt   string             `json:"prompt,omitempty"`
	Negative string             `json:"negative,omitempty"`
	Note     string             `json:"note,omitempty"`
	Made     time.Time          `json:"made"`
	Appealed time.Time          `json:"appealed,omitzero"`
}

// StandingView is what counts against a person.
type StandingView struct {
	Person  string           `json:"person"`
	Banned  time.Time        `json:"banned_until,omitzero"`
	Case    string           `json:"ban_case,omitempty"`
	Weight  int64            `json:"weight"`
	Wait    time.Duration    `json:"wait_ns,omitempty"` // until the next request is taken
	Strikes []storage.Strike `json:"strikes"`
}

// ReportView is a result that somebody reported.
type ReportView struct {
	Generation string    `json:"generation"`
	Person     string    `json:"person"`
	Reason     string    `json:"reason"`
	Model      string    `json:"model"`
	Providers  []string  `json:"providers"`
	At         time.Time `json:"at"`
}

// deskRows is how much an operator is shown at once.
const deskRows = 200

// personHash stands for a person in logs and on an operator's screen.
func (d *Desk) personHash(id int64) string { return d.Store.LogIDs(id)[0] }

func (w *Workers) personHash(id int64) string { return w.Desk().personHash(id) }

// Appeals lists what waits for an operator, the longest waiting first.
func (d *Desk) Appeals(ctx context.Context) ([]AppealView, error) {
	all, err := d.Store.Appeals(ctx, deskRows)
	views := make([]AppealView, 0, len(all))
	for _, c := range all {
		views = append(views, d.view(c))
	}
	return views, err
}

// Appeal opens a case.
func (d *Desk) Appeal(ctx context.Context, id string) (AppealView, error) {
	c, err := d.Store.Case(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no case " + id}
	}
	return d.view(c), err
}

func (d *Desk) view(c storage.Case) AppealView {
	return AppealView{
		ID: c.ID, Person: d.personHash(c.User), Kind: c.Kind, Cause: c.Cause, Category: c.Category, Status: c.Status,
		Prompt: c.Prompt, Negative: c.Negative, Note: c.Note, Made: c.Created, Appealed: c.Appealed,
	}
}

// Decide accepts an appeal, which lifts its strike or its ban, or rejects it, and tells the person.
func (d *Desk) Decide(ctx context.Context, by storage.By, id string, accept bool) error {
	c, err := d.Store.Case(ctx, id)
	if err == nil {
		err = d.decide(ctx, by, c, accept)
	}
	if errors.Is(err, storage.ErrNotFound) {
		return &OperatorError{"no appeal " + id + " is waiting; imagika admin moderation appeals lists those that are"}
	}
	return err
}

func (d *Desk) decide(ctx context.Context, by storage.By, c storage.Case, accept bool) error {
	p, err := d.Store.PersonByID(ctx, c.User)
	if err != nil {
		return err
	}
	what, key := "appeal reject", texts.MessageAppealRejected
	switch {
	case accept && c.Cause == storage.BanConversation:
		what, key = "appeal accept", texts.MessageChatPauseLifted
	case accept && c.Kind == storage.CaseBan:
		what, key = "appeal accept", texts.MessageBanLifted
	case accept:
		what, key = "appeal accept", texts.MessageAppealAccepted
	case c.Cause == storage.BanConversation:
		key = texts.MessageChatPauseStays
	case c.Kind == storage.CaseBan:
		key = texts.MessageBanStays
	}
	data := map[string]any{}
	switch key {
	case texts.MessageBanStays:
		data["When"] = endOf(p.Ban)
	case texts.MessageAppealAccepted, texts.MessageAppealRejected:
		data["Prompt"] = c.Prompt
	}
	e := storage.Effect{User: c.User, Sends: []storage.Send{d.tell(p, c.Chat, key, data)}}
	_, err = d.Store.Decide(ctx, e, storage.Act{By: by, What: what, Object: c.ID}, c, accept)
	return err
}

// endOf is when a ban ends, nil for when an operator ends it.
func endOf(b storage.Ban) any {
	if b.Until.Before(storage.Forever) {
		return b.Until
	}
	return nil
}

func (d *Desk) tell(p storage.Person, chat int64, key texts.Key, data map[string]any, rows ...[]telegram.Button) storage.Send {
	if chat == 0 {
		chat = p.TelegramID
	}
	return storage.Send{User: p.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: chat, Text: d.Texts.For(p.Lang).HTML(key, data), Keyboard: rows,
	}}
}

// appealButton has a case looked at.
func (d *Desk) appealButton(p storage.Person, id string) []telegram.Button {
	data := telegram.NewSigner(d.Sealer.MAC).Data(telegram.OpAppeal, id, p.TelegramID, "")
	return telegram.Row(telegram.Button{Text: d.Texts.For(p.Lang).Plain(texts.ButtonMistake, nil), Data: data})
}

// person finds somebody by the hash of logs and lists, by the charge id of a payment, or by their Telegram id, which is not
// kept.
func (d *Desk) person(ctx context.Context, name string) (storage.Person, error) {
	id, err := d.personID(ctx, name)
	if err == nil && id != 0 {
		return d.Store.PersonByID(ctx, id)
	}
	if err == nil || errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no person " + name + ": say the hash of logs and lists, a Telegram id, or the charge id of a payment; names are not kept"}
	}
	return storage.Person{}, err
}

// hashLength of a person in logs.
const hashLength = 16

func (d *Desk) personID(ctx context.Context, name string) (id int64, err error) {
	if telegramID, err := strconv.ParseInt(name, 10, 64); err == nil && len(name) < hashLength {
		return d.Store.FindPerson(ctx, telegramID)
	}
	if len(name) != hashLength {
		return d.byCharge(ctx, name)
	}
	name = strings.ToLower(name)
	err = d.Store.People(ctx, func(one int64) bool {
		if slices.Contains(d.Store.LogIDs(one), name) {
			id = one
		}
		return id == 0
	})
	return id, err
}

// Ban bans a person for a while, zero for until it is lifted, and tells them, with a word of the operator's if there is one.
func (d *Desk) Ban(ctx context.Context, by storage.By, name string, length time.Duration, note string) (StandingView, error) {
	p, err := d.person(ctx, name)
	if err != nil {
		return StandingView{}, err
	}
	if _, err := d.ban(ctx, storage.Effect{User: p.ID}, by, p, length, note); err != nil {
		return StandingView{}, err
	}
	return d.Standing(ctx, name)
}

func (d *Desk) ban(ctx context.Context, e storage.Effect, by storage.By, p storage.Person, length time.Duration, note string) (storage.Outbox, error) {
	id, err := d.Store.NewID()
	if err != nil {
		return nil, err
	}
	until := storage.Forever
	if length > 0 {
		until = time.Now().Add(length)
	}
	c := storage.Case{ID: id, User: p.ID, Kind: storage.CaseBan, Cause: storage.BanOperator, CaseBody: storage.CaseBody{Note: note, Chat: p.TelegramID}}
	data := map[string]any{
		"Reason": d.Texts.For(p.Lang).Plain(texts.NoteBanOperator, nil), "Note": note, "When": endOf(storage.Ban{Until: until}),
	}
	e.Sends = append(e.Sends, d.tell(p, 0, texts.MessageBanned, data, d.appealButton(p, id)))
	return d.Store.Ban(ctx, e, storage.Act{By: by, What: "ban", Object: d.personHash(p.ID)}, c, until)
}

// Unban lifts a ban and all strikes, and tells the person.
func (d *Desk) Unban(ctx context.Context, by storage.By, name string) (StandingView, error) {
	p, err := d.person(ctx, name)
	if err != nil {
		return StandingView{}, err
	}
	if _, err := d.unban(ctx, storage.Effect{User: p.ID}, by, p); err != nil {
		return StandingView{}, err
	}
	return d.Standing(ctx, name)
}

func (d *Desk) unban(ctx context.Context, e storage.Effect, by storage.By, p storage.Person) (storage.Outbox, error) {
	e.Sends = append(e.Sends, d.tell(p, 0, texts.MessageBanLifted, nil))
	out, err := d.Store.Unban(ctx, e, storage.Act{By: by, What: "unban", Object: d.personHash(p.ID)}, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"this person is not banned"}
	}
	return out, err
}

// Standing is what counts against a person now.
func (d *Desk) Standing(ctx context.Context, name string) (StandingView, error) {
	p, err := d.person(ctx, name)
	if err != nil {
		return StandingView{}, err
	}
	strikes, err := d.Store.Strikes(ctx, p.ID)
	now := time.Now()
	v := StandingView{Person: d.personHash(p.ID), Weight: weigh(strikes), Wait: pause(strikes, now), Strikes: strikes}
	if p.Ban.Active(now) {
		v.Banned, v.Case = p.Ban.Until, p.Ban.Case
	}
	return v, err
}

// Reports lists what people reported, newest first.
func (d *Desk) Reports(ctx context.Context) ([]ReportView, error) {
	all, err := d.Store.Reports(ctx, deskRows)
	views := make([]ReportView, 0, len(all))
	for _, r := range all {
		views = append(views, ReportView{r.Generation, d.personHash(r.User), r.Reason, r.Model, r.Providers, r.At})
	}
	return views, err
}

// Acts lists what operators did, newest first.
func (d *Desk) Acts(ctx context.Context, f storage.ActFilter) ([]storage.Act, error) {
	return d.Store.Acts(ctx, f)
}
