package workers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/wire"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// made makes a token in the chat and returns it, with the message that shows it.
func (b *choosing) made(name string) (string, telegramtest.Message) {
	b.t.Helper()
	m := b.say(b.ada, "/api "+name)
	_, rest, _ := strings.Cut(m.Text, tokenStart)
	token, _, _ := strings.Cut(tokenStart+rest, "\n")
	if !validToken(token) {
		b.t.Fatalf("no token in %q", m.Text)
	}
	return token, m
}

func TestTokens(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 100, func(t *testing.T, b *choosing) {
		b.has(b.say(b.ada, "/api"), "switched off")
		b.w.Settings.APIURL = "https://imagika.example/v1"
		m := b.say(b.ada, "/api")
		b.has(m, "https://imagika.example/v1")
		b.press(b.ada, m, "➕ New token")
		asked := b.newest()
		b.has(asked, "be called")
		if _, err := b.ada.Reply(asked.MessageID, "my website"); err != nil {
			t.Fatal(err)
		}
		b.handle()
		shown := b.newest()
		b.has(shown, "my website", "only this once", "whsec_")
		_, rest, _ := strings.Cut(shown.Text, tokenStart)
		token, _, _ := strings.Cut(tokenStart+rest, "\n")
		p, one, err := b.w.Authenticate(t.Context(), token)
		if err != nil || p.ID != b.person().ID || one.Prefix != token[:tokenShown] {
			t.Fatalf("%+v, %v", one, err)
		}
		b.press(b.ada, shown, "🙈 Hide it")
		if hidden, _ := b.ada.Message(shown.MessageID); !hidden.Deleted {
			t.Error("the token stays in the chat")
		}
		_, m = b.press(b.ada, b.say(b.ada, "/api"), "🔑 my website")
		b.has(m, token[:tokenShown]+"…", "Credits this month: 0")
		_, m = b.press(b.ada, m, "50")
		b.has(m, "0 of 50")
		wish := fromAPI("a fox", "quick")
		wish.Token, wish.Count = one.ID, 2
		if _, err := b.w.Request(t.Context(), p, wish); err != nil {
			t.Fatal(err)
		}
		b.refusedAs(wish, RefusedCapped, "")
		b.held(40, 1)
		toast, m := b.press(b.ada, m, "🗑 Revoke")
		if toast != "Revoked" {
			t.Errorf("answered %q", toast)
		}
		b.has(m, "turned away")
		if _, _, err := b.w.Authenticate(t.Context(), token); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a revoked token: %v", err)
		}
		if _, err := b.w.Request(t.Context(), p, wish); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("what began before it was revoked: %v", err)
		}
		for range storage.TokensMost {
			b.made("one more")
		}
		b.has(b.say(b.ada, "/api another"), "You have 10 tokens")
	})
}

// What is no token is told without a look into the database, and a token is nowhere in it.
func TestForgedTokens(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 0, func(t *testing.T, b *choosing) {
		b.w.Settings.APIURL = "https://imagika.example/v1"
		token, _ := b.made("mine")
		other, changed := newToken(), "x"
		if token[20] == 'x' {
			changed = "y"
		}
		for _, forged := range []string{
			"", "img_", token[:len(token)-1], token + "0", strings.ToUpper(token), other, token[:20] + changed + token[21:], "Bearer " + token, token + "\x00", strings.Repeat("img_", 1000),
		} {
			if p, _, err := b.w.Authenticate(t.Context(), forged); !errors.Is(err, storage.ErrNotFound) || p.ID != 0 {
				t.Errorf("%.40q opens: %v", forged, err)
			}
		}
		if seen := map[string]bool{token: true, other: true, newToken(): true}; len(seen) != 3 {
			t.Error("tokens repeat")
		}
	})
}

// A program that named an address is told there, signed, until it answers; never at one inside.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 100, func(t *testing.T, b *choosing) {
		b.w.Settings.APIURL = "https://imagika.example/v1"
		b.made("mine")
		tokens, err := b.s.Tokens(t.Context(), b.person().ID)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]int{}
		srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			id, at := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
			mac := hmac.New(sha256.New, tokens[0].Secret)
			_, _ = mac.Write([]byte(id + "." + at + "." + string(body)))
			if got, want := r.Header.Get("Webhook-Signature"), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)); got != want {
				t.Errorf("signed %s, want %s", got, want)
			}
			var e webhookEvent
			if err := json.Unmarshal(body, &e); err != nil || e.Type != "image.generation.canceled" || e.Timestamp.IsZero() {
				t.Errorf("%s, %v", body, err)
			}
			if ids[id]++; ids[id] == 1 {
				w.WriteHeader(http.StatusBadGateway)
			}
		}))
		t.Cleanup(srv.Close)
		b.w.Hooks = srv.Client()
		wish := fromAPI("a fox", "cheap")
		wish.Token, wish.Webhook = tokens[0].ID, srv.URL+"/hook?x=1"
		ended := func() string {
			t.Helper()
			v, err := b.w.Request(t.Context(), b.person(), wish)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.w.Stop(t.Context(), b.person(), v.ID); err != nil {
				t.Fatal(err)
			}
			return v.ID
		}
		id := ended()
		b.handle()
		b.ahead.Add(int64(time.Minute))
		due, err := b.s.SweepDeliveries(t.Context(), 10, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range due {
			b.owed = append(b.owed, queue.NewDeliverySendTask(d.ID, d.Epoch))
		}
		b.handle()
		if ids["msg_"+id] != 2 || len(ids) != 1 {
			t.Errorf("told %v", ids)
		}
		b.w.Hooks = wire.Public() // the address is this machine's
		ended()
		b.handle()
		if len(ids) != 1 {
			t.Error("an address inside was reached")
		}
	})
}
