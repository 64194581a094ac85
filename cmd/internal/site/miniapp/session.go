package miniapp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/imagika/imagika/storage"
)

const (
	sessionTime = 15 * time.Minute // until it has to be renewed
	sessionMost = 4 * time.Hour
	tokenBytes  = 32
)

// holderForm is that of the key that a page shows with its launch: a UUID, or as many random letters.
var holderForm = regexp.MustCompile(`^[A-Za-z0-9_-]{22,88}$`)

// signInBody is the launch of the page. Key is something random that the page made and keeps in its tab: with the same key the
// same launch can be shown again, without one it cannot.
type signInBody struct {
	InitData string `json:"init_data"`
	Key      string `json:"key"`
}

// sessionBody is a session, as long as it is not renewed.
type sessionBody struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires_at"`
	Me      any       `json:"me,omitempty"` // workers.Me
}

// signIn exchanges the launch of the page for a session: POST /session.
func (a *app) signIn(w http.ResponseWriter, r *http.Request, _ storage.Person) error {
	var body signInBody
	if err := a.decode(w, r, &body); err != nil {
		return err
	}
	if body.Key != "" && !holderForm.MatchString(body.Key) {
		return invalid("the key is not 22 to 88 letters, digits, - and _")
	}
	launch, err := a.Launch(body.InitData)
	switch {
	case errors.Is(err, ErrLaunchOld):
		return errLaunchOld
	case err != nil:
		return errLaunch
	}
	proof := storage.Proof{Nonce: "launch " + hex.EncodeToString(a.Keys.MAC("app launch", string(launch.Sum)))}
	if body.Key != "" {
		proof.Holder = hex.EncodeToString(a.Keys.MAC("app holder", body.Key))
	}
	return a.openFor(w, r, launch.Telegram, storage.SessionTelegram, proof)
}

// openFor answers with a session of the person with that Telegram id.
func (a *app) openFor(w http.ResponseWriter, r *http.Request, telegram int64, origin storage.SessionOrigin, proof storage.Proof) error {
	p, err := a.Store.KnownPerson(r.Context(), telegram)
	if errors.Is(err, storage.ErrNotFound) {
		return errNoAccount
	}
	if err != nil {
		return err
	}
	return a.open(w, r, p, origin, proof)
}

// open answers with a session of a person.
func (a *app) open(w http.ResponseWriter, r *http.Request, p storage.Person, origin storage.SessionOrigin, proof storage.Proof) error {
	if p.Erasing {
		return errNoAccount
	}
	if err := a.admitPerson(r.Context(), classEnter, p.ID); err != nil {
		return err
	}
	now := a.Now()
	session := storage.WebSession{User: p.ID, Origin: origin, Expires: now.Add(sessionTime), Ends: now.Add(sessionMost)}
	token := newToken()
	err := a.Store.OpenWebSession(r.Context(), token, session, proof)
	switch {
	case errors.Is(err, storage.ErrConsumed):
		return errLaunchUsed
	case errors.Is(err, storage.ErrNotFound): // erased meanwhile
		return errNoAccount
	case err != nil:
		return err
	}
	me, err := a.Workers.Me(r.Context(), p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, sessionBody{token, session.Expires.UTC().Truncate(time.Second), me})
}

// renew has the session last on, as far as one may: POST /session/renew.
func (a *app) renew(w http.ResponseWriter, r *http.Request, _ storage.Person) error {
	who := speakerOf(r)
	expires := a.Now().Add(sessionTime)
	if expires.After(who.session.Ends) {
		expires = who.session.Ends
	}
	if err := a.Store.RenewWebSession(r.Context(), who.token, expires); errors.Is(err, storage.ErrNotFound) {
		return errSession
	} else if err != nil {
		return err
	}
	return reply(w, http.StatusOK, sessionBody{Token: who.token, Expires: expires.UTC().Truncate(time.Second)})
}

// signOut ends the session: DELETE /session.
func (a *app) signOut(w http.ResponseWriter, r *http.Request, _ storage.Person) error {
	if err := a.Store.EndWebSession(r.Context(), speakerOf(r).token); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// signOutEverywhere ends all sessions of the person: DELETE /sessions.
func (a *app) signOutEverywhere(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	if err := a.Store.EndWebSessions(r.Context(), p.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// speaker is who shows the token of a session that is not over.
func (a *app) speaker(r *http.Request) (speaker, error) {
	token := bearer(r)
	if token == "" {
		return speaker{}, errSession
	}
	if err := admit(a.tokens, token, a.Now()); err != nil {
		return speaker{}, err
	}
	p, session, err := a.Store.WebSession(r.Context(), token)
	if errors.Is(err, storage.ErrNotFound) {
		return speaker{}, errSession
	}
	return speaker{p, token, session}, err
}

// speaks reports whether who made a call still may: what lasts looks now and then.
func (a *app) speaks(r *http.Request) bool {
	_, _, err := a.Store.WebSession(r.Context(), speakerOf(r).token)
	return !errors.Is(err, storage.ErrNotFound)
}

func newToken() string {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// bearer is the token of a call, empty if there is none that could be one of ours.
func bearer(r *http.Request) string {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if !strings.EqualFold(scheme, "Bearer") || err != nil || len(b) != tokenBytes {
		return ""
	}
	return token
}
