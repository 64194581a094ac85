package miniapp

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// FuzzBody: a body that is let through is one JSON value that cannot be read in two ways: written anew it is the same.
func FuzzBody(f *testing.F) {
	for _, s := range []string{
		`{"init_data":"x"}`, `{"a":1,"a":2}`, `{"a":{"b":[1,2,{"c":null}]}}`, `[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]`, "{\"\xff\":1}", `{"a":1}{"b":2}`, `{"\u0061":1,"a":2}`,
		` 1 `, ``, `nul`, `"\ud800"`, `-0`, `1e400`, `{"a":1,}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if wellFormed(body) != nil {
			return
		}
		if !json.Valid(body) {
			t.Fatalf("%q is let through", body)
		}
		var v any
		if json.Unmarshal(body, &v) != nil {
			return // a number beyond all bounds
		}
		if deep(v) > maxDepth {
			t.Errorf("%q is nested %d deep", body, deep(v))
		}
		again, err := json.Marshal(v)
		if err != nil || wellFormed(again) != nil {
			t.Errorf("%q becomes %q, which is refused: %v", body, again, wellFormed(again))
		}
	})
}

func deep(v any) (depth int) {
	switch v := v.(type) {
	case map[string]any:
		for _, one := range v {
			depth = max(depth, deep(one))
		}
		return depth + 1
	case []any:
		for _, one := range v {
			depth = max(depth, deep(one))
		}
		return depth + 1
	}
	return 0
}

// answering is an issuer that says one thing.
type answering struct{ body string }

func (a *answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

// FuzzIDToken: whatever an issuer answers, nobody is signed in but whom it signed a token for, for this client and nonce. The same token
// can be written in some ways; a code is taken once whatever comes of it.
func FuzzIDToken(f *testing.F) {
	const issuer, nonce = "https://issuer.example", "0123456789012345678901"
	now := time.Unix(2_000_000_000, 0)
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	b64 := base64.RawURLEncoding.EncodeToString
	sign := func(head, body string) string {
		text := b64([]byte(head)) + "." + b64([]byte(body))
		return text + "." + b64(ed25519.Sign(key, []byte(text)))
	}
	const head, body = `{"alg":"EdDSA"}`, `{"iss":"https://issuer.example","aud":"me","sub":"s","exp":2000000600,"iat":2000000000,"nonce":"0123456789012345678901","id":4242}`
	genuine := sign(head, body)
	for _, s := range []string{
		genuine, genuine + "A", genuine[:len(genuine)-1], sign(head, strings.Replace(body, `"me"`, `"you"`, 1)), sign(head, strings.Replace(body, nonce, "x"+nonce[1:], 1)),
		sign(head, strings.Replace(body, "2000000600", "1999990000", 1)), sign(head, strings.Replace(body, "4242", `"-1"`, 1)), sign(head, strings.Replace(body, `"me"`, `["me","you"]`, 1)),
		b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(body)) + ".", b64([]byte(`{"alg":"HS256"}`)) + "." + b64([]byte(body)) + ".AAAA", "", "..", "a.b.c",
	} {
		f.Add(s)
	}
	said := &answering{}
	ctx := oidc.ClientContext(f.Context(), &http.Client{Transport: said})
	d := &discovered{
		config: oauth2.Config{ClientID: "me", Endpoint: oauth2.Endpoint{TokenURL: issuer + "/token", AuthStyle: oauth2.AuthStyleInHeader}},
		verifier: oidc.NewVerifier(issuer, &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{key.Public()}}, &oidc.Config{
			ClientID: "me", SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256, oidc.EdDSA}, Now: func() time.Time { return now },
		}),
		nonces: true,
	}
	f.Fuzz(func(t *testing.T, token string) {
		encoded, err := json.Marshal(token)
		if err != nil {
			t.Fatal(err)
		}
		said.body = `{"access_token":"x","token_type":"bearer","id_token":` + string(encoded) + `}`
		telegram, err := d.exchange(ctx, codeBody{Code: "c", Verifier: "v", Nonce: nonce})
		if (err == nil) != (telegram == 4242) || err != nil && (token == genuine || telegram != 0) {
			t.Errorf("%q signs in %d, %v", token, telegram, err)
		}
	})
}
