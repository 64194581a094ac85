package replicate_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/providers/replicate"
	"github.com/imagika/imagika/providers/replicate/replicatetest"
)

// attempt is the id of one that was recorded so long ago.
func attempt(t *testing.T, ago time.Duration, n byte) string {
	t.Helper()
	var id ulid.ULID
	if err := id.SetTime(ulid.Timestamp(time.Now().Add(-ago))); err != nil {
		t.Fatal(err)
	}
	id[15] = n
	return id.String()
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	const callback = "https://imagika.example/hooks/replicate/"
	// prediction is one that the account has: of our attempt, unless it says of which.
	type prediction struct {
		attempt, model, prompt string
		seed                   int64
		hook, cut, known       bool
	}
	tests := []struct {
		desc     string
		made     []prediction
		webhooks bool // are told in the list
		forget   bool
		ask      string // the model, schnell if empty
		want     providers.Outcome
		found    int // which of them
	}{
		{desc: "nothing there", want: providers.NotAccepted},
		{desc: "found by its callback", made: []prediction{{hook: true, cut: true, seed: 42}}, webhooks: true, want: providers.Found},
		{desc: "found by words and seed", made: []prediction{{hook: true, cut: true, seed: 42}}, want: providers.Found},
		{desc: "found among others", made: []prediction{{seed: 1}, {cut: true, seed: 42}, {prompt: "a hut", seed: 42}, {model: dev, seed: 42}}, want: providers.Found, found: 1},
		{desc: "only others", made: []prediction{{seed: 1}, {prompt: "a hut", seed: 42}, {model: dev, seed: 42}}, want: providers.NotAccepted},
		{desc: "two alike", made: []prediction{{seed: 42}, {seed: 42}}, want: providers.Unknown},
		{desc: "two alike, one of them known", made: []prediction{{known: true, seed: 42}, {cut: true, seed: 42}}, want: providers.Found, found: 1},
		{desc: "only one that is known", made: []prediction{{known: true, seed: 42}}, want: providers.NotAccepted},
		{desc: "two alike, told apart", made: []prediction{{attempt: "other", hook: true, seed: 42}, {hook: true, seed: 42}}, webhooks: true, want: providers.Found, found: 1},
		{desc: "another attempt's", made: []prediction{{attempt: "other", hook: true, seed: 42}}, webhooks: true, want: providers.NotAccepted},
		{desc: "removed", made: []prediction{{seed: 42}}, forget: true, want: providers.Unknown},
		{desc: "without words", made: []prediction{{model: larger}}, ask: larger, want: providers.Unknown},
		{desc: "without words, by its callback", made: []prediction{{model: larger, hook: true}}, webhooks: true, ask: larger, want: providers.Found},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			s := replicatetest.New(t)
			s.Lists(1, tt.webhooks) // a page for each
			p := open(t, s)
			ours := attempt(t, 20*time.Second, 1)
			for _, one := range tt.made {
				r := ask(t, p, orElse(one.model, schnell))
				r.Seed, r.Prompt, r.AttemptID = one.seed, orElse(one.prompt, r.Prompt), ours
				if one.attempt != "" {
					r.AttemptID = attempt(t, 30*time.Second, 2)
				}
				if one.hook {
					r.CallbackURL = callback + r.AttemptID + "?sig=1"
				}
				s.Fault(replicatetest.Fault{Cut: one.cut})
				_, _ = p.Submit(t.Context(), r)
			}
			if tt.forget {
				s.Forget()
			}
			r := ask(t, p, orElse(tt.ask, schnell))
			r.AttemptID = ours
			for i, one := range tt.made {
				if one.known {
					r.Known = append(r.Known, s.Calls()[i].ID)
				}
			}
			outcome, sub, err := p.Reconcile(t.Context(), r)
			if err != nil || outcome != tt.want {
				t.Fatalf("outcome %d, %v, want %d", outcome, err, tt.want)
			}
			if n := len(s.Calls()); n != len(tt.made) {
				t.Errorf("%d paid calls, want %d", n, len(tt.made))
			}
			if outcome != providers.Found {
				return
			}
			if want := s.Calls()[tt.found].ID; sub.ExternalID != want {
				t.Errorf("found %s, want %s", sub.ExternalID, want)
			}
			if progress := providertest.Await(t, p, sub); !progress.Done {
				t.Errorf("%+v", progress)
			}
		})
	}
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// TestReconcileTime: too early nobody can say, and without a time neither.
func TestReconcileTime(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	p := open(t, s)
	r := ask(t, p, schnell)
	r.AttemptID = attempt(t, time.Second, 1)
	outcome, _, err := p.Reconcile(t.Context(), r)
	if e := fault(t, err); outcome != providers.Unknown || e.Class != providers.Transient {
		t.Errorf("too early: %d, %v", outcome, e)
	}
	r.AttemptID = "no time in it"
	if outcome, _, err := p.Reconcile(t.Context(), r); outcome != providers.Unknown || err != nil {
		t.Errorf("without a time: %d, %v", outcome, err)
	}
	r.AttemptID = attempt(t, time.Minute, 1)
	s.AskFault(replicatetest.Fault{Status: 502, Body: "<html>"})
	outcome, _, err = p.Reconcile(t.Context(), r)
	if e := fault(t, err); outcome != providers.Unknown || e.Class != providers.Transient {
		t.Errorf("no list: %d, %v", outcome, e)
	}
}

// TestReconcileLate: predictions of another time are not looked at.
func TestReconcileLate(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	p := open(t, s)
	_ = submit(t, p, schnell)
	r := ask(t, p, schnell)
	r.AttemptID = attempt(t, time.Hour, 1)
	if outcome, _, err := p.Reconcile(t.Context(), r); outcome != providers.NotAccepted || err != nil {
		t.Errorf("%d, %v", outcome, err)
	}
}

// sign as the service does.
func sign(t testing.TB, secret, id, at string, body []byte) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(id + "." + at + "." + string(body)))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func withSecret(o *replicate.Options) { o.WebhookSecret = replicatetest.Secret }

func TestSignatures(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":"abc","model":"` + schnell + `","status":"succeeded","input":{"seed":7}}`)
	now := strconv.FormatInt(time.Now().Unix(), 10)
	old := strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
	right := sign(t, replicatetest.Secret, "msg_1", now, body)
	tests := []struct {
		desc, at, signature string
		body                []byte
		want                bool
	}{
		{"signed", now, right, body, true},
		{"signed by several", now, "v1,AAAA " + right, body, true},
		{"another version", now, strings.Replace(right, "v1,", "v2,", 1), body, false},
		{"another secret", now, sign(t, "whsec_AAAA", "msg_1", now, body), body, false},
		{"another body", now, right, append(body, ' '), false},
		{"an hour ago", old, sign(t, replicatetest.Secret, "msg_1", old, body), body, false},
		{"no time", "", right, body, false},
		{"no signature", now, "", body, false},
		{"no prediction", now, sign(t, replicatetest.Secret, "msg_1", now, []byte(`{}`)), []byte(`{}`), false},
	}
	p := open(t, replicatetest.New(t), withSecret)
	for _, tt := range tests {
		h := http.Header{}
		h.Set("Webhook-Id", "msg_1")
		h.Set("Webhook-Timestamp", tt.at)
		h.Set("Webhook-Signature", tt.signature)
		sub, err := p.ParseWebhook(h, tt.body)
		if tt.want != (err == nil) || (tt.want && sub.ExternalID != "abc") {
			t.Errorf("%s: %+v, %v", tt.desc, sub, err)
		}
		if err != nil {
			_ = providertest.CheckError(t, err)
		}
	}
	if sub, err := open(t, replicatetest.New(t)).ParseWebhook(nil, body); err != nil || sub.ExternalID != "abc" {
		t.Errorf("without a secret: %+v, %v", sub, err)
	}
}

// TestLostAnswer: a call whose answer was lost goes on from its callback.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	s := replicatetest.New(t)
	s.Fault(replicatetest.Fault{Cut: true})
	p := open(t, s)
	r := ask(t, p, pro)
	r.CallbackURL = "https://imagika.example/hooks/replicate/1?sig=2"
	_, err := p.Submit(t.Context(), r)
	if e := fault(t, err); e.Class != providers.UnknownCall {
		t.Fatal(e)
	}
	call := s.Calls()[0]
	if call.Body["webhook"] != r.CallbackURL || len(call.Body["webhook_events_filter"].([]any)) != 1 {
		t.Errorf("sent %v", call.Body)
	}
	sub, err := p.ParseWebhook(nil, []byte(`{"id":"`+call.ID+`","model":"`+pro+`","input":{"prompt":"x","seed":42},"status":"succeeded"}`))
	if err != nil {
		t.Fatal(err)
	}
	if progress := providertest.Await(t, p, sub); progress.Cost != -1 { // its size is not told
		t.Errorf("%+v", progress)
	}
	images, err := p.Fetch(t.Context(), sub.Handle)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := providertest.Collect(images); err != nil || len(got) != 1 || got[0].Seed != 42 {
		t.Errorf("%+v, %v", got, err)
	}
	if s.Billed() != 1 {
		t.Errorf("billed %d", s.Billed())
	}
}

// FuzzParseWebhook: only what was signed with our secret is read, and the handle that comes of it can be stored.
func FuzzParseWebhook(f *testing.F) {
	body := []byte(`{"id":"abc","model":"` + pro + `","status":"succeeded","input":{"prompt":"x","seed":7}}`)
	now := strconv.FormatInt(time.Now().Unix(), 10)
	f.Add(now, "v1,AAAA", body, true)
	f.Add(now, "", []byte(`{"id":"../x","input":[]}`), true)
	f.Add(now, "v1, v1,= v2,AAAA", body, false)
	f.Add("-1", "v1", []byte(`[]`), true)
	p, err := replicate.New(replicate.Options{Key: replicatetest.Key, URL: "http://127.0.0.1:1", Dir: f.TempDir(), WebhookSecret: replicatetest.Secret})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, at, signature string, body []byte, ours bool) {
		if ours {
			at = strconv.FormatInt(time.Now().Unix(), 10)
			signature += " " + sign(t, replicatetest.Secret, "msg", at, body)
		}
		h := http.Header{"Webhook-Id": {"msg"}, "Webhook-Timestamp": {at}, "Webhook-Signature": {signature}}
		sub, err := p.ParseWebhook(h, body)
		if err != nil {
			_ = providertest.CheckError(t, err)
			return
		}
		if right := sign(t, replicatetest.Secret, "msg", at, body); !strings.Contains(signature, right) {
			t.Errorf("taken, signed %q", signature)
		}
		if !json.Valid(sub.Handle) || sub.ExternalID == "" || strings.ContainsAny(sub.ExternalID, "/?#%") {
			t.Errorf("%+v", sub)
		}
	})
}
