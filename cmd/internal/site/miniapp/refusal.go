package miniapp

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/text/language"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// refusalError is why a call is not done.
type refusalError struct {
	status         int
	code           string    // closed set, for programs
	text           texts.Key // for people
	detail         string    // for whoever writes a client, in English; may be empty
	said           string    // text, where it is in the person's language already
	retry          time.Duration
	param          string // the field that is wrong; may be empty
	price, balance int64  // where there were too few credits
	start          bool   // leads to the bot
}

func (e refusalError) Error() string { return "refused: " + e.code }

// The refusals.
var (
	errLaunch     = refusalError{status: http.StatusUnauthorized, code: "init_data_invalid", text: texts.AnswerAppLaunch}
	errLaunchOld  = refusalError{status: http.StatusUnauthorized, code: "init_data_expired", text: texts.AnswerAppLaunchOld}
	errLaunchUsed = refusalError{status: http.StatusUnauthorized, code: "init_data_used", text: texts.AnswerAppLaunchUsed}
	errSession    = refusalError{status: http.StatusUnauthorized, code: "session_expired", text: texts.AnswerAppSession}
	errSignIn     = refusalError{status: http.StatusUnauthorized, code: "sign_in_failed", text: texts.AnswerAppSignIn}
	errNoAccount  = refusalError{status: http.StatusForbidden, code: "no_account", text: texts.AnswerAppNoAccount, start: true}
	errRestricted = refusalError{status: http.StatusForbidden, code: "restricted", text: texts.AnswerRestricted}
	errMissing    = refusalError{status: http.StatusNotFound, code: "not_found", text: texts.AnswerAppMissing}
	errMethod     = refusalError{status: http.StatusMethodNotAllowed, code: "invalid", text: texts.AnswerAppInvalid}
	errMediaType  = refusalError{status: http.StatusUnsupportedMediaType, code: "invalid", text: texts.AnswerAppInvalid, detail: "the body must be application/json"}
	errTooLarge   = refusalError{status: http.StatusRequestEntityTooLarge, code: "too_large", text: texts.AnswerAppTooLarge}
	errConflict   = refusalError{status: http.StatusConflict, code: "conflict", text: texts.AnswerAppConflict}
	errTrouble    = refusalError{status: http.StatusServiceUnavailable, code: "unavailable", text: texts.AnswerAppTrouble, retry: 5 * time.Second}
)

// invalid is a call that cannot be understood.
func invalid(detail string) error {
	return refusalError{status: http.StatusBadRequest, code: "invalid", text: texts.AnswerAppInvalid, detail: detail}
}

func tooMany(wait time.Duration) error {
	return refusalError{status: http.StatusTooManyRequests, code: "too_many", text: texts.AnswerAppTooMany, retry: wait}
}

// refusalOf is what an error comes to. What is not known is trouble of our own.
func refusalOf(err error) (refusalError, bool) {
	if known, ok := errors.AsType[refusalError](err); ok {
		return known, true
	}
	if known, ok := refused(err); ok {
		return known, true
	}
	switch {
	case errors.Is(err, storage.ErrNotFound): // or another person's, which is the same for who asks
		return errMissing, true
	case errors.Is(err, storage.ErrConsumed):
		return errConflict, true
	case errors.Is(err, storage.ErrRestricted):
		return errRestricted, true
	}
	return errTrouble, false
}

// problem is what a refusal looks like.
type problem struct {
	Error problemBody `json:"error"`
}

type problemBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
	Link    string `json:"link,omitempty"` // where it goes on
	Param   string `json:"param,omitempty"`
	// Price of what was wanted and the credits there are, with insufficient_credits.
	Price     *int64 `json:"price,omitempty"`
	Available *int64 `json:"available,omitempty"`
}

// refuse tells a person why their call is not done.
func (a *app) refuse(w http.ResponseWriter, r *http.Request, p storage.Person, err error) {
	e, known := refusalOf(err)
	if !known && r.Context().Err() == nil {
		a.Log.ErrorContext(r.Context(), "call of the mini app failed", "method", r.Method, "pattern", r.Pattern, "error", err)
	}
	body := problemBody{Code: e.code, Message: e.said, Detail: e.detail, Param: e.param}
	if e.price > 0 {
		body.Price, body.Available = &e.price, &e.balance
	}
	if body.Message == "" {
		body.Message = a.printer(r, p).Plain(e.text, nil)
	}
	if e.start && a.BotUsername != "" {
		body.Link = "https://t.me/" + a.BotUsername
	}
	if e.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if e.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.retry.Seconds()))))
	}
	_ = reply(w, e.status, problem{body}) // strings can always be encoded
}

// printer speaks the person's language, and to a stranger that of their browser.
func (a *app) printer(r *http.Request, p storage.Person) texts.Printer {
	if p.Lang != "" {
		return a.Texts.For(p.Lang)
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return a.Texts.For("")
	}
	return a.Texts.For(tags[0].String())
}
