package miniapp

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/imagika/imagika/cmd/internal/site/throttle"
	"github.com/imagika/imagika/storage"
)

// Signing in without Telegram's app around the page is OpenID Connect with Telegram as the issuer: an authorization code with PKCE
// (core.telegram.org/bots/telegram-login). Nothing is kept here between the two calls, and no cookie at the visitor:
//
//   - The page makes a verifier, a state and a nonce, keeps them in its tab, and goes to GET /session/oidc with the state, the
//     nonce and the verifier's hash. That leads on to the issuer; where to, and where back, is said by our settings alone.
//   - The issuer leads back to the page with a code and the state, which the page compares with its own: a code that somebody else
//     has begun to sign in with is dropped there.
//   - The page posts the code, the verifier and the nonce. Who has the code alone has nothing: the issuer wants the verifier.
//     A code is taken once, by us and by the issuer.
//
// Anybody can make up codes, and each is shown to the issuer: an address may show few, so that it does not fill the slots in which all
// of us ask.
//
// Telegram's user id is the claim id; sub is made up for each bot.

// OIDC says whom people sign in with.
type OIDC struct {
	Issuer   string // its URL, exactly as it calls itself
	ClientID string
	Secret   string
	Redirect string // the page, as people reach it
}

const (
	oidcPath  = "/session/oidc"
	oidcTime  = 10 * time.Second // for the issuer to answer
	oidcBytes = 1 << 20          // of an answer of its
	oidcSlots = 8                // calls to it at once
	oidcWait  = 2 * time.Second  // for one of them
	maxCode   = 2048             // bytes of a code
)

// issuer is the other side of a sign-in. What it says of itself is asked for by the first who signs in.
type issuer struct {
	OIDC
	client *http.Client
	slots  chan struct{}
	now    func() time.Time

	asking sync.Mutex
	known  atomic.Pointer[discovered]
}

// discovered is what an issuer says of itself.
type discovered struct {
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
	// nonces says that it puts the nonce into what it signs. Telegram does not: there the verifier alone binds a code to the tab.
	nonces bool
}

func newIssuer(o OIDC, now func() time.Time) *issuer {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	return &issuer{OIDC: o, now: now, slots: make(chan struct{}, oidcSlots), client: &http.Client{
		Timeout: oidcTime, Transport: bounded{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// bounded cuts off answers that are too long.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, oidcBytes), res.Body}
	}
	return res, err
}

// discover returns what the issuer says of itself, which it is asked once.
func (i *issuer) discover(ctx context.Context) (*discovered, error) {
	i.asking.Lock()
	defer i.asking.Unlock()
	if known := i.known.Load(); known != nil {
		return known, nil
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, i.client), i.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the issuer about itself: %w", err)
	}
	var said struct {
		Claims []string `json:"claims_supported"`
		Keys   string   `json:"jwks_uri"`
	}
	if err := provider.Claims(&said); err != nil {
		return nil, fmt.Errorf("read what the issuer says of itself: %w", err)
	}
	at := provider.Endpoint()
	at.AuthStyle = oauth2.AuthStyleInHeader // trying both ways would show the code twice
	for _, address := range []string{at.AuthURL, at.TokenURL, said.Keys} {
		if scheme, _, _ := strings.Cut(i.Issuer, ":"); !strings.HasPrefix(address, scheme+"://") {
			return nil, fmt.Errorf("the issuer's address %q is not like its own", address)
		}
	}
	known := &discovered{
		config: oauth2.Config{ClientID: i.ClientID, ClientSecret: i.Secret, Endpoint: at, RedirectURL: i.Redirect, Scopes: []string{oidc.ScopeOpenID, "profile"}},
		verifier: provider.Verifier(&oidc.Config{
			ClientID: i.ClientID, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256, oidc.EdDSA}, Now: i.now,
		}),
		nonces: said.Claims == nil || slices.Contains(said.Claims, "nonce"),
	}
	i.known.Store(known)
	return known, nil
}

// about returns what the issuer says of itself, and waits for nobody once that is known.
func (i *issuer) about(ctx context.Context) (known *discovered, err error) {
	if known = i.known.Load(); known != nil {
		return known, nil
	}
	err = i.reach(ctx, func() error { known, err = i.discover(ctx); return err })
	return known, err
}

// Forms of what the page makes, and of what the issuer does.
var (
	opaqueForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{22,128}$`)
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	verifierForm  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
	codeForm      = regexp.MustCompile(`^[\x21-\x7e]+$`)
)

// oidcRoutes are there where people can sign in with an issuer.
func (a *app) oidcRoutes() []route {
	if a.issuer == nil {
		return nil
	}
	return []route{
		{method: http.MethodGet, pattern: oidcPath, class: classEnter, handle: a.leadToIssuer, open: true},
		{method: http.MethodPost, pattern: oidcPath, class: classEnter, handle: a.signInByCode, open: true},
	}
}

// leadToIssuer sends a browser to sign in: GET /session/oidc?state=&nonce=&code_challenge=. Whatever else stands there is not read.
func (a *app) leadToIssuer(w http.ResponseWriter, r *http.Request, _ storage.Person) error {
	q := r.URL.Query()
	state, nonce, challenge := q.Get("state"), q.Get("nonce"), q.Get("code_challenge")
	if !opaqueForm.MatchString(state) || !opaqueForm.MatchString(nonce) || !challengeForm.MatchString(challenge) {
		return invalid("state and nonce are 22 to 128 letters, digits, - and _; code_challenge is a hash in base64url")
	}
	known, err := a.issuer.about(r.Context())
	if err != nil { // told by the page: this is no call of its scripts, but where a browser went
		a.Log.WarnContext(r.Context(), "issuer does not say how to sign in", "error", err)
		return leadTo(w, a.issuer.Redirect+"?"+url.Values{"error": {"temporarily_unavailable"}, "state": {state}}.Encode())
	}
	at := known.config.AuthCodeURL(state, oidc.Nonce(nonce),
		oauth2.SetAuthURLParam("code_challenge", challenge), oauth2.SetAuthURLParam("code_challenge_method", "S256"))
	return leadTo(w, at)
}

// leadTo sends a browser to another address.
func leadTo(w http.ResponseWriter, address string) error {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// reach runs a call to the issuer in one of few slots, so that a slow one holds up few. They are free again soon: a moment's crowd
// waits.
func (i *issuer) reach(ctx context.Context, call func() error) error {
	wait, cancel := context.WithTimeout(ctx, oidcWait)
	defer cancel()
	select {
	case i.slots <- struct{}{}:
		defer func() { <-i.slots }()
		return call()
	case <-wait.Done():
		return errTrouble
	}
}

// codeBody is what the issuer gave the page, and what the page began with.
type codeBody struct {
	Code     string `json:"code"`
	Verifier string `json:"verifier"`
	Nonce    string `json:"nonce"`
}

// signInByCode exchanges a code for a session: POST /session/oidc.
func (a *app) signInByCode(w http.ResponseWriter, r *http.Request, _ storage.Person) error {
	var body codeBody
	if err := a.decode(w, r, &body); err != nil {
		return err
	}
	if len(body.Code) > maxCode || !codeForm.MatchString(body.Code) || !verifierForm.MatchString(body.Verifier) || !opaqueForm.MatchString(body.Nonce) {
		return invalid("code, verifier or nonce is none")
	}
	if err := admit(a.codes, throttle.Address(r, a.Proxies), a.Now()); err != nil {
		return err
	}
	telegram, err := a.issuer.whose(r.Context(), body)
	if refused, ok := errors.AsType[*notSignedInError](err); ok {
		a.Log.InfoContext(r.Context(), "sign-in refused", "reason", refused.reason)
		return errSignIn
	}
	if err != nil {
		return err
	}
	return a.openFor(w, r, telegram, storage.SessionOIDC, storage.Proof{Nonce: "code " + hex.EncodeToString(a.Keys.MAC("app code", body.Code))})
}

// notSignedInError is a sign-in that is not believed. The reason holds nothing of what was shown.
type notSignedInError struct{ reason string }

func (e *notSignedInError) Error() string { return "not signed in: " + e.reason }

// whose returns the Telegram id of who signed in with a code.
func (i *issuer) whose(ctx context.Context, b codeBody) (telegram int64, err error) {
	err = i.reach(ctx, func() error {
		known, err := i.discover(ctx)
		if err != nil {
			return err
		}
		telegram, err = known.exchange(oidc.ClientContext(ctx, i.client), b)
		return err
	})
	return telegram, err
}

func (d *discovered) exchange(ctx context.Context, b codeBody) (telegram int64, err error) {
	token, err := d.config.Exchange(ctx, b.Code, oauth2.VerifierOption(b.Verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response.StatusCode < http.StatusInternalServerError {
		return 0, &notSignedInError{"the code is not taken"}
	}
	if err != nil {
		return 0, fmt.Errorf("exchange a code: %w", withoutURL(err))
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := d.verifier.Verify(ctx, raw)
	if err != nil {
		return 0, &notSignedInError{"the token is not believed"}
	}
	var claims struct {
		ID      json.RawMessage `json:"id"`
		Partner string          `json:"azp"`
	}
	if err := id.Claims(&claims); err != nil {
		return 0, &notSignedInError{"the claims cannot be read"}
	}
	switch {
	case (id.Nonce != "" || d.nonces) && subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(b.Nonce)) != 1:
		return 0, &notSignedInError{"another nonce"}
	case len(id.Audience) != 1 && claims.Partner != d.config.ClientID:
		return 0, &notSignedInError{"for another client as well"}
	}
	telegram, err = strconv.ParseInt(strings.Trim(string(claims.ID), `"`), 10, 64)
	if err != nil || telegram <= 0 {
		return 0, &notSignedInError{"no Telegram id"}
	}
	return telegram, nil
}

// withoutURL is an error of the network without the address, which may hold what nobody should read.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
