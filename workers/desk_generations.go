package workers

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// GenerationRow is a generation in a list. What the person wrote is not in it.
type GenerationRow struct {
	ID        string         `json:"id"`
	Person    string         `json:"person"` // hashed, as in logs
	Status    storage.Status `json:"status"`
	Reason    storage.Reason `json:"reason,omitempty"`
	Model     string         `json:"model"`
	Operation string         `json:"operation"`
	Images    int            `json:"images"`
	Price     int64          `json:"price"` // held or spent, in credits
	Created   time.Time      `json:"created"`
	Done      time.Time      `json:"done,omitzero"`
}

// GenerationView is a generation and all that happened to it.
type GenerationView struct {
	GenerationRow
	Origin   storage.Origin     `json:"origin"`
	Parent   string             `json:"parent,omitempty"`
	Claims   int64              `json:"claims"` // since the last progress
	Asked    bool               `json:"cancel_asked,omitempty"`
	Prompt   string             `json:"prompt,omitempty"` // only where it was asked for
	Negative string             `json:"negative,omitempty"`
	Calls    []storage.Call     `json:"calls"`
	Sends    []storage.Dispatch `json:"sends"`
	Credits  []storage.Entry    `json:"credits"`
	Timeline []Event            `json:"timeline"`
}

// Event is something that happened to a generation.
type Event struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

// Generations lists generations, newest first: of a person if one is named.
func (d *Desk) Generations(ctx context.Context, person string, f storage.GenerationFilter) ([]GenerationRow, error) {
	if person != "" {
		p, err := d.person(ctx, person)
		if err != nil {
			return nil, err
		}
		f.User = p.ID
	}
	all, err := d.Store.Generations(ctx, f)
	rows := make([]GenerationRow, 0, len(all))
	for _, g := range all {
		rows = append(rows, d.generationRow(g))
	}
	return rows, err
}

func (d *Desk) generationRow(g storage.Generation) GenerationRow {
	return GenerationRow{
		ID: g.ID, Person: d.personHash(g.User), Status: g.Status, Reason: g.Reason, Model: g.Model, Operation: g.Operation, Images: g.Params.Count,
		Price: g.Price, Created: g.Created, Done: g.Done,
	}
}

// generation finds one.
func (d *Desk) generation(ctx context.Context, id string) (storage.Generation, error) {
	g, err := d.Store.Generation(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no generation " + id}
	}
	return g, err
}

// Generation shows a generation with all that happened to it.
func (d *Desk) Generation(ctx context.Context, id string) (v GenerationView, err error) {
	g, err := d.generation(ctx, id)
	if err != nil {
		return v, err
	}
	v = GenerationView{GenerationRow: d.generationRow(g), Origin: g.Origin, Parent: g.Parent, Claims: g.Claims, Asked: g.CancelAsked}
	if v.Calls, err = d.Store.Calls(ctx, id); err != nil {
		return v, err
	}
	if v.Sends, err = d.Store.Dispatches(ctx, id); err != nil {
		return v, err
	}
	v.Credits, err = d.Store.Entries(ctx, id)
	v.Calls, v.Sends, v.Credits = append([]storage.Call{}, v.Calls...), append([]storage.Dispatch{}, v.Sends...), append([]storage.Entry{}, v.Credits...)
	v.Timeline = timeline(g, v)
	return v, err
}

// ReadGeneration is Generation with what the person wrote, which stands in the audit log.
func (d *Desk) ReadGeneration(ctx context.Context, by storage.By, id string) (GenerationView, error) {
	v, err := d.Generation(ctx, id)
	if err != nil {
		return v, err
	}
	if _, err := d.Store.Acted(ctx, storage.Effect{}, storage.Act{By: by, What: "generation read", Object: id}); err != nil {
		return v, err
	}
	g, err := d.generation(ctx, id)
	v.Prompt, v.Negative = g.Request.Prompt, g.Request.Negative
	return v, err
}

// timeline puts what happened to a generation in order.
func timeline(g storage.Generation, v GenerationView) []Event {
	var all []Event
	add := func(at time.Time, words ...string) {
		if !at.IsZero() {
			all = append(all, Event{at, strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), " ")})
		}
	}
	add(g.Created, "asked for")
	for _, e := range v.Credits {
		add(e.At, e.Kind, "of", strconv.FormatInt(max(e.Posted, -e.Posted, e.Held, -e.Held), 10), "credits")
	}
	add(g.Started, "begun")
	for _, c := range v.Calls {
		add(c.Began, c.Provider, "called for", c.Model)
		if c.State != storage.AttemptSending && !c.Ended.IsZero() {
			add(c.Ended, c.Provider, string(c.State), c.Class)
		}
	}
	add(g.Stored, "images stored")
	for _, s := range v.Sends {
		add(s.Owed, string(s.Kind), "owed")
		add(s.Sent, string(s.Kind), "sent")
	}
	add(g.Done, string(g.Status), string(g.Reason))
	slices.SortStableFunc(all, func(a, b Event) int { return a.At.Compare(b.At) })
	return all
}

// CancelGeneration cancels a generation in the person's stead. It reports whether it is canceled already, or asked for only:
// whoever works on it stops if that is still possible.
func (d *Desk) CancelGeneration(ctx context.Context, by storage.By, id string) (v GenerationView, err error) {
	g, err := d.generation(ctx, id)
	if err != nil {
		return v, err
	}
	_, err = d.Store.CancelFor(ctx, storage.Act{By: by, What: "generation cancel", Object: id}, g, finalSends(g))
	if errors.Is(err, storage.ErrNotFound) {
		err = refusedText("the generation is over: it is %s", g.Status)
	}
	if err != nil {
		return v, err
	}
	return d.Generation(ctx, id)
}

// RefundGeneration gives back the credits that a generation took, and tells the person, with a word of the operator's if
// there is one.
func (d *Desk) RefundGeneration(ctx context.Context, by storage.By, id, note string) (v GenerationView, err error) {
	g, err := d.generation(ctx, id)
	if err != nil {
		return v, err
	}
	p, err := d.Store.PersonByID(ctx, g.User)
	if err != nil {
		return v, err
	}
	acc, err := d.Store.Account(ctx, g.User)
	if err != nil {
		return v, err
	}
	tell := func(credits int64) ([]storage.Send, error) {
		if p.TelegramID == 0 {
			return nil, nil // an operator's account has no chat
		}
		return []storage.Send{d.tell(p, 0, texts.MessageCreditsGiven, map[string]any{"Count": credits, "Balance": acc.Available() + credits, "Note": note})}, nil
	}
	_, err = d.Store.ReturnCredits(ctx, storage.Act{By: by, What: "generation refund", Object: id}, g, tell)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		err = &OperatorError{"nothing was spent on it that could go back: it is " + string(g.Status)}
	case errors.Is(err, storage.ErrConsumed):
		err = &OperatorError{"its credits were given back before"}
	case errors.Is(err, storage.ErrHeld):
		err = &OperatorError{"the payment it was made from is just going back; try again when that is done"}
	}
	if err != nil {
		return v, err
	}
	return d.Generation(ctx, id)
}

// waitingMost is how many of a person's generations may wait when an operator asks for one more.
const waitingMost = 1000

// RetryGeneration has what failed made again, free of charge, and what could not be delivered sent again. It returns the
// generation that is under way then. Once is once: asking again returns the same.
func (d *Desk) RetryGeneration(ctx context.Context, by storage.By, id string) (v GenerationView, err error) {
	g, err := d.generation(ctx, id)
	if err != nil {
		return v, err
	}
	act := storage.Act{By: by, What: "generation retry", Object: id}
	switch {
	case g.Form != storage.FormChat:
		return v, &OperatorError{"it was asked for at the command line: ask for it again there"}
	case g.Status == storage.StatusFailed:
		g, err = d.remake(ctx, act, g)
	case g.Status == storage.StatusUndeliverable:
		err = d.redeliver(ctx, act, g)
	default:
		err = refusedText("only what failed or could not be delivered can be tried again: it is %s", g.Status)
	}
	if err != nil {
		return v, err
	}
	return d.Generation(ctx, g.ID)
}

// remake reserves the same for nothing.
func (d *Desk) remake(ctx context.Context, act storage.Act, g storage.Generation) (storage.Generation, error) {
	p, err := d.Store.PersonByID(ctx, g.User)
	if err != nil {
		return g, err
	}
	id, err := d.Store.NewID()
	if err != nil {
		return g, err
	}
	a := repeated(g)
	word := d.tell(p, g.Request.Chat, texts.MessageRetried, map[string]any{"Prompt": g.Request.Prompt})
	e := storage.Effect{User: p.ID, Sends: []storage.Send{word, statusSend(p.ID, g.Request.Chat, id)}}
	made, _, _, err := d.Store.Reserve(ctx, e, storage.NewGeneration{
		ID: id, User: p.ID, Origin: g.Origin, RequestKey: "retry:" + g.ID, Form: g.Form, Parent: a.parent, ParentN: a.parentN,
		Model: a.model, Operation: a.operation, Request: a.request, Params: a.params, Parallel: 1, Waiting: waitingMost, Act: &act,
	})
	switch {
	case errors.Is(err, storage.ErrBanned):
		err = &OperatorError{"the person is banned"}
	case errors.Is(err, storage.ErrFrozen):
		err = &OperatorError{"the person owes credits; imagika admin payments forgive ends that"}
	case errors.Is(err, storage.ErrRestricted):
		err = &OperatorError{"the person has restricted what is done with their data, or is being erased"}
	}
	return made, err
}

// redeliver sends what is stored.
func (d *Desk) redeliver(ctx context.Context, act storage.Act, g storage.Generation) error {
	p, err := d.Store.PersonByID(ctx, g.User)
	if err != nil {
		return err
	}
	if p.Unreachable {
		return &OperatorError{"the person has blocked the bot; they are offered the result when they are back"}
	}
	again := resultSend(g)
	again.Key = "again:" + g.ID + ":" + strconv.FormatInt(g.Done.UnixMicro(), 10) // once after each time that it failed
	err = d.Store.RedeliverFor(ctx, act, g, again)
	switch {
	case errors.Is(err, storage.ErrConsumed):
		err = &OperatorError{"it is on its way already"}
	case errors.Is(err, storage.ErrNotFound):
		err = &OperatorError{"the person has deleted it, or has it by now"}
	}
	return err
}
