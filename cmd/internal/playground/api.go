package playground

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

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
	}
	joining struct {
		FirstName    string `json:"first_name"`
		LastName     string `json:"last_name"`
		LanguageCode string `json:"language_code"`
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
		Kind string `json:"kind"` // sticker, voice, location, contact, video
	}
)

func (w who) actor() int64 { return w.Person }

// acts is the table of what a person can do, by the path below /play/api/.
func (pg *Playground) acts() map[string]http.Handler {
	return map[string]http.Handler{
		"people":  handle(smallBody, pg.join),
		"start":   person(pg, smallBody, start),
		"send":    person(pg, sendBody, send),
		"edit":    person(pg, smallBody, edit),
		"delete":  person(pg, smallBody, remove),
		"press":   person(pg, smallBody, pg.press),
		"pay":     person(pg, smallBody, pg.pay),
		"extra":   person(pg, smallBody, sendExtra),
		"block":   person(pg, smallBody, standing((*telegramtest.Person).Block)),
		"unblock": person(pg, smallBody, standing((*telegramtest.Person).Unblock)),
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
func person[T interface{ actor() int64 }](pg *Playground, limit int64, act func(context.Context, *telegramtest.Person, T) (any, error)) http.Handler {
	return handle(limit, func(ctx context.Context, body T) (any, error) {
		p, ok := pg.tg.PersonByID(body.actor())
		if !ok {
			return nil, &refusal{http.StatusNotFound, "there is no such person"}
		}
		before := p.Blocked()
		answer, err := act(ctx, p, body)
		if p.Blocked() != before {
			pg.roster.fire()
		}
		return answer, err
	})
}

func (pg *Playground) join(_ context.Context, b joining) (any, error) {
	name := strings.TrimSpace(b.FirstName)
	switch {
	case name == "" || utf8.RuneCountInString(name) > 64 || utf8.RuneCountInString(b.LastName) > 64:
		return nil, bad("a name has 1 to 64 characters")
	case !languageTag(b.LanguageCode):
		return nil, bad("a language is a tag such as en or pt-br")
	case len(pg.tg.People()) >= maxPeople:
		return nil, bad("the playground is full")
	}
	p := pg.tg.Person(telegramtest.PersonConfig{FirstName: name, LastName: strings.TrimSpace(b.LastName), LanguageCode: b.LanguageCode})
	pg.roster.fire()
	return map[string]int64{"id": p.ID()}, nil
}

// languageTag accepts letters, digits and hyphens; empty is a person whose app does not tell.
func languageTag(tag string) bool {
	return len(tag) <= 16 && strings.Trim(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
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

func sendExtra(_ context.Context, p *telegramtest.Person, b extra) (any, error) {
	switch b.Kind {
	case "sticker":
		p.Sticker()
	case "voice":
		p.Voice()
	case "video":
		p.Video("")
	case "location":
		p.Location()
	case "contact":
		p.Contact()
	default:
		return nil, bad("there is no such kind of message")
	}
	return nil, nil
}

// callView is a call of the bot for the drawer.
type callView struct {
	Seq    uint64                  `json:"seq"`
	Method string                  `json:"method"`
	Code   int                     `json:"code"` // 0 when the answer was withheld
	MS     float64                 `json:"ms"`
	Params map[string]string       `json:"params"`
	Files  []telegramtest.CallFile `json:"files,omitempty"`
	Answer json.RawMessage         `json:"answer,omitempty"`
}

// maxListed bounds one answer of calls; older ones are left out.
const maxListed = 300

// calls lists the calls after the number in the query, oldest first, and the number to ask
// with next.
func (pg *Playground) calls(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64) // anything else lists all
	views := []callView{}
	var last uint64
	for _, c := range pg.tg.Calls() {
		last = c.Seq
		if c.Seq > after {
			views = append(views, callView{
				Seq: c.Seq, Method: c.Method, Code: c.Code, MS: float64(c.Duration.Microseconds()) / 1000,
				Params: c.Params, Files: c.Files, Answer: c.Answer,
			})
		}
	}
	if len(views) > maxListed {
		views = views[len(views)-maxListed:]
	}
	reply(w, http.StatusOK, map[string]any{"calls": views, "last": last})
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
