package miniapp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/mail"
	"github.com/imagika/imagika/workers/mail/mailtest"
)

// post is a door with a server of mail.
type post struct {
	*door
	mails *mailtest.Server
}

func newPost(t *testing.T) post {
	t.Helper()
	server := mailtest.New(t)
	client, err := mail.New(mail.Config{URL: server.URL, From: "bot@example.org", Roots: server.Roots})
	if err != nil {
		t.Fatal(err)
	}
	return post{newDoor(t, func(o *Options) { o.Workers.Mail = client }), server}
}

// links has a person link an address.
func (d post) links(v visitor, address string) {
	d.Helper()
	id, err := d.store.NewID()
	if err != nil {
		d.Fatal(err)
	}
	_, _, err = d.store.SendCode(d.Context(), storage.Effect{}, storage.EmailCode{ID: id, User: v.ID, Purpose: storage.CodeLink, Address: address}, false, "123456", storage.Mail{
		User: v.ID, Kind: storage.MailCode, Body: storage.MailBody{To: address}, Expires: time.Now().Add(storage.CodeTime),
	})
	if err != nil {
		d.Fatal(err)
	}
	r, _, err := d.store.TryCode(d.Context(), storage.Effect{}, v.ID, id, "123456", func(storage.CodeResult) []storage.Send { return nil })
	if err != nil || !r.Match {
		d.Fatalf("linked %+v, %v", r, err)
	}
}

// ask names an address in a browser, and lets the workers work.
func (d post) ask(address, key string, header ...string) answer {
	d.Helper()
	q := request{method: "POST", path: base + mailPath, body: bodyOf(mailBody{address, key}), header: map[string]string{}}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		q.header[name] = value
	}
	a := d.do(q)
	d.work()
	return a
}

func (d post) try(key, code string) answer {
	d.Helper()
	return d.do(request{method: "POST", path: base + mailPath + "/code", body: bodyOf(codeByMailBody{key, code})})
}

func bodyOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings
	}
	return string(b)
}

var mailedCode = regexp.MustCompile(`\b\d{4} \d{4}\b`)

// newest is the newest mail of so many, and the code in it.
func (d post) newest(n int) (m mailtest.Mail, code string) {
	d.Helper()
	all := d.mails.Mails()
	if len(all) != n {
		d.Fatalf("%d mails, want %d: %+v", len(all), n, all)
	}
	m = all[n-1]
	code = mailedCode.FindString(m.Text)
	if code == "" || !strings.Contains(m.Subject, code) {
		d.Fatalf("no code in %q: %s", m.Subject, m.Text)
	}
	return m, code
}

// Whoever reads the mail of the address that they linked is let in, in the browser that asked, once; and has their rights there.
func TestSignInByMail(t *testing.T) {
	t.Parallel()
	d := newPost(t)
	ann := d.visitor("Ann", "de")
	d.links(ann, "Ann@Example.org")
	here, elsewhere := pageKey(1), pageKey(2)
	known := d.ask("ann@example.org ", here)
	d.want(known, 202, "")
	m, code := d.newest(1)
	if m.To != "Ann@Example.org" || !strings.Contains(m.Text, "imagika_bot") || !strings.Contains(m.Text, "Browser") {
		t.Errorf("mailed %+v", m)
	}
	unknown := d.ask("nobody@example.org", elsewhere)
	if d.newest(1); unknown.StatusCode != http.StatusAccepted || len(unknown.text) != len(known.text) || len(unknown.Header) != len(known.Header) {
		t.Errorf("an unknown address is answered %s, a known one %s", unknown.text, known.text)
	}
	d.want(d.try(elsewhere, code), 401, "code_wrong")
	d.want(d.try(pageKey(3), code), 401, "code_wrong")
	d.want(d.try(here, "0000 0000"), 401, "code_wrong")
	d.want(d.try(here, ""), 401, "code_wrong")
	in := d.try(here, " "+strings.ReplaceAll(code, " ", ""))
	d.want(in, 200, "")
	d.want(d.try(here, code), 401, "code_wrong")

	g := &guest{visitor: ann, d: d.door, token: fmt.Sprint(in.json["token"])}
	v := as[workers.WebPrivacy](d.door, g.call("GET", "/privacy", nil), 200)
	if v.Email == nil || v.Email.Address != "Ann@Example.org" {
		t.Errorf("privacy shows %+v", v.Email)
	}
	if made := as[workers.WebExport](d.door, g.call("POST", "/privacy/export", nil), 202); made.To != "mail" {
		t.Errorf("an export %+v", made)
	}
	d.want(g.call("POST", "/privacy/export", nil), 409, "conflict")
	if set := as[workers.WebSettings](d.door, g.call("PATCH", "/settings", map[string]any{"language": "en", "news": false}), 200); set.Language != "en" || set.News {
		t.Errorf("corrected to %+v", set)
	}
	d.want(g.call("PATCH", "/settings", map[string]any{"count": 2}), 403, "consent_required") // what the product does wants an agreement
	d.want(g.call("PUT", "/privacy/restrict", nil), 204, "")
	d.want(g.call("GET", "/generations", nil), 403, "restricted")
	d.want(g.call("DELETE", "/privacy/email", nil), 204, "")
	d.want(g.call("GET", "/privacy", nil), 401, "session_expired") // it stood on the address
	d.want(d.ask("ann@example.org", here), 202, "")
	d.newest(1)
}

// Guesses come to an end, and so do questions: for a mailbox, whoever asks and whether it is anybody's, and from a network.
func TestFloodsOfMail(t *testing.T) {
	t.Parallel()
	d := newPost(t)
	ann := d.visitor("Ann", "en")
	d.links(ann, "ann@example.org")
	d.advance(2 * time.Hour)
	for sent, address := range []string{"nobody@example.org", "ann@example.org"} {
		for range 3 {
			d.want(d.ask(address, pageKey(1)), 202, "")
		}
		a := d.ask(address, pageKey(1))
		d.want(a, 429, "too_many")
		if a.Header.Get("Retry-After") != "3600" {
			t.Errorf("told to wait %s s", a.Header.Get("Retry-After"))
		}
		if n := len(d.mails.Mails()); n != 3*sent {
			t.Errorf("%d mails about %s", n, address)
		}
	}
	_, code := d.newest(3)
	for left := 4; left >= 0; left-- {
		a := d.try(pageKey(1), "1234 5678")
		if d.want(a, 401, "code_wrong"); left > 0 != strings.Contains(a.text, strconv.Itoa(left)) {
			t.Errorf("%d tries are left, and told %s", left, a.text)
		}
	}
	d.want(d.try(pageKey(1), code), 401, "code_wrong")

	d.advance(time.Hour)
	for _, bad := range []string{"", "ann", "ann@", "ann@example.org, ben@example.org", "ann@example.org\r\nBcc: ben@example.org"} {
		d.want(d.ask(bad, pageKey(1)), 400, "invalid")
	}
	d.want(d.ask("ann@example.org", "short"), 400, "invalid")
	over := 0
	for n := range 12 {
		if d.ask(fmt.Sprintf("somebody%d@example.org", n), pageKey(1)).StatusCode == http.StatusTooManyRequests {
			over++
		}
	}
	if over == 0 {
		t.Error("a network may ask as often as it likes")
	}
}

// Who is being erased is nobody, also with a code that was sent before; who had their account frozen is let in.
func TestMailToWhoLeaves(t *testing.T) {
	t.Parallel()
	d := newPost(t)
	ann, ben := d.visitor("Ann", "en"), d.visitor("Ben", "en")
	d.links(ann, "ann@example.org")
	d.links(ben, "ben@example.org")
	d.want(d.ask("ann@example.org", pageKey(1)), 202, "")
	_, code := d.newest(1)
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
	d.want(d.try(pageKey(1), code), 401, "code_wrong")
	d.want(d.ask("ann@example.org", pageKey(1)), 202, "")
	d.newest(1)

	if _, _, err := d.store.Restrict(t.Context(), storage.Effect{User: ben.ID}, ben.ID, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	d.want(d.ask("ben@example.org", pageKey(2)), 202, "")
	_, code = d.newest(2)
	d.want(d.try(pageKey(2), code), 200, "")
}

// between are limits, with something that happens before they are looked up.
type between struct {
	Limits
	does func()
}

func (b *between) Reserve(ctx context.Context, key string, every time.Duration, burst int, most time.Duration) (time.Duration, bool, error) {
	b.does()
	return b.Limits.Reserve(ctx, key, every, burst, most)
}

// Whose address goes, or who signs out everywhere, while a code of theirs is looked at, is told that it does not work any more.
func TestMailAddressGoesMeanwhile(t *testing.T) {
	t.Parallel()
	d := newPost(t)
	limits := &between{Limits: d.app.Limits, does: func() {}}
	d.app.Limits = limits
	ann := d.visitor("Ann", "en")
	d.links(ann, "ann@example.org")
	d.advance(2 * time.Hour)
	for i, ends := range []func() error{
		func() error { return d.store.EndWebSessions(d.Context(), ann.ID) },
		func() error { _, err := d.store.DropEmail(d.Context(), storage.Effect{}, ann.ID); return err },
	} {
		d.want(d.ask("ann@example.org", pageKey(1)), 202, "")
		_, code := d.newest(i + 1)
		limits.does = func() {
			if err := ends(); err != nil {
				t.Error(err)
			}
			limits.does = func() {}
		}
		d.want(d.try(pageKey(1), code), 401, "code_wrong")
	}
}

// Without a server of mail there is no such way in, and the page offers none.
func TestWithoutMail(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.want(d.do(request{method: "POST", path: base + mailPath, body: "{}"}), 404, "not_found")
	if a := d.do(request{method: "GET", path: pagePath}); strings.Contains(a.text, "data-mail") {
		t.Error("the page offers it")
	}
	if a := newPost(t).do(request{method: "GET", path: pagePath}); !strings.Contains(a.text, "data-mail") {
		t.Error("the page does not offer it")
	}
}
