package miniapp

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann := d.visitor("C++ 100% Анна", "de")
	renew := func(token string) answer {
		return d.do(request{method: "POST", path: "/app/api/session/renew", token: token})
	}
	a := d.enter(ann.tg.WebAppInitData(""), "")
	d.want(a, 200, "")
	me, _ := a.json["me"].(map[string]any)
	if me["language"] != "de" || me["tier"] != "free" {
		t.Errorf("me is %v", me)
	}
	token := a.json["token"].(string)
	if at, err := time.Parse(time.RFC3339, a.json["expires_at"].(string)); err != nil || at.Sub(d.clock.Now()).Round(time.Minute) != sessionTime {
		t.Errorf("expires at %v, %v", at, err)
	}
	// It slides, but not for ever.
	for range sessionMost / sessionTime {
		d.advance(sessionTime - 10*time.Second)
		d.want(renew(token), 200, "")
	}
	d.advance(5 * time.Minute)
	d.want(renew(token), 401, "session_expired")

	token, other := d.session(ann), d.session(ann)
	d.want(d.do(request{method: "DELETE", path: "/app/api/session", token: token}), 204, "")
	d.want(renew(token), 401, "session_expired")
	d.want(renew(other), 200, "")
	third := d.session(ann)
	bob := d.session(d.visitor("Bob", "en"))
	d.want(d.do(request{method: "DELETE", path: "/app/api/sessions", token: third}), 204, "")
	d.want(renew(other), 401, "session_expired")
	d.want(renew(third), 401, "session_expired")
	d.want(renew(bob), 200, "")
}

// Who speaks is looked up at every call.
func TestSessionsEndWithTheirPerson(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann := d.visitor("Ann", "en")
	token := d.session(ann)
	ref, err := d.store.AskErasure(t.Context(), storage.Act{By: storage.By{Who: "ops", Why: "a test"}, What: "erase", Object: "x"}, ann.ID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.store.ClaimRight(t.Context(), ref.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.store.MarkErasing(t.Context(), r, storage.Farewell{}); err != nil {
		t.Fatal(err)
	}
	d.want(d.do(request{method: "POST", path: "/app/api/session/renew", token: token}), 401, "session_expired")
	d.want(d.enter(ann.tg.WebAppInitData(""), ""), 403, "no_account")
}

func TestStrangersAreLedToTheBot(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	eve := d.tg.Person(telegramtest.PersonConfig{FirstName: "Eve", LanguageCode: "de"})
	body := `{"init_data":` + strconv.Quote(eve.WebAppInitData("")) + `}`
	a := d.do(request{method: "POST", path: "/app/api/session", body: body, header: map[string]string{"Accept-Language": "de-AT, en;q=0.5"}})
	d.want(a, 403, "no_account")
	said, _ := a.json["error"].(map[string]any)
	if said["link"] != "https://t.me/imagika_bot" || !strings.Contains(said["message"].(string), "Starte zuerst den Bot") {
		t.Errorf("told %v", said)
	}
	if _, err := d.store.KnownPerson(t.Context(), eve.ID()); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("an account was made: %v", err)
	}
}

func TestLaunches(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann := d.visitor("Ann", "en")
	first, second := ann.tg.WebAppInitData(""), ann.tg.WebAppInitData("")
	mine, thief := pageKey(1), pageKey(2)
	for _, step := range []struct {
		desc, data, key string
		status          int
		code            string
	}{
		{"opened", first, mine, 200, ""},
		{"stolen", first, thief, 401, "init_data_used"},
		{"stolen, without a key", first, "", 401, "init_data_used"},
		{"stolen, written in another way", strings.Join(reversed(strings.Split(first, "&")), "&"), thief, 401, "init_data_used"},
		{"reloaded", first, mine, 200, ""},
		{"stolen again", first, thief, 401, "init_data_used"},
		{"opened without a key", second, "", 200, ""},
		{"reloaded without a key", second, "", 401, "init_data_used"},
		{"reloaded with a key", second, mine, 401, "init_data_used"},
		{"forged", strings.Replace(first, "Ann", "Eve", 1), mine, 401, "init_data_invalid"},
		{"empty", "", mine, 401, "init_data_invalid"},
		{"a short key", ann.tg.WebAppInitData(""), "c2hvcnQ", 400, "invalid"},
		{"a key that is none", ann.tg.WebAppInitData(""), "§§§", 400, "invalid"},
	} {
		a := d.enter(step.data, step.key)
		if a.StatusCode != step.status || a.code() != step.code {
			t.Errorf("%s: %d %s, want %d %s: %s", step.desc, a.StatusCode, a.code(), step.status, step.code, a.text)
		}
		if a.StatusCode == http.StatusUnauthorized && a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: does not say how to sign in", step.desc)
		}
	}
	stale := ann.tg.WebAppInitData("")
	d.advance(time.Hour + 2*time.Second)
	d.want(d.enter(stale, mine), 401, "init_data_expired")
	d.want(d.enter(first, mine), 401, "init_data_expired")
}

func reversed(s []string) []string {
	slices.Reverse(s)
	return s
}
