package playground

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

const (
	smallBody = 64 << 10
	// sendBody lets two full-size pictures through, or an album of usual ones, in base64.
	sendBody  = 64 << 20
	maxPeople = 50
)

// refusal is an error that the page shows to the person, with its HTTP status.
type refusal struct {
	status int
	text   string
}

func (e *refusal) Error() string { return e.text }

func bad(text string) error { return &refusal{http.StatusBadRequest, text} }

// The bodies of the POST requests. who names the person who acts.
type (
	who struct {
		Person int64 `json:"person"`
		Chat   int64 `json:"chat"` // the group they act in; 0 for the private chat
	}
	starting struct {
		who
		Payload string `json:"payload"`
	}
	sending struct {
		who
		Text    string   `json:"text"`
		Files   []upload `json:"files"`
		ReplyTo int64    `json:"reply_to"`
	}
	editing struct {
		who
		MessageID int64  `json:"message_id"`
		Text      string `json:"text"`
	}
	pointing struct {
		who
		MessageID int64 `json:"message_id"`
	}
	pressing struct {
		who
		MessageID int64  `json:"message_id"`
		Data      string `json:"data"`
	}
	extra struct {
		who
		Kind string `json:"kind"` // as sendExtra knows them
	}
)

func (w who) seat() who { return w }

// acts is the table of what a person can do, by the path below /play/api/.
func (pg *Playground) acts() map[string]http.Handler {
	return map[string]http.Handler{
		"people":   handle(smallBody, pg.join),
		"reset":    handle(smallBody, pg.reset),
		"groups":   handle(smallBody, pg.gather),
		"members":  person(pg, smallBody, pg.joinGroup),
		"follow":   person(pg, smallBody, pg.follow),
		"faults":   handle(smallBody, pg.addFault),
		"mend":     handle(smallBody, pg.mend),
		"preset":   handle(smallBody, pg.preset),
		"start":    person(pg, smallBody, start),
		"send":     person(pg, sendBody, send),
		"edit":     person(pg, smallBody, edit),
		"delete":   person(pg, smallBody, remove),
		"press":    person(pg, smallBody, pg.press),
		"react":    person(pg, smallBody, react),
		"vote":     person(pg, smallBody, vote),
		"forward":  person(pg, smallBody, pg.forward),
		"resend":   person(pg, smallBody, pg.resend),
		"poll":     person(pg, smallBody, poll),
		"extra":    person(pg, smallBody, pg.sendExtra),
		"form":     person(pg, smallBody, form),
		"pay":      person(pg, smallBody, pg.pay),
		"unlock":   person(pg, smallBody, unlock),
		"inline":   person(pg, smallBody, pg.inline),
		"choose":   person(pg, smallBody, choose),
		"app":      person(pg, smallBody, pg.openApp),
		"app_data": person(pg, smallBody, sendData),
		"prepared": person(pg, smallBody, share),
		"block":    person(pg, smallBody, standing((*telegramtest.Person).Block)),
		"unblock":  person(pg, smallBody, standing((*telegramtest.Person).Unblock)),
	}
}

// handle reads a JSON body of at most limit bytes, acts, and answers with what act
// returns, or {} for nil.
func handle[T any](limit int64, act func(ctx context.Context, body T) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body T
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&body); err != nil {
			refuseError(w, bodyError(err))
			return
		}
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			refuseError(w, bad("one JSON object is expected"))
			return
		}
		answer, err := act(r.Context(), body)
		if err != nil {
			refuseError(w, err)
			return
		}
		reply(w, http.StatusOK, answer)
	})
}

// person is handle for what one person does. Whatever they do may unblock the bot, so
// the roster is told each time.
func person[T interface{ seat() who }](pg *Playground, limit int64, act func(context.Context, *telegramtest.Person, T) (any, error)) http.Handler {
	return handle(limit, func(ctx context.Context, body T) (any, error) {
		p, err := pg.sit(body.seat())
		if err != nil {
			return nil, err
		}
		before := p.Blocked()
		answer, err := act(ctx, p, body)
		if p.Blocked() != before {
			pg.roster.fire()
		}
		return answer, err
	})
}

// sit finds who acts, in the chat they act in.
func (pg *Playground) sit(at who) (*telegramtest.Person, error) {
	p, ok := pg.tg.PersonByID(at.Person)
	if !ok {
		return nil, &refusal{http.StatusNotFound, "there is no such person"}
	}
	if at.Chat == 0 || at.Chat == p.ID() {
		return p, nil
	}
	g, ok := pg.in(at.Chat, p.ID())
	if !ok {
		return nil, &refusal{http.StatusNotFound, "there is no such group, or they are not in it"}
	}
	return p.In(g), nil
}

// standing is an act without a body of its own.
func standing(change func(*telegramtest.Person)) func(context.Context, *telegramtest.Person, who) (any, error) {
	return func(_ context.Context, p *telegramtest.Person, _ who) (any, error) {
		change(p)
		return nil, nil
	}
}

func start(_ context.Context, p *telegramtest.Person, b starting) (any, error) {
	if len(b.Payload) > 64 {
		return nil, bad("a start parameter has at most 64 characters")
	}
	p.Start(b.Payload)
	return nil, nil
}

func edit(_ context.Context, p *telegramtest.Person, b editing) (any, error) {
	if err := checkText(b.Text, maxText); err != nil {
		return nil, err
	}
	_, err := p.Edit(b.MessageID, b.Text)
	return nil, err
}

func remove(_ context.Context, p *telegramtest.Person, b pointing) (any, error) {
	return nil, p.Delete(b.MessageID)
}

func bodyError(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return &refusal{http.StatusRequestEntityTooLarge, "that is too much for one message"}
	}
	return bad("the body is not the JSON that is expected")
}

func refuseError(w http.ResponseWriter, err error) {
	var no *refusal
	switch {
	case errors.As(err, &no):
		refuse(w, no.status, no.text)
	case errors.Is(err, telegramtest.ErrNoMessage):
		refuse(w, http.StatusNotFound, "that message is gone, or not yours to change")
	default:
		refuse(w, http.StatusBadRequest, strings.TrimPrefix(err.Error(), "telegramtest: "))
	}
}

func refuse(w http.ResponseWriter, status int, why string) {
	reply(w, status, map[string]string{"error": why})
}

// reply writes v, or {} for nil. A peer that is gone cannot be told about it.
func reply(w http.ResponseWriter, status int, v any) {
	if v == nil {
		v = struct{}{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
