package miniapp

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// signingKey is the issuers', made once: it takes a while.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// grant is a code that waits to be exchanged.
type grant struct{ challenge, redirect, nonce string }

// fakeIssuer is a strict issuer: it wants what the standards say and gives what a test spoils.
type fakeIssuer struct {
	*testing.T
	*httptest.Server
	telegram int64
	claims   []string                        // claims_supported
	spoil    func(head, body map[string]any) // changes what is signed
	forge    func(token string) string       // changes what was signed
	down     bool
	shown    int // codes

	mu     sync.Mutex
	grants map[string]grant
}

func newFakeIssuer(t *testing.T, telegram int64) *fakeIssuer {
	t.Helper()
	f := &fakeIssuer{T: t, telegram: telegram, grants: make(map[string]grant), claims: []string{"sub", "id", "nonce"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.json(w, map[string]any{
			"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
			"claims_supported": f.claims, "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		key := signingKey().PublicKey
		f.json(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig",
			"n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("GET /auth", f.auth)
	mux.HandleFunc("POST /token", f.token)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

// set changes what it does from here on.
func (f *fakeIssuer) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (f *fakeIssuer) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// auth is where the person says yes: it leads back with a code.
func (f *fakeIssuer) auth(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != "42" || q.Get("scope") != "openid profile" || q.Get("code_challenge_method") != "S256" {
		f.Errorf("asked for %v", q)
	}
	code := "code-" + newToken()
	f.mu.Lock()
	f.grants[code] = grant{q.Get("code_challenge"), q.Get("redirect_uri"), q.Get("nonce")}
	f.mu.Unlock()
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (f *fakeIssuer) token(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shown++; f.down {
		http.Error(w, "away", http.StatusBadGateway)
		return
	}
	user, password, _ := r.BasicAuth()
	g, ok := f.grants[r.PostFormValue("code")]
	delete(f.grants, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case user != "42" || password != "hush":
		w.WriteHeader(http.StatusUnauthorized)
		f.json(w, map[string]string{"error": "invalid_client"})
	case !ok || g.challenge != b64(sum[:]) || g.redirect != r.PostFormValue("redirect_uri") || r.PostFormValue("grant_type") != "authorization_code":
		w.WriteHeader(http.StatusBadRequest)
		f.json(w, map[string]string{"error": "invalid_grant"})
	default:
		f.json(w, map[string]any{"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": f.sign(g)})
	}
}

func (f *fakeIssuer) sign(g grant) string {
	head := map[string]any{"alg": "RS256", "kid": "one", "typ": "JWT"}
	body := map[string]any{
		"iss": f.URL, "aud": "42", "sub": "1234123412341234123", "id": f.telegram, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	if g.nonce != "" {
		body["nonce"] = g.nonce
	}
	if f.spoil != nil {
		f.spoil(head, body)
	}
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			f.Error(err)
		}
		return b64(b)
	}
	signed := encode(head) + "." + encode(body)
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(nil, signingKey(), crypto.SHA256, sum[:])
	if err != nil {
		f.Error(err)
	}
	token := signed + "." + b64(sig)
	if f.forge != nil {
		token = f.forge(token)
	}
	return token
}

// tab is a browser that signs in.
type tab struct{ verifier, state, nonce string }

func newTab() tab { return tab{newToken(), newToken(), newToken()} }

func (b tab) query() url.Values {
	sum := sha256.Sum256([]byte(b.verifier))
	return url.Values{"state": {b.state}, "nonce": {b.nonce}, "code_challenge": {b64(sum[:])}}
}

// leave asks where to sign in.
func (d *door) leave(q url.Values) answer {
	d.Helper()
	return d.do(request{method: "GET", path: base + oidcPath + "?" + q.Encode()})
}

// approve signs in at the issuer, and returns what it leads back with.
func (d *door) approve(b tab) (code string) {
	d.Helper()
	a := d.leave(b.query())
	if a.StatusCode != http.StatusSeeOther {
		d.Fatalf("not led to the issuer: %d %s", a.StatusCode, a.text)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := http.NewRequestWithContext(d.Context(), http.MethodGet, a.Header.Get("Location"), nil)
	if err != nil {
		d.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	defer res.Body.Close()
	back, err := res.Location()
	if err != nil {
		d.Fatal(err)
	}
	if got := back.Scheme + "://" + back.Host + back.Path; got != "https://imagika.example/app/" || back.Query().Get("state") != b.state {
		d.Errorf("led back to %s", back)
	}
	return back.Query().Get("code")
}

func (d *door) show(code string, b tab) answer {
	d.Helper()
	return d.showFrom("", code, b)
}

// showFrom shows a code from an address.
func (d *door) showFrom(address, code string, b tab) answer {
	d.Helper()
	body, err := json.Marshal(codeBody{code, b.verifier, b.nonce})
	if err != nil {
		d.Fatal(err)
	}
	return d.do(request{method: "POST", path: base + oidcPath, body: string(body), from: address})
}

// withIssuer is a door where people sign in with an issuer, and somebody it knows.
func withIssuer(t *testing.T) (*door, *fakeIssuer, visitor) {
	t.Helper()
	f := newFakeIssuer(t, 0)
	d := newDoor(t, func(o *Options) {
		o.OIDC = &OIDC{Issuer: f.URL, ClientID: "42", Secret: "hush", Redirect: "https://imagika.example/app/"}
	})
	ann := d.visitor("Ann", "en")
	f.set(func() { f.telegram = ann.tg.ID() })
	return d, f, ann
}

func TestSignInWithIssuer(t *testing.T) {
	t.Parallel()
	d, f, _ := withIssuer(t)
	b := newTab()
	code := d.approve(b)
	a := d.show(code, b)
	d.want(a, 200, "")
	token, _ := a.json["token"].(string)
	d.want(d.do(request{method: "POST", path: base + "/session/renew", token: token}), 200, "")
	d.want(d.show(code, b), 401, "sign_in_failed") // replayed

	f.set(func() { f.telegram = 1 })
	b = newTab()
	d.want(d.show(d.approve(b), b), 403, "no_account")
	f.set(func() { f.telegram, f.down = 7, true })
	b = newTab()
	d.want(d.show(d.approve(b), b), 503, "unavailable")
	if strings.Contains(d.logs.String(), b.verifier) || strings.Contains(d.logs.String(), "hush") || strings.Contains(d.logs.String(), "code-") {
		t.Errorf("logged %s", d.logs)
	}
}

func TestIssuerIsNotBelievedBlindly(t *testing.T) {
	t.Parallel()
	d, f, ann := withIssuer(t)
	set := func(name string, v any) func(head, body map[string]any) {
		return func(_, body map[string]any) {
			if body[name] = v; v == nil {
				delete(body, name)
			}
		}
	}
	none := func(token string) string {
		parts := strings.Split(token, ".")
		return b64([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	}
	for n, tt := range []struct {
		desc  string
		spoil func(head, body map[string]any)
		forge func(string) string
		code  string
	}{
		{"as it should be", nil, nil, ""},
		{"an id as text", set("id", strconv.FormatInt(ann.tg.ID(), 10)), nil, ""},
		{"another nonce", set("nonce", newToken()), nil, "sign_in_failed"},
		{"no nonce", set("nonce", nil), nil, "sign_in_failed"},
		{"another client", set("aud", "43"), nil, "sign_in_failed"},
		{"another client too", set("aud", []string{"42", "43"}), nil, "sign_in_failed"},
		{"another issuer", set("iss", "https://evil.example"), nil, "sign_in_failed"},
		{"over", set("exp", time.Now().Add(-time.Hour).Unix()), nil, "sign_in_failed"},
		{"never over", set("exp", nil), nil, "sign_in_failed"},
		{"no id", set("id", nil), nil, "sign_in_failed"},
		{"only a sub", func(_, body map[string]any) { delete(body, "id"); body["sub"] = strconv.FormatInt(ann.tg.ID(), 10) }, nil, "sign_in_failed"},
		{"a negative id", set("id", -5), nil, "sign_in_failed"},
		{"half an id", set("id", 1.5), nil, "sign_in_failed"},
		{"a nested id", set("id", map[string]any{"$gt": 0}), nil, "sign_in_failed"},
		{"another key's name", func(head, _ map[string]any) { head["kid"] = "two" }, nil, "sign_in_failed"},
		{"a key of its own", func(head, _ map[string]any) { head["alg"] = "HS256" }, nil, "sign_in_failed"},
		{"alg none", nil, none, "sign_in_failed"},
		{"no signature", nil, func(token string) string { return token[:strings.LastIndex(token, ".")+1] }, "sign_in_failed"},
		{"another signature", nil, func(token string) string { return token[:len(token)-8] + "AAAAAAAA" }, "sign_in_failed"},
		{"no token", nil, func(string) string { return "" }, "sign_in_failed"},
	} {
		f.set(func() { f.spoil, f.forge = tt.spoil, tt.forge })
		b := newTab()
		a := d.showFrom(fmt.Sprintf("203.0.113.%d:1", n), d.approve(b), b)
		if a.code() != tt.code || (a.StatusCode == http.StatusOK) != (tt.code == "") {
			t.Errorf("%s: %d %s", tt.desc, a.StatusCode, a.text)
		}
	}
}

// An issuer that says it signs no nonce, as Telegram's, is believed without one, and still not with another.
func TestIssuerWithoutNonces(t *testing.T) {
	t.Parallel()
	d, f, _ := withIssuer(t)
	f.set(func() {
		f.claims = []string{"sub", "aud", "id"}
		f.spoil = func(_, body map[string]any) { delete(body, "nonce") }
	})
	b := newTab()
	d.want(d.show(d.approve(b), b), 200, "")
	f.set(func() { f.spoil = func(_, body map[string]any) { body["nonce"] = "another" } })
	b = newTab()
	d.want(d.show(d.approve(b), b), 401, "sign_in_failed")
}

// A code is of use to nobody but the tab that asked for it.
func TestCodesOfOthers(t *testing.T) {
	t.Parallel()
	d, _, _ := withIssuer(t)
	mine, thief := newTab(), newTab()
	d.want(d.show(d.approve(mine), thief), 401, "sign_in_failed")
	d.want(d.show(d.approve(mine), tab{mine.verifier, "", thief.nonce}), 401, "sign_in_failed")
	d.want(d.show("made-up", mine), 401, "sign_in_failed")
	for _, b := range []tab{{"short", "", mine.nonce}, {mine.verifier, "", ""}, {strings.Repeat("x", 129), "", mine.nonce}} {
		d.want(d.show("x", b), 400, "invalid")
	}
	d.want(d.show("", mine), 400, "invalid")
	d.want(d.show("a\r\nb", mine), 400, "invalid")
}

// Where it goes on, and where back, is not the caller's to say.
func TestNoOpenRedirect(t *testing.T) {
	t.Parallel()
	d, f, _ := withIssuer(t)
	q := newTab().query()
	maps.Copy(q, url.Values{
		"redirect_uri": {"https://evil.example/"}, "client_id": {"666"}, "response_type": {"token"}, "scope": {"all"}, "code_challenge_method": {"plain"},
		"next": {"https://evil.example/"}, "request_uri": {"https://evil.example/"},
	})
	a := d.leave(q)
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil || to.Scheme+"://"+to.Host != f.URL || to.Path != "/auth" || strings.Contains(to.RawQuery, "evil") {
		t.Errorf("led to %s, %v", to, err)
	}
	if got := to.Query(); got.Get("redirect_uri") != "https://imagika.example/app/" || got.Get("client_id") != "42" || got.Get("code_challenge_method") != "S256" {
		t.Errorf("asked for %v", got)
	}
	for name, bad := range map[string]string{"state": "x&redirect_uri=https://evil.example", "nonce": "", "code_challenge": "plain", "": ""} {
		q := newTab().query()
		if q.Set(name, bad); name == "" {
			q = nil
		}
		d.want(d.leave(q), 400, "invalid")
	}
}

// Where no issuer is set there is nothing, and one that is away is not waited for at the start.
func TestWithoutIssuer(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.want(d.leave(newTab().query()), 404, "not_found")
	d.want(d.show("x", newTab()), 404, "not_found")
	gone := newFakeIssuer(t, 1)
	gone.Close()
	d = newDoor(t, func(o *Options) {
		o.OIDC = &OIDC{Issuer: gone.URL, ClientID: "42", Secret: "hush", Redirect: "https://imagika.example/app/"}
	})
	b := newTab()
	a := d.leave(b.query())
	if want := "https://imagika.example/app/?error=temporarily_unavailable&state=" + b.state; a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != want {
		t.Errorf("%d %s, want the page to tell: %s", a.StatusCode, a.Header.Get("Location"), want)
	}
	d.want(d.show("x", b), 503, "unavailable")
}

// Whoever makes up codes has few of them shown to the issuer, and nobody else is kept out.
func TestFloodsOfCodes(t *testing.T) {
	t.Parallel()
	d, f, _ := withIssuer(t)
	for n := range 100 {
		a := d.showFrom(fmt.Sprintf("[2001:db8:1:2::%x]:1", n), "made-up", newTab())
		if a.StatusCode == http.StatusTooManyRequests && a.Header.Get("Retry-After") == "" {
			t.Error("nobody says when to come again")
		}
	}
	var shown int
	// More than ten only where the machine takes its time: one is let through every three seconds.
	if f.set(func() { shown = f.shown }); shown < 10 || shown > 50 {
		t.Errorf("%d made-up codes of a network are shown to the issuer", shown)
	}
	b := newTab()
	d.want(d.show(d.approve(b), b), 200, "")
	d.advance(time.Minute)
	d.want(d.showFrom("[2001:db8:1:2::1]:1", "made-up", newTab()), 401, "sign_in_failed")
}

// Where the way to the issuer is known, nobody waits for those who ask it.
func TestTheWayIsNotAskedTwice(t *testing.T) {
	t.Parallel()
	d, f, _ := withIssuer(t)
	d.approve(newTab())
	for range oidcSlots {
		d.app.issuer.slots <- struct{}{}
	}
	if a := d.leave(newTab().query()); !strings.HasPrefix(a.Header.Get("Location"), f.URL+"/auth?") {
		t.Errorf("led to %s", a.Header.Get("Location"))
	}
}

// Where all ask the issuer already, the next one waits for a moment, as long as somebody wants to know.
func TestACrowdWaits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		desc       string
		free, gone time.Duration // when a slot is, and when whoever asks is
		takes      time.Duration
		reached    bool
	}{
		{"soon", oidcWait / 2, time.Hour, oidcWait / 2, true},
		{"late", time.Minute, time.Hour, oidcWait, false},
		{"gone", time.Minute, oidcWait / 4, oidcWait / 4, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			i, begun := newIssuer(OIDC{}, time.Now), time.Now()
			for range oidcSlots {
				i.slots <- struct{}{}
			}
			time.AfterFunc(tt.free, func() { <-i.slots })
			ctx, cancel := context.WithTimeout(t.Context(), tt.gone)
			defer cancel()
			reached := false
			err := i.reach(ctx, func() error { reached = true; return nil })
			if took := time.Since(begun); reached != tt.reached || (err == nil) != tt.reached || took != tt.takes {
				t.Errorf("%s: reached %v, %v after %v", tt.desc, reached, err, took)
			}
		})
	}
}
