package miniapp

import (
	"errors"
	"net/http"
	"time"

	"github.com/imagika/imagika/cmd/internal/site/throttle"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// Signing in by e-mail takes two calls. The page makes a key, keeps it in its tab, and shows it with both: a code is worth nothing
// in another browser. The first call is answered the same, in the same time, whether the address is anybody's or not
// (workers/sign_in.go). Codes are counted for each mailbox, each person and each network.

const mailPath = "/session/mail"

// mailRoutes are there where mail is set up.
func (a *app) mailRoutes() []route {
	if a.Workers.Mail == nil {
		return nil
	}
	return []route{
		{method: http.MethodPost, pattern: mailPath, class: classEnter, handle: a.askByMail, open: true},
		{method: http.MethodPost, pattern: mailPath + "/code", class: classEnter, handle: a.signInByMail, open: true},
	}
}

// mailBody names an address. Key is something random that the page made and keeps in its tab.
type mailBody struct {
	Address string `json:"address"`
	Key     string `json:"key"`
}

// asked is until when a code works, if one was sent.
type asked struct {
	Expires time.Time `json:"expires_at"`
}

// askByMail has a code sent to an address, if anybody linked it: POST /session/mail.
func (a *app) askByMail(w http.ResponseWriter, r *http.Request, _ storage.Person) error {
	var body mailBody
	if err := a.decode(w, r, &body); err != nil {
		return err
	}
	if !holderForm.MatchString(body.Key) {
		return invalid("the key is not 22 to 88 letters, digits, - and _")
	}
	if err := admit(a.asks, throttle.Address(r, a.Proxies), a.Now()); err != nil {
		return err
	}
	if err := a.Workers.AskSignIn(r.Context(), a.printer(r, storage.Person{}), body.Address, body.Key); err != nil {
		return err
	}
	return reply(w, http.StatusAccepted, asked{a.Now().Add(storage.CodeTime).UTC().Truncate(time.Second)})
}

// codeByMailBody is a code that came by mail, in the browser that asked for it.
type codeByMailBody struct {
	Key  string `json:"key"`
	Code string `json:"code"`
}

// signInByMail exchanges a code for a session: POST /session/mail/code.
func (a *app) signInByMail(w http.ResponseWriter, r *http.Request, _ storage.Person) error {
	var body codeByMailBody
	if err := a.decode(w, r, &body); err != nil {
		return err
	}
	if !holderForm.MatchString(body.Key) {
		return invalid("the key is not 22 to 88 letters, digits, - and _")
	}
	print := a.printer(r, storage.Person{})
	p, proof, err := a.Workers.SignIn(r.Context(), print, body.Key, body.Code)
	if err != nil {
		return err
	}
	err = a.open(w, r, p, storage.SessionMail, proof) // the code is used up
	if errors.Is(err, storage.ErrExpired) {           // the address was unlinked meanwhile, or the person signed out everywhere
		return workers.CodeOver(print)
	}
	return err
}
