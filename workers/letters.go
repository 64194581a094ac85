package workers

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// What people ask about their data by mail or post is written down by operators. A request for a copy goes to the address that
// the person linked, and so does the code that proves that the letter is theirs; nobody else's word starts an export or an
// erasure.

// RightView is a request about somebody's data.
type RightView struct {
	ID       string              `json:"id"`
	Person   string              `json:"person,omitempty"` // hashed, as in logs; empty for somebody who is not known
	Kind     storage.RightKind   `json:"kind"`
	Origin   storage.RightOrigin `json:"origin"`
	Status   storage.RightStatus `json:"status"`
	Reason   string              `json:"reason,omitempty"`
	Step     string              `json:"step,omitempty"`
	Received time.Time           `json:"received"`
	Due      time.Time           `json:"due"`
	Overdue  bool                `json:"overdue,omitempty"`
	Waits    bool                `json:"waits,omitempty"` // for an operator, or for the code that proves who wrote
	Ended    time.Time           `json:"ended,omitzero"`
	Mailed   bool                `json:"mailed,omitempty"` // a code was sent just now
}

// letterTime is how long a letter is of use.
const letterTime = 3 * 24 * time.Hour

// RefusalReasons are why a request can be refused.
func RefusalReasons() []string { return []string{"identity", "unfounded", "excessive", "law"} }

func refusalText(reason string) texts.Key {
	switch reason {
	case "identity":
		return texts.NoteRefusedIdentity
	case "unfounded":
		return texts.NoteRefusedUnfounded
	case "excessive":
		return texts.NoteRefusedExcessive
	}
	return texts.NoteRefusedLaw
}

func (d *Desk) rightView(r storage.Right) RightView {
	v := RightView{
		ID: r.ID, Kind: r.Kind, Origin: r.Origin, Status: r.Status, Reason: r.Reason, Step: r.Step, Received: r.Created, Due: r.Due, Ended: r.Ended,
		Overdue: r.Ended.IsZero() && time.Now().After(r.Due), Waits: r.Status == storage.RightAsked && r.Origin == storage.RightMail && !r.NotBefore.Before(storage.Forever),
	}
	if r.User != 0 {
		v.Person = d.personHash(r.User)
	}
	return v
}

// Rights lists requests that are not answered, the one that is due first at the top; or all, newest first.
func (d *Desk) Rights(ctx context.Context, all bool) ([]RightView, error) {
	rights, err := d.Store.OpenRights(ctx, all, deskRows)
	views := make([]RightView, 0, len(rights))
	for _, r := range rights {
		views = append(views, d.rightView(r))
	}
	return views, err
}

// Right shows a request.
func (d *Desk) Right(ctx context.Context, id string) (RightView, error) {
	r, err := d.right(ctx, id)
	return d.rightView(r), err
}

func (d *Desk) right(ctx context.Context, id string) (storage.Right, error) {
	r, err := d.Store.Right(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no request " + id}
	}
	return r, err
}

// RecordRight writes down a request that came by mail or post. The person is named by the address they linked, or as elsewhere;
// nobody, for somebody who is not known. It is acknowledged at their address; a copy or an erasure waits for the code that goes
// there with it.
func (d *Desk) RecordRight(ctx context.Context, by storage.By, name string, kind storage.RightKind, received time.Time) (RightView, error) {
	l := storage.Letter{Kind: kind, Received: received}
	p, address, err := d.writer(ctx, name)
	if err != nil {
		return RightView{}, err
	}
	if l.User = p.ID; address != "" && (kind == storage.RightAccess || kind == storage.RightExport) {
		l.Kind = storage.RightPort // nobody who writes by mail is in the chat
	}
	proves := address != "" && (l.Kind == storage.RightPort || l.Kind == storage.RightErase)
	if l.Kind == storage.RightPort {
		if address == "" {
			return RightView{}, &OperatorError{"a copy goes to an address that the person linked, and there is none: record it as export and answer it yourself"}
		}
		l.Address = address
	}
	e := storage.Effect{User: p.ID}
	if address != "" && !proves {
		e.Mails = append(e.Mails, d.letter(p, address, texts.MailLetter, map[string]any{"When": received.Add(storage.RightTime)}))
	}
	r, err := d.Store.RecordLetter(ctx, e, storage.Act{By: by, What: "right record"}, l)
	switch {
	case errors.Is(err, storage.ErrConsumed):
		return RightView{}, &OperatorError{"this person has such a request already: imagika admin rights list"}
	case errors.Is(err, storage.ErrRestricted):
		return RightView{}, &OperatorError{"this person is being erased"}
	case err != nil:
		return RightView{}, err
	}
	v := d.rightView(r)
	if proves {
		v.Mailed, err = true, d.askIdentity(ctx, by, p, address, r)
	}
	return v, err
}

// writer is who wrote a letter, and the address they linked, if any.
func (d *Desk) writer(ctx context.Context, name string) (p storage.Person, address string, err error) {
	switch {
	case name == "":
		return p, "", nil
	case strings.Contains(name, "@"):
		ids, err := d.Store.PeopleByEmail(ctx, name)
		if err != nil {
			return p, "", err
		}
		if len(ids) == 0 {
			return p, "", &OperatorError{"nobody linked this address: record the request without --person, and ask for a way to tell who it is"}
		}
		if len(ids) > 1 {
			return p, "", &OperatorError{"several people linked this address: say which of them by the hash, " + d.hashes(ids)}
		}
		if p, err = d.Store.PersonByID(ctx, ids[0]); err != nil {
			return p, "", err
		}
	default:
		if p, err = d.person(ctx, name); err != nil {
			return p, "", err
		}
	}
	e, err := d.Store.Email(ctx, p.ID)
	return p, e.Address, ignore(err, storage.ErrNotFound)
}

func (d *Desk) hashes(ids []int64) string {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		names = append(names, d.personHash(id))
	}
	return strings.Join(names, " or ")
}

// letter is a mail about a request.
func (d *Desk) letter(p storage.Person, address string, key texts.Key, data map[string]any) storage.Mail {
	print := d.Texts.For(p.Lang)
	return storage.Mail{User: p.ID, Kind: storage.MailLetter, Expires: time.Now().Add(letterTime), Body: storage.MailBody{
		To: address, Subject: print.Plain(texts.SubjectLetter, nil), Text: print.Plain(key, data),
	}}
}

// askIdentity sends the code that proves by whom a letter is.
func (d *Desk) askIdentity(ctx context.Context, by storage.By, p storage.Person, address string, r storage.Right) error {
	id, err := d.Store.NewID()
	if err != nil {
		return err
	}
	digits := newDigits(6)
	c := storage.EmailCode{ID: id, User: p.ID, Purpose: storage.CodeVerify, Right: r.ID, Address: address}
	m := d.letter(p, address, texts.MailLetterCode, map[string]any{"Code": digits, "When": r.Due})
	err = d.Store.AskIdentity(ctx, storage.Act{By: by, What: "right code", Object: r.ID}, c, digits, m)
	if errors.Is(err, storage.ErrTooMany) {
		err = &OperatorError{"the request is recorded as " + r.ID + ", but this address had too many codes lately: imagika admin rights code " + r.ID + " in an hour"}
	}
	return err
}

// SendRightCode sends another code for a letter that waits for one.
func (d *Desk) SendRightCode(ctx context.Context, by storage.By, id string) error {
	r, err := d.right(ctx, id)
	if err != nil {
		return err
	}
	if !d.rightView(r).Waits || r.User == 0 {
		return &OperatorError{"the request " + id + " does not wait for a code"}
	}
	p, err := d.Store.PersonByID(ctx, r.User)
	if err != nil {
		return err
	}
	e, err := d.Store.Email(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return &OperatorError{"this person has linked no address"}
	}
	if err != nil {
		return err
	}
	return d.askIdentity(ctx, by, p, e.Address, r)
}

// VerifyRight takes the code that came back. The request goes on by itself from there.
func (d *Desk) VerifyRight(ctx context.Context, by storage.By, id, code string) (RightView, error) {
	r, err := d.right(ctx, id)
	if err != nil {
		return RightView{}, err
	}
	digits, _ := typedDigits(code)
	match, left, err := d.Store.VerifyLetter(ctx, storage.Act{By: by, What: "right verify"}, r, digits)
	switch {
	case errors.Is(err, storage.ErrExpired):
		return RightView{}, &OperatorError{"no code can be typed for " + id + ": imagika admin rights code " + id + " sends another one"}
	case errors.Is(err, storage.ErrNotFound):
		return RightView{}, &OperatorError{"the request " + id + " does not wait any more"}
	case err != nil:
		return RightView{}, err
	case !match:
		return RightView{}, &OperatorError{"that is not the code that was sent; tries left: " + string(rune('0'+left))}
	}
	return d.Right(ctx, id)
}

// EndRight ends a request that an operator answered: done, or refused for a reason of [RefusalReasons]. The person is told, at
// their address or else in the chat.
func (d *Desk) EndRight(ctx context.Context, by storage.By, id, reason string) (RightView, error) {
	r, err := d.right(ctx, id)
	if err != nil {
		return RightView{}, err
	}
	status, what, mail, message, data := storage.RightDone, "right done", texts.MailLetterDone, texts.MessageRequestDone, map[string]any{"When": r.Created}
	if reason != "" {
		status, what, mail, message = storage.RightRefused, "right refuse", texts.MailLetterRefused, texts.MessageRequestRefused
	}
	e := storage.Effect{User: r.User}
	if r.User != 0 {
		if err := d.tellEnd(ctx, &e, r, reason, mail, message, data); err != nil {
			return RightView{}, err
		}
	}
	_, err = d.Store.EndLetter(ctx, e, storage.Act{By: by, What: what, Object: r.ID}, r, status, reason)
	if errors.Is(err, storage.ErrNotFound) {
		return RightView{}, &OperatorError{"the request " + id + " is over, or worked on by itself"}
	}
	if err != nil {
		return RightView{}, err
	}
	return d.Right(ctx, id)
}

// tellEnd tells a person what became of their request, where they can read it.
func (d *Desk) tellEnd(ctx context.Context, e *storage.Effect, r storage.Right, reason string, mail, message texts.Key, data map[string]any) error {
	p, err := d.Store.PersonByID(ctx, r.User)
	if err != nil {
		return err
	}
	if reason != "" {
		data["Reason"] = d.Texts.For(p.Lang).Plain(refusalText(reason), nil)
	}
	linked, err := d.Store.Email(ctx, r.User)
	switch {
	case err == nil:
		e.Mails = append(e.Mails, d.letter(p, linked.Address, mail, data))
	case errors.Is(err, storage.ErrNotFound) && p.TelegramID != 0:
		e.Sends = append(e.Sends, d.tell(p, 0, message, data))
	case !errors.Is(err, storage.ErrNotFound):
		return err
	}
	return nil
}
