package miniapp

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// stopped is a door where no time passes, and nobody but the process counts.
func stopped(t *testing.T) *door {
	t.Helper()
	now := time.Now()
	return newDoor(t, func(o *Options) { o.Now, o.Limits = func() time.Time { return now }, nil })
}

// TestTokensAreNotTried: a token that is shown again and again is refused before the database is asked about it.
func TestTokensAreNotTried(t *testing.T) {
	t.Parallel()
	d, token, codes := stopped(t), newToken(), map[string]int{}
	for range 160 {
		codes[d.do(request{method: "GET", path: base + "/me", token: token}).code()]++
	}
	if codes["session_expired"] != 150 || codes["too_many"] != 10 {
		t.Errorf("%v", codes)
	}
}

// TestSignInsOfOnePerson: whoever has a launch of somebody, or many, opens few sessions of theirs with them.
func TestSignInsOfOnePerson(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	launch, codes := d.visitor("Ann", "en").tg.WebAppInitData(""), map[string]int{}
	for range 40 {
		codes[d.enter(launch, pageKey(1)).code()]++
	}
	if codes["too_many"] == 0 || codes[""] == 0 {
		t.Errorf("%v", codes)
	}
}

// TestOneKeyOfACall: a call that comes with two keys has none that could make it once.
func TestOneKeyOfACall(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	r.Header["Idempotency-Key"] = []string{"01234567"}
	if got := idempotencyKey(r); got != "01234567" {
		t.Errorf("%q", got)
	}
	r.Header.Add("Idempotency-Key", "01234567")
	if got := idempotencyKey(r); got != "" {
		t.Errorf("of two keys it is %q", got)
	}
}
